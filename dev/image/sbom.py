"""The bill of materials: Debian's packages by debsbom, and with them the Python packages and the model."""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from dev.image.recipe import Recipe
from dev.image.steps import call

SBOM = "edgebox.cdx.json"
_NAMESPACE = uuid.UUID("ed6eb0c5-0000-4000-8000-00000000005b")


def write(recipe: Recipe, root: Path, model: Path, out: Path, log: Path) -> None:
    """Write `out`/edgebox.cdx.json (CycloneDX) of what lies in `root`."""
    path = out / SBOM
    call([Path(sys.executable).parent / "debsbom", "generate", "-t", "cdx", "-r", root, "-o",
          path.with_name(SBOM.removesuffix(".cdx.json")),
          "--distro-name", "edgebox", "--distro-version", recipe.commit[:12],
          "--distro-arch", recipe.request.arch,
          "--cdx-serialnumber", str(uuid.uuid5(_NAMESPACE, recipe.image_key)),
          "--timestamp", datetime.fromtimestamp(recipe.epoch, UTC).isoformat()], log)
    bill = json.loads(path.read_text())
    bill["components"] += [*_python_packages(root), _model(model)]
    path.write_text(json.dumps(bill, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _python_packages(root: Path) -> Iterator[dict[str, Any]]:
    site = next((root / "usr/lib/edgebox/venv/lib").glob("python3.*")) / "site-packages"
    for home in sorted(site.glob("*.dist-info")):
        told = HeaderParser().parsestr((home / "METADATA").read_text(encoding="utf-8"))
        name, version = told["Name"], told["Version"]
        purl = f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}"     # as PyPI knows it (PEP 503)
        licence = told["License-Expression"] or told["License"]
        part: dict[str, Any] = {"type": "library", "name": name, "version": version, "purl": purl,
                                "bom-ref": purl}
        if licence and "\n" not in licence:
            part["licenses"] = [{"license": {"name": licence}}]
        yield part


def _model(model: Path) -> dict[str, Any]:
    entry = json.loads((model / "entry.json").read_text())
    return {"type": "machine-learning-model", "name": model.name, "version": entry["onnx"]["sha256"][:16],
            "bom-ref": f"model:{model.name}", "licenses": [{"license": {"name": entry["licence"]}}],
            "hashes": [{"alg": "SHA-256", "content": entry["onnx"]["sha256"]}]}
