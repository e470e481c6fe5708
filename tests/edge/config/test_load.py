"""A good file becomes settings; a bad one is refused with every fault and its place."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from datetime import time
from pathlib import Path

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config.camera_model import Direction, RuleKind
from edge.config.load import load
from edge.config.model import EdgeSettings
from tests.edge.config.files import EXAMPLE, GOOD, faults_in, refusal_of, written

CAMERA = GOOD + """
[cameras.gate.zones]
drive = [[0, 0], [1, 0], [1, 1]]
[cameras.gate.lines]
exit = [[0, 0.5], [1, 0.5]]
[cameras.gate.rules.r]
"""
NO_ACK_KEY = ("mqtt.ack: 'ward' needs ack_keys too: the public key of the ward's receiver, receiver.pub of "
              "the bundle")


def test_five_faults_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    """
    A misspelt key, a wrong type, a missing key, a zone that is not there and a password in the
    address: five lines, in the order of the file.
    """
    text = """\
[box]
ward = "phuong-5"
group = "to-12"

[mqtt]
host = "localhost"


port = "abc"

[cameras.gate]
source = "rtsp://admin:hunter2@192.0.2.1/stream"
zones.drive = [[0, 0], [1, 0], [1, 1]]
motion.min_area_ratoi = 0.01

