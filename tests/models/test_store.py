"""The store: whole or not at all, and every byte as it is pinned."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.watch.vision.detector import open_detector
from edge.watch.vision.errors import ModelError
from models import store
from models.manifest import DEFAULT_MODEL, ManifestError
from tests.models.conftest import LABELS, SmallModel


def put(small: SmallModel, folder: Path) -> store.InstalledModel:
    return store.commit(store.stage("small", small.entry(), small.onnx, folder), folder)


def test_what_is_installed_can_be_loaded_and_run(small: SmallModel, tmp_path: Path) -> None:
    """
    A loaded model tells all that the detector needs; the size can be another than its own.
    """
    put(small, tmp_path)

    model = store.load("small", tmp_path)

    assert (LABELS, "Apache-2.0", small.entry().onnx.sha256) == (model.labels, model.licence, model.sha256)
    assert LABELS == open_detector(model.detector_spec(), 0.5, threads=1).labels
    assert 128 == open_detector(model.detector_spec(128), 0.5, threads=1).spec.input_px
    assert (["small"], model.sha256) == (store.installed(tmp_path), store.installed_hash("small", tmp_path))


def test_not_installed(tmp_path: Path) -> None:
    """
    A model that is not there is told with the command that brings it; its hash is "".
    """
    said = rf"model '{DEFAULT_MODEL}': not installed in .*; run `edgebox models fetch {DEFAULT_MODEL}` \("
    with pytest.raises(ModelError, match=said):
        store.load(DEFAULT_MODEL, tmp_path / "none")

    assert ("", []) == (store.installed_hash("small", tmp_path), store.installed(tmp_path / "none"))


def test_an_unknown_model_is_told_with_those_that_there_are(small: SmallModel, tmp_path: Path) -> None:
    """
    Nobody can fetch it: the manifest's and the installed names are told. One that was added and lost its
    weights must be added again.
    """
    put(small, tmp_path)
    with pytest.raises(ModelError, match=rf"model 'nope': no such model; there are {DEFAULT_MODEL}, small$"):
        store.load("nope", tmp_path)

    (tmp_path / "small" / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"small has lost its model\.onnx; install it again"):
        store.load("small", tmp_path)


def test_damage_is_told_when_it_is_loaded(small: SmallModel, tmp_path: Path) -> None:
    """
    A flipped bit, a cut file and a broken entry each give one line that names the file.
    """
    model = put(small, tmp_path)
    flipped = bytearray(small.onnx)
    flipped[1000] ^= 1

    model.path.write_bytes(flipped)
    with pytest.raises(ModelError, match=r"model\.onnx: wrong content: want sha256 \w+\.\.\., found"):
        store.load("small", tmp_path)
    model.path.write_bytes(small.onnx[:-1])
    with pytest.raises(ModelError, match=rf"truncated: want {len(small.onnx)} bytes, found"):
        store.load("small", tmp_path)
    (tmp_path / "small" / "entry.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="model 'small': cannot read it in"):
        store.load("small", tmp_path)
    (tmp_path / "small" / "entry.json").write_text('{"family": "picodet"')
    with pytest.raises(ManifestError, match=r"entry\.json"):
        store.load("small", tmp_path)


def test_wrong_bytes_are_never_staged(small: SmallModel, tmp_path: Path) -> None:
    """
    Bytes that are not pinned leave no trace in the store, not even a folder.
    """
    with pytest.raises(ModelError, match="model 'small': wrong content"):
        store.stage("small", small.entry(), small.onnx[:-1] + b"?", tmp_path / "new")

    assert not (tmp_path / "new").exists()


def test_a_crash_between_stage_and_commit_shows_nothing(small: SmallModel, tmp_path: Path) -> None:
    """
    What was only staged is not installed, does not stop the next try, which sweeps it away.
    """
    store.stage("small", small.entry(), small.onnx, tmp_path)

    assert [] == store.installed(tmp_path)
    (left,) = tmp_path.iterdir()
    os.utime(left, (0, 0))
    assert small.onnx == put(small, tmp_path).path.read_bytes()
    assert ["small"] == [path.name for path in tmp_path.iterdir()]


def test_a_newer_model_takes_the_place_of_the_older(small: SmallModel, tmp_path: Path) -> None:
    """
    Installing again replaces model and entry together and leaves nothing of the old behind.
    """
    put(small, tmp_path)
    newer = small.entry(licence="MIT")

    store.commit(store.stage("small", newer, small.onnx, tmp_path), tmp_path)

    assert "MIT" == store.load("small", tmp_path).licence
    assert ["small"] == [path.name for path in tmp_path.iterdir()]


def test_a_store_that_cannot_be_written(small: SmallModel, tmp_path: Path) -> None:
    """
    A file where the folder should be: one line that says how to name another.
    """
    (tmp_path / "taken").write_text("")

    with pytest.raises(FatalError, match=r"models: cannot write to .*taken: .*--dir or EDGEBOX_MODELS"):
        store.stage("small", small.entry(), small.onnx, tmp_path / "taken")


def test_where_models_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    EDGEBOX_MODELS first, then the system's folder if there is one, then the user's.
    """
    monkeypatch.setattr(store, "SYSTEM_DIR", tmp_path / "system")
    monkeypatch.setenv("EDGEBOX_MODELS", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert tmp_path / "own" == store.default_dir()
    monkeypatch.delenv("EDGEBOX_MODELS")
    assert tmp_path / "data" / "edgebox" / "models" == store.default_dir()
    (tmp_path / "system").mkdir()
    assert tmp_path / "system" == store.default_dir()
