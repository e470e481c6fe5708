"""`edgebox replay`: the pipeline of watch over recordings."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dev.trial_config import trial_config
from edge.base.errors import FatalError
from edge.base.values import Detection, Frame, Rect
from edge.cli import main
from edge.commands.replay import STREET, ReplaySummary, plan, replay
from edge.contract.messages import Envelope, EventData
from edge.watch.installed import Loaded
from edge.watch.vision.look import Look
from tests.media import make_clip, restamped


class BrightSquares:
    """A detector for made clips: the bright square of `moving_block` is a person."""

    labels = STREET

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look) -> list[Detection]:
        rows, columns = np.nonzero(frame.luma > 190)
        if len(rows) < 100 or "person" not in labels:
            return []
        rect = Rect(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
        return [Detection(rect, "person", 0.9)]


LOADED = Loaded("squares", BrightSquares(), "0" * 16)  # type: ignore[arg-type]  # a fake of the detector


def walk_in(count: int = 60) -> Iterator[npt.NDArray[np.uint8]]:
    """Two seconds of an empty gradient, then a bright square walks in, at 10 frames a second."""
    rows, columns = np.mgrid[:240, :320]
    ground = np.stack([columns * 90 // 320 + 60, rows * 90 // 240 + 60, 0 * rows + 90], axis=-1)
    for index in range(count):
        pixels = ground.astype(np.uint8)
        if index >= 20:
            left = (index - 20) * 5 + 4
            pixels[100:160, left:left + 40] = 235
        yield pixels


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "Cổng trước.mp4", walk_in())


def test_records_tell_the_rect_of_the_frame_they_name(clip: Path) -> None:
    """
    `video_s` is the media time of the very frame that the rect was measured in.
    """
    told = list(replay(plan([str(clip)], None), LOADED, ReplaySummary()))
    new = next(record for record in told if record.envelope.data["phase"] == "new")

    x0, y0, x1, y1 = new.envelope.data["object"]["rect"]
    left = (round(new.video_s * 10) - 20) * 5 + 4
    assert [left, 100, left + 40, 160] == pytest.approx([x0 * 320, y0 * 240, x1 * 320, y1 * 240], abs=2)
    assert "cong-truoc" == new.camera_id


def test_every_record_is_one_of_the_contract(clip: Path) -> None:
    """
    Each line validates as the envelope and event data that the ward reads, seq without a hole.
    """
    lines = [json.loads(told.as_json()) for told in replay(plan([str(clip)], None), LOADED, ReplaySummary())]

    assert ["new", "update", "end"] == [line["data"]["phase"] for line in lines] or (
        ["new", "end"] == [line["data"]["phase"] for line in lines])
    assert list(range(1, len(lines) + 1)) == [Envelope.model_validate(line).seq for line in lines]
    for line in lines:
        EventData.model_validate(line["data"])
        assert "cong-truoc" == line["camera"]


def test_the_same_recording_gives_the_same_events(clip: Path) -> None:
    """
    Nothing depends on how fast the machine is: ids and wall time apart, two runs are equal.
    """
    def facts() -> list[object]:
        return [(told.video_s, told.rev, told.envelope.data["object"])
                for told in replay(plan([str(clip)], None), LOADED, ReplaySummary())]
    assert facts() == facts()


def test_fps_sets_what_is_analysed(clip: Path) -> None:
    """
    A 10 fps recording of 6 s is 30 pictures at the default 5 fps, 12 at 2 fps.
    """
    for fps, frames in ((None, 30), (2.0, 12)):
        summary = ReplaySummary()
        list(replay(plan([str(clip)], None, fps), LOADED, summary))
        assert (frames, 60) == (summary.frames, summary.decoded)


CONFIG = trial_config("""
[cameras.gate]
source = "rtsp://gate/1"
[cameras.gate.rules.night]
kind = "enter"
classes = ["person"]
schedule = [{ start = 22:00:00, end = 05:00:00 }]
[cameras.yard]
source = "rtsp://yard/1"
""")


def test_a_config_applies_by_name(clip: Path, tmp_path: Path) -> None:
    """
    `CAMERA=VIDEO` takes the rules of that camera; a recording that could be any is asked about.
    """
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG)
    day, night = datetime(2026, 11, 23, 12), datetime(2026, 11, 23, 23)

    def events(start: datetime) -> int:
        summary = ReplaySummary()
        list(replay(plan([f"gate={clip}"], config, start=start), LOADED, summary))
        return summary.events

    assert (0, 1) == (events(day), events(night))


def test_a_recording_never_asks_for_the_alarm(clip: Path, tmp_path: Path) -> None:
    """
    Its records carry no wish, whatever the camera's rules ask for, and no journal is opened that guard reads.
    """
    config, state = tmp_path / "edge.toml", tmp_path / "state"
    config.write_text(CONFIG.replace("[mqtt]", f'state_dir = "{state}"\n[mqtt]')
                      .replace('kind = "enter"', 'kind = "enter"\nalarm = "siren"'))

    told = list(replay(plan([f"gate={clip}"], config), LOADED, ReplaySummary()))

    assert "new" == told[0].envelope.data["phase"]
    assert not any("wish" in record.envelope.data for record in told)
    assert not state.exists()
    with pytest.raises(FatalError, match=r"which camera .* write CAMERA="):
        plan([str(clip)], config)


@pytest.mark.parametrize(("name", "code", "said"), [
    ("notes.mp4", 65, "not a video that can be read; try to play it: is it a video, and whole?"),
    ("empty.mp4", 65, "not a video that can be read; try to play it: is it a video, and whole?"),
    ("missing.mp4", 66, "cannot read the recording: No such file or directory; check the path"),
    ("folder.mp4", 66, "is a folder; name one video file in it"),
    ("pipe.mp4", 66, "want a recording, found no regular file"),
    ("nul\0.mp4", 66, "cannot read the recording: embedded null byte; check the path"),
])
def test_an_unreadable_video_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str,
                                         code: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The line names the file, speaks of files and not of cameras, and the code is not "try again" (75).
    """
    monkeypatch.setattr("edge.commands.replay.load_detector", lambda settings: LOADED)
    (tmp_path / "notes.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")

    assert code == main(["replay", str(tmp_path / name)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("edgebox: ")
    assert line.endswith(f": {said}")
    assert name.partition("\0")[0] in line


def test_every_video_is_looked_for_before_the_first_is_played(
        clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Two of three are missing: both are told, and nothing of the good one is.
    """
    assert 66 == main(["replay", str(clip), str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4")])
    said = capsys.readouterr()
    assert ("", ["a.mp4", "b.mp4"]) == (said.out, [Path(line.split(": ")[1]).name
                                                   for line in said.err.splitlines()])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gate=yard.mp4", "rtsp:yard.mp4", "cam:pass@yard.mp4", "csi:0", "7",
                                  "a\nb.mp4", "\u200b.mp4", "C\udcf4ng.mp4", "%03d.mp4", " .mp4"])
def test_any_name_of_a_file_will_do(clip: Path, tmp_path: Path, name: str,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A name that looks like an address, a camera, an option's value, or is no text: what is there is played.
    """
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.split("[cameras.yard]")[0].split("schedule")[0])
    monkeypatch.chdir(tmp_path)
    clip.rename(name)

    for chosen in (None, config):
        summary = ReplaySummary()
        list(replay(plan([name], chosen), LOADED, summary))
        assert (60, 1) == (summary.decoded, summary.events)


def test_a_camera_is_named_before_the_first_sign(clip: Path, tmp_path: Path) -> None:
    """
    In CAMERA=VIDEO the path may hold the sign as well.
    """
    config, video = tmp_path / "edge.toml", tmp_path / "a=b=c.mp4"
    config.write_text(CONFIG)
    clip.rename(video)

    (take,) = plan([f"yard={video}"], config).takes

    assert ("yard", str(video)) == (take.camera_id, take.settings.source)


def test_what_is_missing_of_a_recording_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A recording cut short is analysed as far as it goes: a line says where it ends, exit code and summary that
    something is missing. One that only has a gap is told of and is no failure.
    """
    monkeypatch.setattr("edge.commands.replay.load_detector", lambda settings: LOADED)
    whole = make_clip(tmp_path / "whole.mkv", walk_in())
    gap = restamped(whole, tmp_path / "gap.mkv", dict.fromkeys(range(30, 60), 70))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[:whole.stat().st_size * 2 // 3])

    assert 1 == main(["replay", "--json", str(cut), str(gap)])
    said = capsys.readouterr()
    lost, hole = said.err.splitlines()
    assert re.fullmatch(rf"edgebox: {cut}: it ends at [34]\.\d s of 6\.0 s: it was cut short or is damaged; "
                        r"what came before was analysed", lost)
    assert f"edgebox: {gap}: nothing was recorded for 70.0 s from 3.0 s on" == hole
    *records, last = map(json.loads, said.out.splitlines())
    assert 1 == last["summary"]["faults"]
    assert {"cut", "gap"} == {record["camera"] for record in records}

    assert 0 == main(["replay", str(gap)])


@pytest.mark.parametrize("where", ["/proc/nope", "a file"])
def test_a_folder_for_images_that_cannot_be_is_told(clip: Path, where: str, tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    """
    Before anything runs, one line, exit code 73.
    """
    (tmp_path / "a file").touch()

    assert 73 == main(["replay", str(clip), "--images", str(tmp_path / where)])
    (line,) = capsys.readouterr().err.splitlines()
    assert f"--images: {tmp_path / where}: cannot write: " in line


@pytest.mark.parametrize(("option", "value", "want"), [
    ("--classes", "", "want labels such as person,car, got ''"),
    ("--classes", "person,,car", "want labels such as person,car, got 'person,,car'"),
    ("--fps", "fast", "want a number above 0, at most 60, got 'fast'"),
    ("--fps", "nan", "want a number above 0, at most 60, got 'nan'"),
    ("--start", "tonight", "want a time such as 2026-11-23T22:00, got 'tonight'"),
    ("--start", "0001-01-01", "want a time such as 2026-11-23T22:00, got '0001-01-01'"),
])
def test_wrong_usage_is_told_in_our_words(option: str, value: str, want: str,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    """
    What was wanted and what was found, exit code 64.
    """
    with pytest.raises(SystemExit) as ended:
        main(["replay", "x.mp4", option, value])
    assert 64 == ended.value.code
    assert f"edgebox replay: argument {option}: {want}" == capsys.readouterr().err.splitlines()[-1]


def test_classes_may_have_spaces_between(clip: Path, capsys: pytest.CaptureFixture[str],
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """
    "person, car" is two labels.
    """
    monkeypatch.setattr("edge.commands.replay.load_detector", lambda settings: LOADED)
    assert 0 == main(["replay", str(clip), "--classes", "car, person", "--json"])
    assert '"class":"person"' in capsys.readouterr().out


def test_the_summary_is_the_last_line(clip: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With --json the last line is {"summary": ...}; with --images each picture hashes to its record's.
    """
    monkeypatch.setattr("edge.commands.replay.load_detector", lambda settings: LOADED)
    assert 0 == main(["replay", str(clip), "--json", "--images", str(tmp_path / "out")])
    *records, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert {"frames", "inferences", "events", "cpu_s"} <= last["summary"].keys()
    pictured = [record["data"] for record in records if "image" in record["data"]]
    assert len(pictured) == last["summary"]["images"] == len(list((tmp_path / "out").iterdir()))
    for data in pictured:
        jpeg = (tmp_path / "out" / f"{data['event_id']}-{data['rev']}.jpg").read_bytes()
        assert data["image"]["bytes"] == len(jpeg)


def test_a_class_the_model_cannot_see_is_told(clip: Path, capsys: pytest.CaptureFixture[str],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A misspelt class is refused with the nearest label, before anything runs.
    """
    monkeypatch.setattr("edge.commands.replay.load_detector", lambda settings: LOADED)
    assert 78 == main(["replay", str(clip), "--classes", "persn"])
    assert "did you mean 'person'?" in capsys.readouterr().err
