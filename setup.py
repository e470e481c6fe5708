"""Packages the four parts of edgebox: the box, the ward's side, the technician's side, the models.

Versions are pinned, with hashes, in requirements/*.lock; here stand only the lower bounds.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (ROOT / "edge/__init__.py").read_text())[1]

setup(
    name="edgebox",
    version=VERSION,
    description="Firmware of a neighbourhood security box: cameras in, signed events and thumbnails out",
    long_description=(ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["edge", "edge.*", "ward", "ward.*", "provisioning", "provisioning.*",
                                    "models", "models.*"]),
    include_package_data=True,
    package_data={"": ["*.sql", "*.toml", "*.html", "*.css", "*.js", "*.svg", "*.png", "*.ftl", "*.ttf",
                       "LICENSE", "py.typed"]},
    install_requires=["numpy>=2.2", "onnxruntime>=1.22", "av>=15", "paho-mqtt>=2.1", "pydantic>=2.11",
                      "pillow>=11", "uuid6>=2024", "starlette>=0.46", "uvicorn>=0.34", "sse-starlette>=2",
                      "jinja2>=3.1", "cryptography>=46", "argon2-cffi>=25", "gpiozero>=2.0.1", "segno>=1.6",
                      "rfc8785>=0.1.4", "fluent.runtime>=0.4", "defusedxml>=0.7"],
    extras_require={
        # On the Pi these come from Raspberry Pi OS (apt), which builds them against its kernel.
        "pi": ["picamera2>=0.3.30", "systemd-python>=235"],
        "provisioning": ["fpdf2>=2.8"],
        "demo": ["amqtt>=0.11"],
    },
    entry_points={"console_scripts": ["edgebox = edge.cli:main", "edgebox-ward = ward.cli:main",
                                      "edgebox-provision = provisioning.cli:main"]},
)