[cameras.gate.rules.night]
kind = "enter"
zone = "drvie"
"""
    assert faults_in(tmp_path, text) == [
        "edge.toml:1: box.id: missing; want 1 to 48 of a-z 0-9 and -, not at the start or end",
        "edge.toml:9: mqtt.port: want an integer 1..65535, got 'abc'",
        "edge.toml:12: cameras.gate.source: a password does not belong in the address; write "
        "rtsp://host/path and put the rest under username and password_file "
        "(an @ in the path is written %40)",
        "edge.toml:14: cameras.gate.motion.min_area_ratoi: unknown key, did you mean 'min_area_ratio'?",
        "edge.toml:18: cameras.gate.rules.night.zone: no zone 'drvie', did you mean 'drive'?"]


def with_rule(text: str) -> str:
    return CAMERA + text


def with_mqtt(text: str) -> str:
    return GOOD.replace('host = "localhost"\n', f'host = "localhost"\n{text}\n')


@pytest.mark.parametrize(("text", "told"), [
    # keys that are not known
    (GOOD.replace("ward", "wrad"), "2: box.wrad: unknown key, did you mean 'ward'?"),
    (GOOD.replace("id =", "colour = 1\nid ="),
     "4: box.colour: unknown key; allowed here: ward, group, id, title, state_dir, runtime_dir"),
    (GOOD + "hold_s = 1\n",
     "11: cameras.gate.hold_s: unknown key here; it belongs under [cameras.gate.motion]"),
    (GOOD + "motion.fps = 1\n",
     "11: cameras.gate.motion.fps: unknown key here; it belongs under [cameras.gate]"),
    ("threads = 2\n" + GOOD, "1: threads: unknown key here; it belongs under [model]"),
    ("qqq = 1\n" + GOOD, "1: qqq: unknown key; allowed here: box, mqtt, alarm, outputs, inputs, page, "
     "members, commands, model, journal, thumbnail, evidence, cameras"),
    (GOOD + 'password = "hunter2"\n', "11: cameras.gate.password: unknown key, did you mean 'password_file'? "
     "It names a file; the password itself never stands here"),
    (with_mqtt('secret = "hunter2"'), "8: mqtt.secret: unknown key; allowed here: host, port, tls, ca_file, "
     "cert_file, key_file, username, password_file, keepalive_s, ack, ack_keys, resend_after_s, "
     "keep_acked_h; "
     "a password stands in a file that password_file names"),
    # keys that are missing
    ("\n".join(GOOD.splitlines()[5:]), "1: box: missing; add [box] with ward, group, id"),
    ("\n".join(GOOD.splitlines()[:8]), "1: cameras: missing; add [cameras.NAME] with source"),
    ("\n".join(GOOD.splitlines()[:8]) + "\n[cameras]",
     "9: cameras: want at least one [cameras.NAME], got an empty table"),
    ("\n".join(GOOD.splitlines()[:9]), "9: cameras.gate.source: missing; want a text in quotes "
     "(rtsp:// or http://host/path, /dev/video0, csi, or the path of a video file)"),
    (with_rule(""), "16: cameras.gate.rules.r.kind: missing; want one of 'enter', 'dwell', 'cross', 'crowd'"),
    # values
    (GOOD.replace('"to-12"', '"Tổ 12"'),
     "3: box.group: want 1 to 48 of a-z 0-9 and -, not at the start or end, "
     "got 'Tổ 12'; such as 'to-12'"),
    (GOOD.replace('"to-12"', "12"),
     "3: box.group: want 1 to 48 of a-z 0-9 and -, not at the start or end, got 12"),
    (GOOD.replace(".gate", '."Cổng 1"'), '9: cameras."Cổng 1": want a name of 1 to 48 of a-z 0-9 and -, '
     "not at the start or end; such as 'cong-1'"),
    (with_mqtt("port = 0"), "8: mqtt.port: want an integer 1..65535, got 0"),
    (with_mqtt('port = "8883"'),
     "8: mqtt.port: want an integer 1..65535, got '8883'; write it without quotes"),
    (with_mqtt("port = 1883.0"), "8: mqtt.port: want an integer 1..65535, got 1883.0"),
    (with_mqtt(f"port = {2**64}"), "8: mqtt.port: want an integer 1..65535, got an integer beyond 64 bits"),
    (with_mqtt("port = true"), "8: mqtt.port: want an integer 1..65535, got true"),
    (with_mqtt('tls = "yes"'), "8: mqtt.tls: want true or false, got 'yes'"),
    (with_mqtt("tls = 1"), "8: mqtt.tls: want true or false, got 1"),
    (with_mqtt('ack = "wrad"'), "8: mqtt.ack: want one of 'broker', 'ward', got 'wrad'"),
    (with_mqtt('ack = "ward"'), f"8: {NO_ACK_KEY}"),
    (with_mqtt("ack = 'ward'\nack_keys = []"), f"8: {NO_ACK_KEY}"),
    (with_mqtt("ack = 'ward'\nack_keys = ['a', 'b', 'c']"),
     "9: mqtt.ack_keys: want at most 2 items, got a list of 3"),
    (with_mqtt("ca_file = 5"),
     "8: mqtt.ca_file: want a path in quotes (who signed the broker's certificate), got 5"),
    (with_mqtt("ca_file = ''"), "8: mqtt.ca_file: want the path of a file"),
    (with_mqtt("username = ''"), "8: mqtt.username: want a text in quotes, got ''"),
    (GOOD.replace("localhost", "mqtts://localhost:8883"),
     "7: mqtt.host: want a name or address alone, such as 'mqtt.example' or '192.168.1.5'; "
     "no scheme://, no port, no user"),
    (GOOD + "fps = nan", "11: cameras.gate.fps: want a number above 0, at most 60, got nan"),
    (GOOD + "stall_s = inf", "11: cameras.gate.stall_s: want a number above 0, at most 604800, got inf"),
    (GOOD + "fps = 1979-05-27", "11: cameras.gate.fps: want a number above 0, at most 60, got 1979-05-27"),
    (GOOD + "username = 1979-05-27", "11: cameras.gate.username: want a text in quotes, got 1979-05-27"),
    (GOOD + "[model]\ninput_px = 400",
     "12: model.input_px: want an integer 128..1280, a multiple of 32, got 400"),
    (GOOD + "[journal]\nmax_bytes = 5", "12: journal.max_bytes: want an integer at least 1048576, got 5"),
    ("model = 5\n" + GOOD, "1: model: want a table with name, input_px, threshold, threads, got 5"),
    (GOOD.replace("[cameras.gate]", "[[cameras]]"),
     "9: cameras: want a table of named entries, got a list of 1"),
    # shapes
    (GOOD + "zones.a = [[0, 0], [1, 1]]", "11: cameras.gate.zones.a: want an area of at least 3 points "
     "[[x, y], [x, y], [x, y]], got a list of 2"),
    (GOOD + "zones.a = [\n[0, 0],\n[1, 0],\n[640, 1]]", "14: cameras.gate.zones.a[2][0]: "
     "want a ratio 0..1 of the whole, got 640; divide pixels by the picture's width"),
    (GOOD + "lines.a = [[0, 0], [1, 360.5]]", "11: cameras.gate.lines.a[1][1]: "
     "want a ratio 0..1 of the whole, got 360.5; divide pixels by the picture's height"),
    (GOOD + f"zones.a = {[[0, 0]] * 101}",
     "11: cameras.gate.zones.a: want at most 100 points, got a list of 101"),
    (GOOD + "zones.a = [[0, 0], [1], [1, 1], [0, 1]]",
     "11: cameras.gate.zones.a[1]: want a point [x, y], got a list of 1"),
    (GOOD + "masks = [\n [[0, 0], [1, 0], [1, 1]],\n [[0, 0], [1, 1], [1, 0], [0, 1]]]",
     "13: cameras.gate.masks[1]: the edge from point 1 meets the edge from point 3; "
     "give the corners in order, around the area"),
    (GOOD + "lines.a = [[0, 0]]", "11: cameras.gate.lines.a: want a line [[x, y], [x, y]], got a list of 1"),
    (GOOD + "lines.a = [[0, 0], [0, 0]]",
     "11: cameras.gate.lines.a: both points are the same; want two ends"),
    # rules
    (with_rule("kind = 'cross'"),
     "16: cameras.gate.rules.r.line: missing; kind 'cross' needs a line: name one under lines"),
    (with_rule("kind = 'cross'\nline = 'exit'\nzone = 'drive'"),
     "19: cameras.gate.rules.r.zone: kind 'cross' takes a line and no zone; leave it out"),
    (with_rule("kind = 'enter'\nline = 'exit'"),
     "18: cameras.gate.rules.r.line: only kind 'cross' takes a line; "
     "leave it out, or set kind = 'cross'"),
    (with_rule("kind = 'cross'\nline = 'qq'"),
     "18: cameras.gate.rules.r.line: no line 'qq'; this camera has 'exit'"),
    (GOOD + "latency = 'relaxed'\n[cameras.gate.rules.r]\nkind = 'enter'\nalarm = 'siren'",
     "14: cameras.gate.rules.r.alarm: seen one key-frame interval late with latency = 'relaxed', when it may "
     "be too old to raise one; leave out one of the two"),
    (GOOD + "[cameras.gate.rules.r]\nkind = 'enter'\nzone = 'a'",
     "13: cameras.gate.rules.r.zone: no zone 'a'; this camera has none yet: add one under zones"),
    (with_rule("kind = 'enter'\nclasses = []"),
     "18: cameras.gate.rules.r.classes: want a list of at least one of a text in quotes, got an empty list"),
    (with_rule("kind = 'enter'\n[[cameras.gate.rules.r.schedule]]\nstart = 22"),
     "19: cameras.gate.rules.r.schedule[0].start: want a local time such as 22:30:00, got 22"),
    (with_rule("kind = 'enter'\n[[cameras.gate.rules.r.schedule]]\nstart = '22:00+07:00'"),
     "19: cameras.gate.rules.r.schedule[0].start: want a local time such as 22:30:00, got '22:00+07:00'"),
    (with_rule("kind = 'enter'\n[[cameras.gate.rules.r.schedule]]\nend = '24:00:00'"),
     "19: cameras.gate.rules.r.schedule[0].end: want a local time such as 22:30:00, got '24:00:00'; "
     "a day ends at 00:00:00"),
    (with_rule("kind = 'enter'\nmin_height_ratio = 8"), "18: cameras.gate.rules.r.min_height_ratio: "
     "want a ratio 0..1 of the whole, got 8; 8 % is 0.08"),
    (with_rule("kind = 'enter'\nmin_height_ratio = 300"),
     "18: cameras.gate.rules.r.min_height_ratio: want a ratio 0..1 of the whole, got 300"),
    # credentials and keys that go together
    (with_mqtt("cert_file = 'a'"),
     "8: mqtt.cert_file: needs key_file too: a certificate works with its private key only"),
    (with_mqtt("key_file = 'a'"),
     "8: mqtt.key_file: needs cert_file too: a certificate works with its private key only"),
    (with_mqtt("tls = false\nca_file = 'a'"),
     "9: mqtt.ca_file: needs tls = true; leave it out to go without encryption"),
    (with_mqtt("password_file = 'a'"), "8: mqtt.password_file: needs username too"),
    (GOOD + "password_file = 'a'", "11: cameras.gate.password_file: needs username too"),
    (GOOD.replace("rtsp://192.0.2.1/stream", "/dev/video0") + "username = 'a'",
     "11: cameras.gate.username: only an rtsp:// camera takes one; leave it out"),
    (GOOD.replace("rtsp://192.0.2.1/stream", "/dev/video0") + "evidence = 'rtsp://192.0.2.1/big'",
     "11: cameras.gate.evidence: only an rtsp:// camera takes one; leave it out"),
    (GOOD.replace("rtsp://192.0.2.1/stream", "/dev/video0") + "onvif_port = 80",
     "11: cameras.gate.onvif_port: only an rtsp:// camera takes one; leave it out"),
    (GOOD + "evidence = '/dev/video0'",
     "11: cameras.gate.evidence: want rtsp://host/path: only a network camera has a second stream"),
])
def test_a_fault_is_told_in_a_technicians_words(tmp_path: Path, text: str, told: str) -> None:
    """
    Each fault alone is one line: the place, what was wanted, what was found, what to do.
    """
    assert [f"edge.toml:{told}"] == faults_in(tmp_path, text)


@pytest.mark.parametrize(("yard", "told"), [
    ("csi", "13: cameras.yard.source: camera 'gate' has it already"),
    ("csi:cam1", "10: cameras.gate.source: csi means the only camera at the port, and here are 2; write "
     "csi:cam0 or csi:cam1, as the connectors are called")])
def test_cameras_at_the_port_are_told_apart(tmp_path: Path, yard: str, told: str) -> None:
    """
    The only camera is none beside another, and no two are the same; each by its connector is good.
    """
    two = GOOD + f"\n[cameras.yard]\nsource = '{yard}'\n"

    assert f"edge.toml:{told}" in faults_in(tmp_path, two.replace("rtsp://192.0.2.1/stream", "csi"))
    assert load(written(tmp_path, two.replace("rtsp://192.0.2.1/stream", "csi:cam0").replace(
        "'csi'", "'csi:cam1'"))).settings.cameras.keys() == {"gate", "yard"}


def test_faults_between_keys_are_told_beside_faults_in_them(tmp_path: Path) -> None:
    """
    A wrong value somewhere in a camera does not hide that a zone is missing in the same camera.
    """
    told = faults_in(tmp_path, with_rule('kind = "enter"\nzone = "a"\ndwell_s = "x"'))

    assert ["edge.toml:18: cameras.gate.rules.r.zone: no zone 'a'; this camera has 'drive'",
            "edge.toml:19: cameras.gate.rules.r.dwell_s: want a number above 0, at most 604800, got 'x'",
            ] == told


def test_a_good_file_becomes_settings(tmp_path: Path) -> None:
    """
    Values are typed, defaults filled in, times local.
    """
    text = with_rule("kind = 'cross'\nline = 'exit'\ndirection = 'left_to_right'\n"
                     "[[cameras.gate.rules.r.schedule]]\nstart = 22:30:00\nend = '05:00'\n")
    got = load(written(tmp_path, text)).settings

    rule = got.cameras["gate"].rules["r"]
    assert (RuleKind.CROSS, Direction.LEFT_TO_RIGHT) == (rule.kind, rule.direction)
    assert (time(22, 30), time(5)) == (rule.schedule[0].start, rule.schedule[0].end)
    assert ((0.0, 0.5), (1.0, 0.5)) == got.cameras["gate"].lines["exit"]
    assert (8883, True, 416) == (got.mqtt.port, got.mqtt.tls, got.model.input_px)


def test_relative_paths_start_at_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Paths of files follow the config, wherever the process runs; devices and addresses stay as they are.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    text = GOOD.replace("[mqtt]", 'state_dir = "state"\n[mqtt]\nca_file = "tls/ca.crt"\nusername = "u"\n'
                        'password_file = "/etc/secret"')
    text += '[cameras.a]\nsource = "clips/a.mp4"\n[cameras.b]\nsource = "/dev/video1"\n'
    got = load(written(tmp_path / "etc", text).relative_to(tmp_path)).settings

    assert (tmp_path / "etc/state", tmp_path / "etc/tls/ca.crt") == (got.box.state_dir, got.mqtt.ca_file)
    assert Path("/etc/secret") == got.mqtt.password_file
    assert [str(tmp_path / "etc/clips/a.mp4"), "/dev/video1", "rtsp://192.0.2.1/stream"] == [
        got.cameras[name].source for name in ("a", "b", "gate")]


def test_the_hash_is_of_what_the_file_means(tmp_path: Path) -> None:
    """
    Order, comments, spelt-out defaults and the folder leave the hash alone; a value changes it.
    """
    def hash_of(text: str, name: str = "edge.toml") -> str:
        return load(written(tmp_path, text, name)).sha256

    (tmp_path / "other").mkdir()
    text = GOOD.replace("rtsp://192.0.2.1/stream", "clips/a.mp4")
    lines = text.splitlines()
    told = ("\n".join(lines[8:] + lines[:8]) + "\nport = 8883 # as ever\n").replace('"to-12"', "'to-12'")

    assert hash_of(text) == hash_of(told) == hash_of(text, "other/else.toml")
    assert hash_of(text) != hash_of(text.replace("to-12", "to-13"))
    loaded = load(tmp_path / "edge.toml")
    assert (64, loaded.sha256[:16]) == (len(loaded.sha256), loaded.short_hash)


def test_settings_are_frozen(tmp_path: Path) -> None:
    """
    Nobody changes what was checked.
    """
    config = load(written(tmp_path, GOOD))

    with pytest.raises(dataclasses.FrozenInstanceError):
        config.sha256 = ""                              # type: ignore[misc]
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.settings.mqtt.port = 1                   # type: ignore[misc]
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.settings.cameras["gate"].fps = 1.0       # type: ignore[misc]


def test_the_model_refuses_by_itself_what_the_loader_refuses_between_keys() -> None:
    """
    Settings that are built without a file go through the same checks.
    """
    root = tomllib.loads(GOOD) | {"mqtt": {"host": "localhost", "cert_file": "a"}}

    with pytest.raises(pydantic.ValidationError, match="cert_file: needs key_file too"):
        EdgeSettings.model_validate(root)
    root = tomllib.loads(CAMERA + 'kind = "enter"\nzone = "nowhere"')
    with pytest.raises(pydantic.ValidationError, match=r"rules\.r\.zone: no zone 'nowhere'"):
        EdgeSettings.model_validate(root)


SECRET = "hunter2"
PLANTED = st.sampled_from([
    f'"rtsp://admin:{SECRET}@192.0.2.1/x"', f'"rtsp://admin:{SECRET}/{SECRET}@{SECRET}@192.0.2.1"',
    f'"rstp:/admin:{SECRET}@192.0.2.1"', f'"admin:{SECRET}@192.0.2.1"', f'"rtsp://h/?user=a&password={SECRET}"',
    f'"rtsp://h/user=a_password={SECRET}_x"', f'{{password = "{SECRET}"}}',
    f'"mqtts://box:{SECRET}@192.0.2.1:8883"'])
LINES = EXAMPLE.read_text().splitlines()
VALUE_LINES = [index for index, line in enumerate(LINES) if line and line[0] not in "#[ ]" and " = " in line]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(VALUE_LINES), PLANTED, st.booleans())
def test_no_fault_tells_a_secret(tmp_path: Path, index: int, planted: str, as_key: bool) -> None:
    """
    A password typed anywhere, as a value or as a key, shows in no fault.
    """
    lines = [*LINES]
    key = lines[index].split(" = ")[0]
    lines[index] = f"{json.dumps(planted)} = 1" if as_key and "@" in planted else f"{key} = {planted}"
    path = written(tmp_path, "\n".join(lines))

    assert SECRET not in refusal_of(path)


@pytest.mark.parametrize("value", ["1234", '["hunter2"]', "{a = 'hunter2'}", "true"])
def test_what_stands_in_a_passwords_place_is_not_shown(tmp_path: Path, value: str) -> None:
    """
    A number or list under password_file may be the password.
    """
    told = faults_in(tmp_path, GOOD + f"username = 'a'\npassword_file = {value}")

    assert [True] == [line.endswith("(not shown)") and "1234" not in line for line in told]


WRONG = st.sampled_from(["", "1", "-1", "nan", "true", '""', '"x"', "[]", "[[]]", "{}", "[[0,0],[1,1],[1,0]]",
                         "1979-05-27", "22:30:00", '"/dev/video0"', '"\\u0000"', str(10**30), "[1", '"'])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(range(len(LINES))), WRONG), min_size=1, max_size=6), st.data())
def test_whatever_is_wrong_is_told_as_a_fault(
        tmp_path: Path, changes: list[tuple[int, str]], data: st.DataObject) -> None:
    """
    Lines lost, doubled or with other values: the file is good, or refused with lines that exist.
    """
    lines = [*LINES]
    for index, value in changes:
        line = lines[index]
        key, equals, _ = line.partition(" = ")
        lines[index] = data.draw(st.sampled_from([key + equals + value, "", f"{line}\n{line}"]))
    path = written(tmp_path, "\n".join(lines))

    for line in refusal_of(path).splitlines():
        name, number, rest = line.split(":", 2)
        assert ("edge.toml", True) == (name, 1 <= int(number) <= len("\n".join(lines).splitlines()) + 1)
        assert rest.strip()
