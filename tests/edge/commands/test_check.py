"""`edgebox check` tells every fault, or what the box would go by, without secrets."""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.base.errors import ConfigError
from edge.cli import main
from edge.commands.check import add_parser
from edge.config import schema
from edge.config.load import load
from edge.config.model import EdgeSettings
from edge.config.render import as_json, as_toml
from models import install
from tests.edge.config.files import EXAMPLE, GOOD, notes_in, written
from tests.edge.config.test_load import LINES, PLANTED, SECRET, VALUE_LINES
from tests.edge.watch.vision import networks


def check(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["check", *map(str, arguments)])
    code: int = args.run(args)
    return code


def test_faults_go_to_stderr_and_the_exit_code_says_config(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line per fault, nothing on standard output, exit code 78 as of sysexits.
    """
    assert 78 == check(written(tmp_path, GOOD + "fps = 0\nstal_s = 1\n"))

    out, err = capsys.readouterr()
    assert "" == out
    assert ["edge.toml:11: cameras.gate.fps: want a number above 0, at most 60, got 0",
            "edge.toml:12: cameras.gate.stal_s: unknown key, did you mean 'stall_s'?"] == err.splitlines()


def test_a_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The same exit code, and one line.
    """
    assert 78 == check(tmp_path / "x.toml")
    assert "x.toml: no such file" in capsys.readouterr().err
    assert 64 == main(["check"])
    assert "edgebox: check: want FILE or --schema\n" == capsys.readouterr().err


def test_the_effective_config_reads_back_as_the_same(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    What is printed is TOML with every default filled in; loading it gives the same settings.
    """
    for name in ("tls/ca.crt", "tls/box.crt", "tls/box.key", "secrets/gate", "clips/trial.mp4",
                 "keys/ward.pub", "keys/receiver.pub"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    path = written(tmp_path, EXAMPLE.read_text())

    assert 0 == check(path)
    out, err = capsys.readouterr()

    assert "" == err
    assert "port = 8883  # default\n" in out
    assert "start = 22:30:00\n" in out
    (tmp_path / "again").mkdir()
    again = load(written(tmp_path / "again", out))
    assert load(path).settings == again.settings
    assert 0 == check(again.path)
    assert re.sub("  # default", "", out).splitlines()[1:] == capsys.readouterr().out.splitlines()[1:]


def test_what_a_camera_can_tell_stands_behind_the_config(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    From which height and distance on, per camera and rule, and how wide a plate is; as comments of TOML.
    """
    text = GOOD + "view_deg = 67.74\n[cameras.gate.rules.r]\nkind = 'enter'\nclasses = ['person', 'car']\n"
    assert 0 == check(written(tmp_path, text))

    out = capsys.readouterr().out
    heading, *told = out[out.index("# What is told"):].splitlines()
    assert "1920x1080" in heading
    wanted = ("person (r): 9 of 10", "car (r): ", "a plate of 190 mm at 10 m is 27 px wide: not readable")
    assert [True] * 3 == [line.startswith(f"# sight gate: {want}")
                          for line, want in zip(told, wanted, strict=True)]
    assert 67.74 == tomllib.loads(out)["cameras"]["gate"]["view_deg"]


def test_json_holds_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    With --json it is one object with every key, null where none was given.
    """
    assert 0 == check(written(tmp_path, GOOD), "--json")

    got = json.loads(capsys.readouterr().out)
    assert set(EdgeSettings.model_fields) == set(got)
    assert ("localhost", 8883, None) == (got["mqtt"]["host"], got["mqtt"]["port"], got["mqtt"]["ca_file"])
    assert 2.0 == got["cameras"]["gate"]["motion"]["hold_s"]


def test_what_is_odd_but_not_wrong_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Files that are not there, keys without effect, an unusual port, a camera without rules: notes, exit 0.
    """
    text = GOOD.replace("localhost\"", "localhost\"\nport = 1883\nca_file = \"ca.crt\"")
    text += "[cameras.a]\nsource = 'a.mp4'\n[cameras.a.rules.r]\nkind = 'enter'\ndwell_s = 5.0\n"
    assert 0 == check(written(tmp_path, text))

    assert ["note: edge.toml:8: mqtt.port: 1883 is rarely with TLS",
            "note: edge.toml:9: mqtt.ca_file: no such file on this machine",
            "note: edge.toml:11: cameras.gate: has no rules, so it makes no event; add some under rules",
            "note: edge.toml:14: cameras.a.source: no such file on this machine",
            "note: edge.toml:17: cameras.a.rules.r.dwell_s: has no effect: only kind 'dwell' reads it",
            ] == notes_in(capsys.readouterr().err)


@pytest.mark.parametrize(("evidence", "severity", "notes"), [
    ("rtsp://192.0.2.1/big", "alert", []),
    ("rtsp://192.0.2.2/big", "alert", ["is another host than source: is it a stream of the same camera?"]),
    ("rtsp://192.0.2.1/stream", "alert", ["has no effect: it is the stream of source itself"]),
    ("rtsp://192.0.2.1/big", "info", ["has no effect: no rule has full pictures"]),
])
def test_a_second_stream_that_gives_nothing_is_noted(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], evidence: str, severity: str,
        notes: list[str]) -> None:
    """
    A stream for pictures of another host, of the same address, or that no rule asks: a note, exit 0.
    """
    text = GOOD + (f"evidence = '{evidence}'\n[cameras.gate.rules.r]\nkind = 'enter'\n"
                   f"severity = '{severity}'\n")
    assert 0 == check(written(tmp_path, text))

    assert [f"note: edge.toml:11: cameras.gate.evidence: {note}" for note in notes] == \
        notes_in(capsys.readouterr().err)


@pytest.mark.parametrize(("mqtt", "notes"), [
    ("port = 18883\ntls = false", []),
    ("port = 8883\ntls = false", ["note: edge.toml:8: mqtt.port: 8883 is rarely without TLS"]),
    ("port = 18883", []),
])
def test_only_the_usual_ports_are_wondered_at(tmp_path: Path, mqtt: str, notes: list[str],
                                              capsys: pytest.CaptureFixture[str]) -> None:
    """
    1883 with TLS and 8883 without are notes; any other port may be either.
    """
    check(written(tmp_path, GOOD.replace('localhost"', 'localhost"\n' + mqtt)))

    assert notes == [line for line in notes_in(capsys.readouterr().err) if "mqtt" in line]


def test_what_the_model_cannot_see_is_told_with_the_other_faults(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Classes that watch would refuse are faults with their line, in the order of the file, also where the
    file has others; no weights are needed.
    """
    monkeypatch.setenv("EDGEBOX_MODELS", str(tmp_path / "none"))
    rules = """[cameras.gate.rules.night]
kind = "enter"
classes = ["person",
           "motorbike"]
[cameras.gate.rules.day]
kind = "enter"
classes = ["policeman"]
"""
    assert 78 == check(written(tmp_path, GOOD + rules))
    only, policeman = notes_in(capsys.readouterr().err)
    assert 78 == check(written(tmp_path, GOOD + "fps = 0\n" + rules))
    fps, also, _ = notes_in(capsys.readouterr().err)

    model = "model 'picodet-s-coco' knows no"
    assert ("edge.toml:14: cameras.gate.rules.night.classes[1]: "
            f"{model} 'motorbike', did you mean 'motorcycle'?") == only
    assert policeman.startswith("edge.toml:17: cameras.gate.rules.day.classes[0]: "
                                f"{model} 'policeman', it knows person, bicycle, ")
    assert "edge.toml:11: cameras.gate.fps: want a number above 0, at most 60, got 0" == fps
    assert only.replace(":14:", ":15:") == also


def test_a_model_that_there_is_none_of_is_told(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A name is one of the manifest or of the store; what is installed is asked for its own labels.
    """
    monkeypatch.setenv("EDGEBOX_MODELS", str(tmp_path / "store"))
    onnx = networks.yolox(tmp_path / "mine.onnx")
    entry = install.entry_of_file(onnx, "yolox", networks.YOLOX_LABELS, "MIT", "a test", networks.SIDE)
    install.add("street", onnx, entry, tmp_path / "store", accept_licence=False)

    def faults(model: str, label: str) -> list[str]:
        check(written(tmp_path, GOOD + f"""[cameras.gate.rules.a]
kind = "enter"
classes = ["{label}"]
[model]
name = "{model}"
"""))
        return notes_in(capsys.readouterr().err)

    assert ["edge.toml:15: model.name: no model 'picodet-s-cocoa', did you mean 'picodet-s-coco'?"] == faults(
        "picodet-s-cocoa", "person")
    assert ["edge.toml:15: model.name: no model '../x'; there are picodet-s-coco, street"] == faults(
        "../x", "person")
    assert [] == faults("street", "red")
    assert ["edge.toml:13: cameras.gate.rules.a.classes[0]: model 'street' knows no 'rad', "
            "did you mean 'red'?"] == faults("street", "rad")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """
    --schema needs no file.
    """
    assert 0 == check("--schema")
    assert schema.text() == capsys.readouterr().out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(VALUE_LINES), PLANTED)
def test_the_effective_config_tells_no_secret(tmp_path: Path, index: int, planted: str) -> None:
    """
    A password that stands in some text value, even in place of the name of its file, is not printed.
    """
    lines = [*LINES]
    lines[index] = lines[index].split(" = ")[0] + " = " + planted
    try:
        config = load(written(tmp_path, "\n".join(lines)))
    except ConfigError:
        return
    assert SECRET not in as_toml(config.settings) + as_json(config.settings)


@pytest.mark.parametrize("path", [
    "11?loginuse=admin&loginpas=hunter2", "live?auth=hunter2", "live?psw=a&key=hunter2", "live?p=hunter2",
    "user=admin_password=hunter2_channel=1_stream=0.sdp?real_stream", "loginuse=admin&loginpas=hunter2/x"])
def test_a_password_in_an_address_is_hidden(
        tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    However the camera calls it, in the query or in the path, as TOML and as JSON.
    """
    file = written(tmp_path, GOOD.replace("stream", path))
    assert (0, 0) == (check(file), check(file, "--json"))

    told = "".join(capsys.readouterr())
    assert SECRET not in told
    assert 2 == told.count('"rtsp://192.0.2.1/')


@pytest.mark.parametrize("source", ["192.168.1.20/stream1", "cam.local:554/live", "gate"])
def test_an_address_without_its_beginning_is_asked_about(
        tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    It reads as the path of a file, which is not there.
    """
    assert 0 == check(written(tmp_path, GOOD.replace("rtsp://192.0.2.1/stream", source)))

    assert ("note: edge.toml:10: cameras.gate.source: no such file on this machine; a network camera's "
            "address begins with rtsp://, is one meant?") in notes_in(capsys.readouterr().err)


def test_a_password_in_place_of_its_file_is_hidden(tmp_path: Path) -> None:
    """
    password_file = "hunter2" is a file that is not there; its name may be the password.
    """
    config = load(written(tmp_path, GOOD + 'username = "u"\npassword_file = "hunter2"\n'))
    assert 'password_file = "***"' in as_toml(config.settings)
    assert SECRET not in as_json(config.settings)

    (tmp_path / "hunter2").touch()
    assert f'password_file = "{tmp_path}/hunter2"' in as_toml(config.settings)
