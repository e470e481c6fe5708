"""A camera with two streams: detection on the small one, pictures of events from the large one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from edge.contract.messages import EventData, EventPicture, Phase, Role
from tests import rtsp_server
from tests.e2e.stage import Stage
from tests.two_streams import TwoStreamCamera

SMALL, LARGE = (640, 360), (1920, 1080)
CAMERA = """
[cameras.plaza]
source = "{url}"
evidence = "{main_url}"
username = "cam"
password_file = "{password}"
[cameras.plaza.rules.someone]
kind = "enter"
severity = "alert"
"""


def encoded(source: Path, target: Path, size: tuple[int, int], bit_rate: int, seconds: int = 8) -> Path:
    """The first seconds of a recording as a camera sends them: 25 pictures a second, a key frame in 50."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        stream = part.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", 50, bit_rate
        for index, picture in zip(range(25 * seconds), whole.decode(video=0), strict=False):
            again = picture.reformat(*size, "yuv420p")
            again.pts, again.time_base, again.pict_type = index, Fraction(1, 25), 0
            part.mux(stream.encode(again))
        part.mux(stream.encode())
    return target


@pytest.fixture(scope="module")
def clips(footage: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("streams")
    return (encoded(footage["plaza"], folder / "small.mp4", SMALL, 500_000),
            encoded(footage["plaza"], folder / "large.mp4", LARGE, 4_000_000))


@pytest.fixture
def camera(clips: tuple[Path, Path]) -> Iterator[TwoStreamCamera]:
    reason = rtsp_server.missing()
    if reason is not None:
        pytest.skip(reason)
    with TwoStreamCamera(*clips) as running:
        yield running


def events(stage: Stage) -> list[EventData]:
    return [EventData.model_validate_json(owed.payload) for owed in stage.book.owed(10_000)
            if owed.seq is not None and owed.type.startswith("edgebox.event.")]


def subject(event: EventData) -> EventPicture:
    return next(picture for picture in event.pictures if picture.role is Role.SUBJECT)


def times_as_large(event: EventData) -> float:
    """How large its subject's picture is, in times of what the small stream has of it, margin included."""
    _, top, _, bottom = event.object.rect
    return subject(event).height / (1.3 * (bottom - top) * SMALL[1])


@pytest.mark.usefixtures("model")
def test_full_pictures_of_events_have_the_large_streams_pixels(
        stage: Stage, camera: TwoStreamCamera, tmp_path: Path) -> None:
    """
    An event is told at once with the small stream's picture; its update shows the object three times as
    large, as the large stream has it, and the counters say how often that was so.
    """
    password = tmp_path / "password"
    password.write_text("secret\n", encoding="utf-8")
    config = stage.config(CAMERA, url=camera.url, main_url=camera.main_url, password=password)
    stage.uplink(config)
    watch = stage.watch(config)
    stage.until(lambda: sum(each.phase is Phase.UPDATE for each in events(stage)) >= 3, "updates", 60)
    assert 0 == watch.stop()

    told = events(stage)
    updates = [each for each in told if each.phase is Phase.UPDATE]
    news = {each.event_id: each for each in told if each.phase is Phase.NEW}
    assert all(times_as_large(each) < 1.5 for each in news.values())
    large = [each for each in updates if times_as_large(each) > 2]
    assert len(large) >= 2
    assert all(subject(each).at >= news[each.event_id].t.first_seen for each in large)
    assert len(large) == stage.book.counters().get("evidence_used.plaza")
