from __future__ import annotations

import ast
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from edge.base.testing import FakeClock
from edge.config.camera_model import CameraSettings
from edge.config.source import SourceKind
from edge.watch.capture.address import CameraAddress, CameraError
from edge.watch.capture.course import Course
from edge.watch.capture.frame import LAYOUTS, AvFrame
from edge.watch.capture.framing import Framing
from edge.watch.capture.source import CameraStats, RawPicture
from edge.watch.capture.timing import LookPace, ReplayClock, Timeline
from tests.edge.watch.capture.pictures import flat

CAPTURE = Path(__file__).resolve().parents[4] / "edge/watch/capture"
GREY = (120, 90, 200)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@dataclass
class MadeSource:
    """Gives what it was made with, ten pictures a second, as a port that nobody has written yet."""

    given: Sequence[av.VideoFrame]
    aspect: Fraction | None = None
    address: CameraAddress = field(
        default_factory=lambda: CameraAddress("gate", SourceKind.CSI, "csi:0", "csi:0"))
    source_fps: float = 10.0
    timeline: Timeline = field(default_factory=ReplayClock)
    course: Course = field(default_factory=lambda: Course(0.1, None))
    decoded: int = 0
    closed: bool = False

    def pictures(self) -> Iterator[RawPicture]:
        for picture in self.given:
            yield RawPicture(picture, self.decoded / 10)
            self.decoded += 1

    def rewind(self) -> None: ...

    def end_s(self) -> float:
        return self.decoded / 10

    def close(self) -> None:
        self.closed = True


def _frames(source: MadeSource, fps: float = 60, **settings: object) -> list[AvFrame]:
    made = CameraSettings.model_validate({"source": "rtsp://host/x", "fps": fps, **settings})
    with Framing(source, made, LookPace(fps), CameraStats(), threading.Event(), FakeClock()) as frames:
        return list(frames)


def _converted(name: str) -> av.VideoFrame:
    return flat(320, 240, GREY).reformat(format=name)


EVERY_FORMAT = [*(pytest.param(flat(320, 240, GREY, name), id=name) for name in LAYOUTS),
                *(pytest.param(_converted(name), id=name)
                  for name in ("rgb24", "yuyv422", "yuv420p10le", "gray16le", "bgra"))]


@pytest.mark.parametrize("aspect", [None, Fraction(1), Fraction(2), Fraction(1, 2), Fraction(9)])
@pytest.mark.parametrize("picture", EVERY_FORMAT)
def test_no_frame_leaves_without_its_mask(picture: av.VideoFrame, aspect: Fraction | None) -> None:
    """
    Whatever a source gives, its frames are black under the mask, in grey, in colour and as copies, and
    nowhere else; the source's own picture is left as it was.
    """
    before = [bytes(plane) for plane in picture.planes]

    frames = _frames(MadeSource([picture] * 3, aspect), masks=[LEFT_HALF])

    assert 3 == len(frames)
    for frame in frames:
        for it in (frame, frame.copy()):
            middle = it.width // 2
            assert it.masked
            assert it.luma[:, :middle].max() == 0 < it.luma[:, middle + 2:].min()
        assert frame.rgb((32, 24))[:, :15].max() == 0
    assert before == [bytes(plane) for plane in picture.planes]


def test_a_mask_follows_every_change_of_the_picture() -> None:
    """
    A source that changes size and format on the way finds its mask in the very first picture of each.
    """
    sizes = [(320, 240), (640, 480), (320, 240), (64, 48), (322, 242)]
    pictures = [flat(*size, GREY, name) for size in sizes for name in ("nv12", "yuv420p", "yuvj444p")]

    frames = _frames(MadeSource(pictures), masks=[LEFT_HALF])

    assert len(pictures) == len(frames)
    assert all(it.luma[:, :it.width // 2].max() == 0 < it.luma[:, it.width // 2 + 2:].min() for it in frames)


def test_rate_and_time_are_the_same_for_every_source() -> None:
    """
    Of ten pictures a second five are passed on, each with its place; closing the frames closes the source.
    """
    source = MadeSource([flat(64, 48, GREY)] * 10)

    frames = _frames(source, fps=5)

    assert pytest.approx([0, 0.2, 0.4, 0.6, 0.8]) == [it.media_s for it in frames]
    assert [round(it.media_s * 1e9) for it in frames] == [it.mono_ns for it in frames]
    assert {("gate", False)} == {(it.camera_id, it.masked) for it in frames}
    assert source.closed


def test_a_source_of_postage_stamps_is_refused() -> None:
    """
    Too small a picture is that camera's fault, told with its address, whatever the source.
    """
    with pytest.raises(CameraError, match=r"camera 'gate': csi:0: its picture is 16x16; want at least 32x32"):
        _frames(MadeSource([flat(16, 16, GREY)]))


def calls_of(name: str, text: str) -> int:
    """How often source text calls `name`, plainly or as an attribute."""
    called = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return sum(name == getattr(it, "id", getattr(it, "attr", None)) for it in called)


def frame_classes(text: str) -> list[str]:
    """The classes in source text that can pass for a `Frame`: they have both `luma` and `rgb`."""
    return [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)
            and {"luma", "rgb"} <= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}]


def test_frames_are_made_in_one_place() -> None:
    """
    Only framing.py makes a frame, of one class, and only photos choose a mask of their own.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(CAPTURE.glob("*.py"))}

    assert {"framing.py": 1} == {name: n for name, text in texts.items() if (n := calls_of("AvFrame", text))}
    assert {"framing.py": 1, "still.py": 1} == {
        name: n for name, text in texts.items() if (n := calls_of("framed", text))}
    assert {"frame.py": ["AvFrame"]} == {
        name: classes for name, text in texts.items() if (classes := frame_classes(text))}


def test_a_frame_made_elsewhere_is_seen() -> None:
    """
    A law that nothing can break would be no law.
    """
    assert 1 == calls_of("AvFrame", "def pictures():\n    yield frame.AvFrame(picture, 'gate', 1, 0.0)\n")
    assert ["CsiFrame"] == frame_classes("class CsiFrame:\n    def luma(self): ...\n    def rgb(self): ...\n")


def test_unmasked_frames_cost_no_copy() -> None:
    """
    A camera without masks hands on the very picture that its source gave.
    """
    picture = flat(64, 48, GREY)

    assert _frames(MadeSource([picture]))[0].picture is picture
    assert np.all(_frames(MadeSource([picture]))[0].luma == GREY[0])
