"""Watch dies, or some of its cameras do: what it stored arrives, and the rest goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests import rtsp_server
from tests.brokers import free_port
from tests.e2e.stage import Stage, cut, heard
from tests.media import make_clip, moving_block
from tests.subscriber import Subscriber

PLAZA = """
[cameras.plaza]
source = "{plaza}"
[cameras.plaza.rules.someone]
kind = "enter"
min_height_ratio = 0.12
"""

BESIDE_IT = """
[cameras.garbage]
source = "{garbage}"

[cameras.nobody]
source = "rtsp://127.0.0.1:{port}/cam"

[cameras.locked]
source = "{locked}"
username = "cam"
password_file = "{password}"
"""

RIGHT, WRONG = "0pen-5esame", "wr0ng-5esame & söns"


@pytest.mark.usefixtures("model")
def test_a_killed_watch_loses_nothing_stored_and_the_rest_goes_on(stage: Stage, footage: dict[str, Path],
                                                               tmp_path: Path) -> None:
    """
    kill -9 amid events: all that the journal acknowledged arrives, by the same uplink on the same connection.
    The next watch goes on with higher numbers and ends what the killed one left open; SIGTERM ends it with
    0 and with an END for what was open.
    """
    config = stage.config(PLAZA, plaza=cut(footage["plaza"], tmp_path / "plaza.mp4", 6.0))
    stage.ward()
    uplink, guard = stage.uplink(config), stage.guard(config)
    watch = stage.watch(config)
    stage.until(lambda: stage.book.last_seq() >= 5, "the first events")
    watch.kill()
    stage.until_delivered()

    before = stage.book.last_seq()
    first = {row.event_id for row in stage.desk.changed(0, 1000).rows}
    told = watch.text.count("event stored: ")
    assert 0 <= sum(stage.summary()["records"].values()) - told <= 8   # stored, and killed before their lines

    left_open = len(stage.book.open_events())
    watch = stage.watch(config)
    stage.until(lambda: stage.book.last_seq() >= before + left_open + 6, "events of the second watch")
    assert 0 == watch.stop()
    stage.until_delivered()

    seen, box = stage.summary(), stage.box
    assert ((), stage.book.last_seq(), 0, 0) == (box.gaps, box.last_seq, box.restarts, seen["images_pending"])
    rows = {row.event_id: row for row in stage.desk.changed(0, 1000).rows}
    second = rows.keys() - first
    assert len(second) >= 3
    assert {"end"} == {row.phase for row in rows.values()}
    seqs = [record.seq or 0 for event_id in second for record in stage.desk.event(event_id)[1]]  # type: ignore[index]
    assert min(seqs) > before
    assert guard.running
    assert uplink.running
    assert 1 == uplink.text.count("ward connected")
    assert "ward away" not in uplink.text


@pytest.mark.usefixtures("model")
def test_a_camera_that_ends_watch_blinds_the_others_no_longer(stage: Stage, footage: dict[str, Path],
                                                              tmp_path: Path) -> None:
    """
    What one camera sends sets off a bug, in a decoder in C and then in ours: twice watch dies of it, then
    that camera is set aside and the others are watched.
    """
    config = stage.config(PLAZA + '[cameras.bad]\nsource = "{plaza}"\n',
                          plaza=cut(footage["plaza"], tmp_path / "plaza.mp4", 6.0))
    uplink = stage.uplink(config)
    for bug, status in (({"BUG_IN_C": "yes"}, -signal.SIGSEGV), ({}, os.EX_SOFTWARE)):
        dying = stage.start("watch", "tests.e2e.strange_watch", "watch", "--config", config, environment=bug)
        dying.may_fail = True
        assert status == dying.wait()
    before = stage.book.last_seq()
    watch = stage.start("watch", "tests.e2e.strange_watch", "watch", "--config", config)
    stage.until(lambda: "camera set aside: camera=bad crashes=2 for_s=" in watch.text, "the third watch")
    stage.until(lambda: stage.book.last_seq() >= before + 3, "events of the other camera")
    assert watch.running
    assert 1 == watch.text.count("thread crashed: name=capture-bad")
    assert "the watch before was ended by a signal: Fatal Python error: Segmentation fault" in watch.text
    assert 0 == watch.stop()
    assert uplink.running


@pytest.mark.usefixtures("model")
def test_bad_cameras_beside_a_good_one(stage: Stage, footage: dict[str, Path], tmp_path: Path) -> None:
    """
    A file that is no video, a camera that is not there, one that refuses the password: each is told to the
    ward as lost with its reason, the good one goes on, and the password is nowhere but in its file.
    """
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    garbage, password = tmp_path / "garbage.mp4", tmp_path / "password"
    garbage.write_bytes(os.urandom(50_000))
    password.write_text(WRONG + "\n", encoding="utf-8")
    wire = Subscriber(stage.broker.port, "looker", "#")
    stage.ward()
    with rtsp_server.RtspServer(make_clip(tmp_path / "rtsp.mp4", moving_block(50)), password=RIGHT) as server:
        config = stage.config(PLAZA + BESIDE_IT, garbage=garbage, port=free_port(), locked=server.url,
                              password=password, plaza=cut(footage["plaza"], tmp_path / "plaza.mp4", 6.0))
        uplink, guard = stage.uplink(config), stage.guard(config)
        watch = stage.watch(config)
        lost = {"garbage", "nobody", "locked"}
        stage.until(lambda: {camera.camera for camera in stage.box.cameras} == lost | {"plaza"}
                    and stage.desk.summary().events >= 3, "four states and some events")

        states = {camera.camera: camera for camera in stage.box.cameras}
        assert "ok" == states["plaza"].state
        assert {"lost"} == {states[name].state for name in lost}
        assert 3 == len({states[name].detail for name in lost})
        assert "password" in states["locked"].detail
        assert 0 == watch.stop()
    assert 0 == guard.stop()
    assert 0 == uplink.stop()
    stage.close_book()

    told = b"\n".join(arrival.payload for arrival in heard(wire, stage))
    kept = b"\n".join(path.read_bytes() for folder in (stage.state, stage.ward_data)
                      for path in folder.rglob("*") if path.is_file())
    logs = "\n".join(text for _, text in stage.logs()).encode()
    assert b"locked" in told
    assert b"camera lost: camera=locked" in logs
    for part in (RIGHT, WRONG, "5esame", "wr0ng-5esame%20"):
        assert part.encode() not in told + kept + logs
