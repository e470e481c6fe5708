"""`./run docs`: the API reference, made from the docstrings.

What a box alone has (its GPIO library, its camera stack, systemd's bindings) is stood in for, so that
the modules around it are shown on any laptop.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import MagicMock

import pdoc
import pdoc.render

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "ward", "provisioning", "models")
_ON_A_BOX = ("lgpio", "picamera2", "libcamera", "systemd", "systemd.daemon", "systemd.journal")


def make(packages: Sequence[str], folder: Path) -> Path:
    """Write their pages into `folder`, which is made where there is none; returns the first page.

    Raises RuntimeError where a module cannot be imported.
    """
    for name in _ON_A_BOX:
        if name.split(".")[0] in sys.modules or importlib.util.find_spec(name.split(".")[0]) is None:
            sys.modules.setdefault(name, MagicMock())
    pdoc.render.configure(docformat="google", show_source=False, footer_text="edgebox")
    pdoc.pdoc(*packages, output_directory=folder)
    return folder / "index.html"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run docs", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "reference", metavar="DIR",
                        help="default: build/reference")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", default=PACKAGES,
                        help=f"such as edge.base; default: {' '.join(PACKAGES)}")
    args = parser.parse_args()
    print(f"docs: {make(args.packages, args.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
