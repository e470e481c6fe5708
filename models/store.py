"""Where models lie on a box: `DIR/NAME/model.onnx` and `DIR/NAME/entry.json`, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base import durable
from edge.base.errors import FatalError
from edge.watch.vision.errors import ModelError
from models import manifest
from models.manifest import ManifestError, ModelEntry, entry_from_json

if TYPE_CHECKING:       # numpy comes with it; guard, which only asks for a hash, does without
    from edge.watch.vision.detector import DetectorSpec

SYSTEM_DIR = Path("/var/lib/edgebox/models")
IMAGE_DIR = Path("/usr/share/edgebox/models")       # baked into a box's image
_STALE_S = 3600
MODEL_FILE, ENTRY_FILE = "model.onnx", "entry.json"


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that lies in the store and has the hash that its entry pins."""

    name: str
    path: Path
    entry: ModelEntry

    @property
    def sha256(self) -> str:
        return self.entry.onnx.sha256

    @property
    def licence(self) -> str:
        return self.entry.licence

    @property
    def labels(self) -> tuple[str, ...]:
        return self.entry.labels

    def detector_spec(self, input_px: int | None = None) -> DetectorSpec:
        """What `open_detector` of edge.watch.vision takes; at the model's own size without `input_px`."""
        from edge.watch.vision.detector import DetectorSpec
        from edge.watch.vision.scores import ClassTraits

        traits = {label: ClassTraits(each.bar, each.margins, each.least_height_ratio)
                  for label, each in self.entry.classes.items()}
        fed = self.entry.input
        return DetectorSpec(
            name=self.name, path=self.path, family=self.entry.family, labels=self.entry.labels,
            input_px=input_px or fed.px, colour=fed.colour, resize=fed.resize, scale=fed.scale,
            mean=fed.mean, std=fed.std, max_iou=self.entry.max_iou, traits=traits)


def default_dir() -> Path:
    """$EDGEBOX_MODELS; else the system's or the image's folder where there is one; else the user's."""
    given = os.environ.get("EDGEBOX_MODELS")
    if given:
        return Path(given)
    for folder in (SYSTEM_DIR, IMAGE_DIR):
        if folder.is_dir():
            return folder
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "edgebox" / "models"


def load(name: str, folder: Path) -> InstalledModel:
    """Read one installed model and check its hash; reads the whole file once.

    Raises:
        ModelError: it is not there, or not what its entry pins.
        ManifestError: its entry cannot be read.
    """
    home = folder / name
    path = home / MODEL_FILE
    if not (home / ENTRY_FILE).is_file() or not path.is_file():
        raise _absent(name, folder)
    try:
        text, weights = (home / ENTRY_FILE).read_text(encoding="utf-8"), path.read_bytes()
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"model {name!r}: cannot read it in {home}: {exc}") from exc
    entry = entry_from_json(text, str(home / ENTRY_FILE))
    check_bytes(weights, entry.onnx.sha256, entry.onnx.bytes, str(path))
    return InstalledModel(name, path, _as_measured_now(name, entry))


def _as_measured_now(name: str, entry: ModelEntry) -> ModelEntry:
    """Our manifest's entry for the very same weights: what is known of them may have grown since."""
    ours = manifest.read().get(name)
    return ours if ours is not None and ours.onnx.sha256 == entry.onnx.sha256 else entry


def installed_hash(name: str, folder: Path | None = None) -> str:
    """The sha256 that an installed model's entry pins; "" where there is none. Reads no weights."""
    path = (folder or default_dir()) / name / ENTRY_FILE
    return entry_from_json(path.read_text(encoding="utf-8"), str(path)).onnx.sha256 if path.is_file() else ""


def installed(folder: Path) -> list[str]:
    """Names of what lies in the store, sorted, whether or not it is sound."""
    if not folder.is_dir():
        return []
    return sorted(home.name for home in folder.iterdir()
                  if (home / ENTRY_FILE).is_file() and not home.name.startswith("."))


def known_names(folder: Path) -> list[str]:
    """Names of the models that can be had or lie in the store, sorted."""
    return sorted({*manifest.read(), *installed(folder)})


def known_entry(name: str, folder: Path) -> ModelEntry | None:
    """What our manifest says of a model, unless other weights of that name are installed; reads no weights.

    Raises:
        ManifestError: the installed entry cannot be read.
    """
    ours = manifest.read().get(name)
    if name not in installed(folder):
        return ours
    path = folder / name / ENTRY_FILE
    try:
        theirs = entry_from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise ManifestError(f"{path}: cannot read it: {exc}; install the model again") from exc
    # An older box has installed the same weights with fewer words about them.
    return ours if ours is not None and ours.onnx == theirs.onnx else theirs


def stage(name: str, entry: ModelEntry, onnx: bytes, folder: Path) -> InstalledModel:
    """Write a model beside its place, checked and synced, for `commit` or `discard`.

    Raises:
        ModelError: `onnx` is not what the entry pins; nothing is written.
        FatalError: the store cannot be written.
    """
    check_bytes(onnx, entry.onnx.sha256, entry.onnx.bytes, f"model {name!r}")
    make_folder(folder)
    try:
        home = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
        home.chmod(0o755)
        durable.write_new(home / MODEL_FILE, onnx, durable.PUBLIC)
        durable.write_new(home / ENTRY_FILE, entry.model_dump_json(indent=1).encode(), durable.PUBLIC)
        durable.sync_folder(home)
    except OSError as exc:
        raise _cannot_write(folder, exc) from exc
    return InstalledModel(name, home / MODEL_FILE, entry)


def commit(staged: InstalledModel, folder: Path) -> InstalledModel:
    """Put a staged model in its place, instead of any that was there."""
    home, new = folder / staged.name, staged.path.parent
    old = new.with_name(new.name + ".old")
    if home.exists():
        home.rename(old)
    new.rename(home)
    durable.sync_folder(folder)
    shutil.rmtree(old, ignore_errors=True)
    _sweep(staged.name, folder)
    return InstalledModel(staged.name, home / MODEL_FILE, staged.entry)


def discard(staged: InstalledModel) -> None:
    shutil.rmtree(staged.path.parent, ignore_errors=True)


def make_folder(folder: Path) -> None:
    """Make a folder of the store. Raises FatalError where that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _cannot_write(folder, exc) from exc


def check_bytes(content: bytes, sha256: str, size_bytes: int, what: str) -> None:
    """Raise ModelError, naming `what`, where the content is not the one that is pinned."""
    if len(content) < size_bytes:
        raise ModelError(f"{what}: truncated: want {size_bytes} bytes, found {len(content)}; fetch it again")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(f"{what}: wrong content: want sha256 {sha256[:16]}..., found {found[:16]}...; "
                         "do not use it, fetch it again")


def _absent(name: str, folder: Path) -> ModelError:
    if name in manifest.read():
        return ModelError(f"model {name!r}: not installed in {folder}; run `edgebox models fetch {name}` "
                          "(in a checkout `./run edgebox ...`; without internet add --from DIR)")
    if name in installed(folder):
        return ModelError(f"model {name!r}: {folder / name} has lost its {MODEL_FILE}; install it again")
    return ModelError(f"model {name!r}: no such model; there are {', '.join(known_names(folder))}")


def _sweep(name: str, folder: Path) -> None:
    """Remove what crashes left beside `name`; what is younger may belong to a process at work."""
    for left in folder.glob(f".{name}.*"):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _cannot_write(folder: Path, exc: OSError) -> FatalError:
    return FatalError(f"models: cannot write to {folder}: {exc.strerror}; "
                      "name another with --dir or EDGEBOX_MODELS", os.EX_CANTCREAT)
