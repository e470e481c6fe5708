"""`edgebox models`: list, fetch, verify, add, as a technician uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.cli import main
from models import store
from models.manifest import DEFAULT_MODEL
from tests.edge.watch.vision import networks
from tests.models.conftest import SmallModel
from tests.models.web import wheel


def edgebox(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `edgebox models ...`."""
    code = main(["models", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def folder_of(tmp_path: Path, files: dict[str, bytes]) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("kind", ["onnx", "sources", "wheel"])
def test_install_without_internet(small: SmallModel, tmp_path: Path, kind: str,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    """
    From a folder with the ONNX file, the two source files, or the wheel itself; each ends the same.
    """
    brought = {"onnx": {"small.onnx": small.onnx}, "sources": small.sources,
               "wheel": {"small-1.0-py3-none-any.whl": wheel(
                   {f"small/{name}": content for name, content in small.sources.items()})}}[kind]
    stick, target = folder_of(tmp_path, brought), tmp_path / "store"

    code, out, _ = edgebox(capsys, "fetch", "small", "--from", stick, "--dir", target,
                           "--manifest", small.manifest(tmp_path / "m.toml"))

    assert (0, ["small"]) == (code, store.installed(target))
    assert small.onnx == store.load("small", target).path.read_bytes()
    assert out.startswith(f"small: installed in {target}/small: licence=Apache-2.0 ")


@pytest.mark.parametrize(("brought", "expected"), [
    ({}, "want small.onnx or model.pdmodel with model.pdiparams or small-1.0*.whl in it, found none"),
    ({"small.onnx": b"cut"}, "small.onnx: truncated: want"),
    ({"model.pdmodel": bytes(9000), "model.pdiparams": bytes(9000)}, "wrong content"),
    ({"small-1.0-py3-none-any.whl": b"PK"}, "broken or truncated"),
])
def test_what_was_brought_is_checked(small: SmallModel, tmp_path: Path, brought: dict[str, bytes],
                                     expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Nothing there, a cut file, foreign files, a broken wheel: one line, and nothing is installed.
    """
    stick, target = folder_of(tmp_path, brought), tmp_path / "store"

    code, _, err = edgebox(capsys, "fetch", "small", "--from", stick, "--dir", target,
                           "--manifest", small.manifest(tmp_path / "m.toml"))

    assert code != 0
    assert expected in err
    assert 1 == len(err.splitlines())
    assert not target.exists() or list(target.iterdir()) == []


def test_agpl_is_said_out_loud_and_asks_first(small: SmallModel, tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    """
    A listing marks it; fetch refuses without --accept-licence, before it reads anything, and obeys with it.
    """
    stick, target = folder_of(tmp_path, {"small.onnx": small.onnx}), tmp_path / "store"
    own = small.manifest(tmp_path / "m.toml", licence="AGPL-3.0-only")
    fetch = ("fetch", "small", "--from", stick, "--dir", target, "--manifest", own)

    _, listed, _ = edgebox(capsys, "list", "--dir", target, "--manifest", own)
    refused, _, err = edgebox(capsys, *fetch)
    accepted, out, _ = edgebox(capsys, *fetch, "--accept-licence")

    assert "AGPL-3.0-only (ask first: --accept-licence)" in listed
    assert (64, 0) == (refused, accepted)
    assert "its licence is AGPL-3.0-only" in err
    assert "--accept-licence" in err
    assert "licence=AGPL-3.0-only" in out


def test_add_an_own_yolox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A user's file is tried, installed, listed, and verified like ours.
    """
    onnx, labels = networks.yolox(tmp_path / "mine.onnx"), tmp_path / "labels.txt"
    labels.write_text("red\n\ngreen\n")
    target = tmp_path / "store"

    code, _, _ = edgebox(capsys, "add", "street", "--file", onnx, "--family", "yolox", "--labels", labels,
                         "--licence", "MIT", "--input", 64, "--source", "own work", "--dir", target)
    _, listed, _ = edgebox(capsys, "list", "--labels", "--dir", target)
    sound, verified, _ = edgebox(capsys, "verify", "street", "--dir", target)

    spec = store.load("street", target).detector_spec()
    assert (0, 0) == (code, sound)
    assert ("bgr", "letterbox", 1.0, 64) == (spec.colour, spec.resize, spec.scale, spec.input_px)
    assert "own work" in listed
    assert "street sees: red, green" in listed
    assert verified.startswith("street: sound: sha256=")


@pytest.mark.parametrize(("changed", "expected", "code"), [
    ({"--labels": "one\ntwo\nthree\n"}, "do not fit family 'yolox' with 3 labels", 65),
    ({"--family": "picodet"}, "do not fit family 'picodet'", 65),
    ({"--input": "96"}, "Expected: 64", 65),
    ({"--input": "50"}, "--input 50: want a multiple of 32", 64),
    ({"--input": "100000"}, "--input 100000: want a multiple of 32, 32..4096", 64),
    ({"--licence": ""}, "--licence: want an SPDX expression", 64),
    ({"--file": b"not a model"}, "INVALID_PROTOBUF", 65),
    ({"--file": b"not a model"}, "/mine.onnx: ", 65),
    ({"--file": b"not a model"}, "want a whole ONNX file, copy or fetch it again", 65),
    ({"--file": None}, "cannot read the model: No such file or directory", 66),
    ({"--labels": "\n"}, "want one label a line, found none", 65),
    ({"name": "picodet-s-coco"}, "our manifest has a model of this name", 64),
    ({"name": "../up"}, "want a name of a-z 0-9 . -", 64),
    ({"--licence": "AGPL-3.0-or-later"}, "its licence is AGPL-3.0-or-later", 64),
])
def test_add_refuses_what_does_not_fit(tmp_path: Path, changed: dict[str, str | bytes | None], expected: str,
                                       code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Wrong labels, family, size, file, name or licence: one clear line, and nothing half-installed.
    """
    onnx, labels = networks.yolox(tmp_path / "mine.onnx"), tmp_path / "labels.txt"
    labels.write_text(str(changed.get("--labels", "red\ngreen\n")))
    if isinstance(content := changed.get("--file", ""), bytes):
        onnx.write_bytes(content)
    elif content is None:
        onnx.unlink()
    options = {"--family": "yolox", "--licence": "MIT", "--input": "64"} | {
        key: value for key, value in changed.items() if key in ("--family", "--licence", "--input")}

    got, _, err = edgebox(capsys, "add", changed.get("name", "street"), "--file", onnx, "--labels", labels,
                          "--dir", tmp_path / "store", *(part for pair in options.items() for part in pair))

    assert code == got
    assert expected in err
    assert 1 == len(err.splitlines())
    assert [] == (list((tmp_path / "store").iterdir()) if (tmp_path / "store").exists() else [])


def test_verify_tells_every_broken_model(small: SmallModel, tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line a model: the sound on stdout, the broken on stderr; the exit code is not 0.
    """
    for name in ("a", "b"):
        store.commit(store.stage(name, small.entry(), small.onnx, tmp_path), tmp_path)
    (tmp_path / "a" / "model.onnx").write_bytes(small.onnx[:-5])

    code, out, err = edgebox(capsys, "verify", "--dir", tmp_path)
    _, listed, _ = edgebox(capsys, "list", "--dir", tmp_path)
    nothing, _, told = edgebox(capsys, "verify", "--dir", tmp_path / "empty")

    assert (65, 66) == (code, nothing)
    assert "a/model.onnx: truncated" in err
    assert out.startswith("b: sound: ")
    assert ["BROKEN", "installed"] == [line.split()[1] for line in listed.splitlines() if line[:2] in "a b "]
    assert "run `edgebox models fetch`" in told


def test_verify_of_an_unknown_model_names_those_that_there_are(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line as of every other command.
    """
    assert (65, "", f"edgebox: model 'nope': no such model; there are {DEFAULT_MODEL}\n") == edgebox(
        capsys, "verify", "nope", "--dir", tmp_path)


def test_fetch_says_nothing_when_it_is_there(small: SmallModel, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    """
    A second fetch needs no network, and with --quiet-if-there prints nothing.
    """
    own, target = small.manifest(tmp_path / "m.toml"), tmp_path / "store"
    store.commit(store.stage("small", small.entry(), small.onnx, target), target)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")

    told = edgebox(capsys, "fetch", "small", "--dir", target, "--manifest", own, "--quiet-if-there")

    assert (0, "", "") == told


def test_a_newer_entry_for_the_same_weights_needs_no_network(
        small: SmallModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    """
    When only the manifest's words change, the weights that are there are kept and told anew.
    """
    target = tmp_path / "store"
    store.commit(store.stage("small", small.entry(), small.onnx, target), target)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    newer = small.manifest(tmp_path / "m.toml", title="better known now")

    code, _, _ = edgebox(capsys, "fetch", "small", "--dir", target, "--manifest", newer)

    assert (0, "better known now") == (code, store.load("small", target).entry.title)
