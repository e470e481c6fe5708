"""What the tests of models share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models import convert
from models.manifest import ModelEntry
from models.package import Package, PackageFile
from tests.models.paddle_program import SIDE, picodet_like
from tests.models.web import Server, serving

LABELS = ("person", "dog", "bus")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A web server on loopback; whatever proxy this machine uses is kept out of the way."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving({}) as made:
        yield made


class SmallModel:
    """A tiny PicoDet: its source files, the ONNX that they become, and its place in a manifest."""

    def __init__(self) -> None:
        model, params, _ = picodet_like(np.zeros((1, 3, SIDE, SIDE)))
        self.sources = {"model.pdmodel": model, "model.pdiparams": params}
        self.onnx = convert.picodet(model, params)

    def entry(self, licence: str = "Apache-2.0", **changed: object) -> ModelEntry:
        members = tuple(PackageFile(f"small/{name}", hashlib.sha256(content).hexdigest(), len(content))
                        for name, content in self.sources.items())
        return ModelEntry.model_validate({
            "title": "a small one", "family": "picodet", "licence": licence, "source": "made by a test",
            "labels": LABELS, "package": Package("small", "1.0", "wheel", members),
            "onnx": {"sha256": hashlib.sha256(self.onnx).hexdigest(), "bytes": len(self.onnx)},
            "input": {"px": SIDE, "colour": "rgb", "resize": "stretch", "scale": 1 / 255,
                      "mean": (0, 0, 0), "std": (1, 1, 1)}} | changed)

    def manifest(self, path: Path, **changed: object) -> Path:
        """Write a manifest with this one model, called "small"."""
        entry = json.loads(self.entry(**changed).model_dump_json())  # type: ignore[arg-type]
        path.write_text("[models.small]\n" + "".join(
            f"{key} = {_toml(value)}\n" for key, value in entry.items()))
        return path


def _toml(value: object) -> str:
    """JSON's values as TOML's, without null."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()
                               if each is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)


@pytest.fixture(scope="session")
def small() -> SmallModel:
    return SmallModel()
