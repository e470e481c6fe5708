"""Who decodes cameras' pictures for the self-test, and what becomes of a process that they take over."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.findings import State
from edge.config.camera_model import CameraSettings
from edge.upkeep.doctor.camera_look import CameraFinding, CameraLook, read_look
from edge.upkeep.doctor.camera_process import look_in_process
from tests.edge.upkeep.doctor.house import clip, codes, config, doctor
from tests.mounts import own_mounts, shown_as

STRANGE = "tests.edge.upkeep.doctor.strange_child"
CAMERAS = {"gate": CameraSettings(source="gate.mkv"), "yard": CameraSettings(source="yard.mkv")}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a process becomes another user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into."""
    folder = Path(tempfile.mkdtemp(prefix="edgebox-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@needs_root
def test_cameras_are_looked_at_without_roots_rights(open_folder: Path) -> None:
    """
    Called by root, doctor reads cameras as edgebox-camera: what root alone may read gives no picture.
    """
    clip(open_folder)
    clip(open_folder, "yard.mkv").chmod(0o600)
    path = config(open_folder, cameras='[cameras.gate]\nsource = "gate.mkv"\n'
                                       '[cameras.yard]\nsource = "yard.mkv"')
    users, groups = open_folder / "passwd", open_folder / "group"
    users.write_text("root:x:0:0::/root:/bin/sh\nedgebox-camera:x:9005:9005::/:/usr/sbin/nologin\n")
    groups.write_text("root:x:0:\nedgebox:x:9100:edgebox-camera\nvideo:x:44:\n")
    with own_mounts():
        shown_as(users, Path("/etc/passwd"))
        shown_as(groups, Path("/etc/group"))
        _, result = doctor(path, "--lang", "en", as_whom=())
    assert {"camera/gate": "camera-ok", "camera/yard": "camera-bad"}.items() <= codes(result).items()
    yard = next(it for it in result["checks"] if it["name"] == "yard")
    assert "not allowed to open it" in yard["text"]


@needs_root
def test_root_decodes_nothing_where_the_user_is_missing(tmp_path: Path) -> None:
    """
    It says so of each camera, with what to do, and goes on with the rest.
    """
    clip(tmp_path)
    code, result = doctor(config(tmp_path), "--lang", "en", as_whom=())
    assert (2, "camera-no-user") == (code, codes(result)["camera/gate"])
    assert "ward" in codes(result)


@pytest.mark.parametrize(("how", "ended"), [
    ("dies", "SIGSEGV: the decoder's last words"), ("fails", "exit code 3"), ("floods", "it says too much"),
    ("hangs", "it has not ended in time")])
def test_what_was_seen_before_the_process_ended_counts(how: str, ended: str,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However the process ends, one camera's pictures cost the others nothing that was already told; which were
    not looked at is known, and why.
    """
    monkeypatch.setenv("STRANGE_CHILD", how)
    late = iter([0.0, 0.0, 1e9])            # it begins, it hears the first line, and then it is over
    seen = look_in_process(CAMERAS, STRANGE, (lambda: next(late)) if how == "hangs" else time.monotonic)
    assert (["gate"], ended, False) == ([*seen.looks], seen.ended, seen.has_no_user)


def test_what_it_says_is_held_against_the_form() -> None:
    """
    Cameras, codes, kinds and lengths that are none of ours are refused; signs for the terminal are taken out.
    """
    finding = {"kind": "camera", "is_of_evidence": False, "state": "ok", "code": "camera-ok",
               "values": {"size": "1x1\x1b[2J\x9b2J", "seconds": "1"}}
    good = {"camera": "gate", "findings": [finding]}

    def read(**changes: object) -> CameraLook | None:
        return read_look(json.dumps({**good, "findings": [{**finding, **changes}]}).encode())

    look = read()
    assert look is not None
    assert [("gate", State.OK, {"size": "1x1 [2J 2J", "seconds": "1"})] == [
        (it.name, it.state, it.values) for it in look.found()]
    assert [None] * 4 == [read(kind="siren"), read(code="camera-no-such"), read(values={}),
                          read(state="fine")]
    assert [None] * 2 == [*map(read_look, (b"\xff{", json.dumps({**good, "size_px": [0, 1 << 40]}).encode()))]
    long = read(values={"size": "x" * 9999, "seconds": "1"})
    assert long is not None
    assert 400 == len(str(long.found()[0].values["size"]))


def test_of_cameras_that_nobody_asked_for_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A process that was taken over makes up no cameras.
    """
    monkeypatch.setenv("STRANGE_CHILD", "invents")
    assert {} == look_in_process(CAMERAS, STRANGE).looks


def test_the_form_holds_what_is_found() -> None:
    """
    All of a finding comes over, of which stream it is as well.
    """
    look = CameraLook(camera="gate", size_px=(640, 360), findings=(CameraFinding(
        kind="stream", is_of_evidence=True, state=State.WARN, code="camera-bad-refused",
        values={"error": "connection refused"}),))
    assert look == read_look(look.model_dump_json().encode())
    assert "gate (evidence)" == look.found()[0].name


