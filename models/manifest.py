"""The models that can be had: `manifest.toml`, read into values."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.base.errors import FatalError
from edge.watch.vision.scores import USUAL
from models.package import Package

BUILT_IN = Path(__file__).with_name("manifest.toml")
DEFAULT_MODEL = "picodet-s-coco"
INPUT_PX = range(32, 4096 + 1, 32)       # sides of a square input that a model may have

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Channels = tuple[float, float, float]


class ManifestError(FatalError):
    """A manifest or an installed entry cannot be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_DATAERR)


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureInput(_Settings):
    """How a picture enters: (value * scale - mean) / std, channels in the order of `colour`."""

    px: int = Field(ge=INPUT_PX[0], le=INPUT_PX[-1], multiple_of=INPUT_PX.step)
    colour: Literal["rgb", "bgr"]
    resize: Literal["stretch", "letterbox"]
    scale: float
    mean: Channels
    std: Channels


class OnnxFile(_Settings):
    sha256: Sha256
    bytes: int = Field(gt=0)


class Accuracy(_Settings):
    """One measurement, and what it was made on."""

    data: str
    input_px: int
    figures: Mapping[str, float]


class ClassSettings(_Settings):
    """What was measured of one class, where it is not as usual; see `ClassTraits` of edge.watch.vision."""

    bar: float = Field(USUAL.bar, gt=0, lt=1, description="least score of a detection that is believed")
    margins: tuple[float, float] = Field(USUAL.margins, description="what a track needs above that on "
                                         "average: when it has moved, when it has not")
    least_height_ratio: float = Field(USUAL.least_height_ratio, ge=0, le=1,
                                      description="of the picture: smaller is not told")


class Reliable(_Settings):
    """The height from which on objects of one label are found; two-wheelers count with their riders."""

    whole_px: int = Field(gt=0, description="in the network's input, of a look at the whole picture")
    close_ratio: float | None = Field(None, gt=0, le=1, description="of the picture, where little moves and "
                                      "is looked at closely")
    found: float = Field(gt=0, le=1, description="share of those of this size that were found")


class ModelEntry(_Settings):
    """One model: where it is from, what it may be used for, how it is fed and read."""

    title: str
    family: Literal["picodet", "yolox"]
    licence: str = Field(min_length=1, description="an SPDX expression")
    source: str
    labels: tuple[str, ...] = Field(min_length=1)
    max_iou: float = Field(0.6, gt=0, le=1)
    onnx: OnnxFile
    input: PictureInput
    package: Package | None = Field(None, description="absent: a model that a user added from a file")
    accuracy: tuple[Accuracy, ...] = ()
    classes: Mapping[str, ClassSettings] = {}
    reliable: Mapping[str, Reliable] = Field({}, description="by label; those that were measured")

    @property
    def needs_acceptance(self) -> bool:
        """Whether the licence binds whoever runs it over a network, so that a person must agree first."""
        return "AGPL" in self.licence.upper()


def read(path: Path = BUILT_IN) -> dict[str, ModelEntry]:
    """Every model of a manifest, by name.

    Raises:
        ManifestError: no such file, no TOML, or entries that do not fit; every fault, one a line.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ManifestError(f"{path}: cannot read the manifest: {exc}") from exc
    sets: Mapping[str, Any] = content.get("labels", {})
    entries = {}
    for name, fields in content.get("models", {}).items():
        labels = fields.get("labels")
        if isinstance(labels, str):
            fields = fields | {"labels": sets.get(labels, ())}
        try:
            entries[name] = ModelEntry.model_validate(fields)
        except ValidationError as exc:
            raise ManifestError(_faults(f"{path}: models.{name}", exc)) from exc
    return entries


def entry(name: str, path: Path = BUILT_IN) -> ModelEntry:
    """The entry called `name`.

    Raises:
        ManifestError: there is none; names what there is.
    """
    entries = read(path)
    if name not in entries:
        raise ManifestError(f"{path.name}: no model {name!r}; there are {', '.join(sorted(entries))}")
    return entries[name]


def entry_from_json(text: str, origin: str) -> ModelEntry:
    """Read what `ModelEntry.model_dump_json` wrote; `origin` names it in an error."""
    try:
        return ModelEntry.model_validate_json(text)
    except ValidationError as exc:
        raise ManifestError(_faults(origin, exc)) from exc


def _faults(where: str, exc: ValidationError) -> str:
    return "\n".join(f"{where}.{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}, "
                     f"got {fault['input']!r:.60}" for fault in exc.errors())
