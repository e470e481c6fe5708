"""One camera's way from frame to drafts, with made pictures and a detector that sees squares."""

from __future__ import annotations

import numpy as np

from edge.config.camera_model import CameraSettings, MotionSettings, RuleKind, RuleSettings
from edge.config.model import ThumbnailSettings
from edge.contract.messages import Phase
from edge.evidence.story import Draft
from edge.pipeline import CameraPipeline, followed, stirs
from edge.testing import ArrayFrame
from edge.values import NS_PER_S, Detection, Frame, Rect, Track

FPS = 5


class SquareDetector:
    """Sees every bright square on a dark ground as one object of `label`."""

    def __init__(self, label: str = "car") -> None:
        self.label, self.calls = label, 0

    def detect(self, frame: Frame, *, labels: frozenset[str]) -> list[Detection]:
        self.calls += 1
        rows, columns = np.nonzero(frame.luma > 150)
        if not len(rows) or self.label not in labels:
            return []
        rect = Rect(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
        return [Detection(rect, self.label, 0.9)]


def picture(index: int, x: int | None) -> ArrayFrame:
    """A textured dark scene with a bright 60 x 60 square at `x`."""
    pixels = np.random.default_rng(7).integers(20, 60, (360, 640, 3), dtype=np.uint8)
    if x is not None:
        square = np.random.default_rng(8).integers(180, 255, (60, 60, 3), dtype=np.uint8)
        pixels[200:260, x:x + 60] = square
    return ArrayFrame(pixels, mono_ns=(1 + index) * NS_PER_S // FPS, media_s=index / FPS)


def camera(**changes: object) -> CameraSettings:
    rule = RuleSettings(kind=RuleKind.ENTER, classes=("car",))
    return CameraSettings(source="x.mp4", rules={"gate": rule}).model_copy(update=changes)


def play(pipeline: CameraPipeline, detector: SquareDetector, places: list[int | None]) -> list[Draft]:
    drafts = []
    for index, x in enumerate(places):
        frame = picture(index, x)
        if pipeline.gate(frame):
            drafts += pipeline.infer(frame, detector, None)
        else:
            drafts += pipeline.hold(frame, None)
    return drafts + pipeline.finish()


def pipeline_of(settings: CameraSettings) -> CameraPipeline:
    return CameraPipeline("cam", settings, ThumbnailSettings(), 0.4)


def test_a_car_that_drives_in_and_parks_is_one_event_and_costs_little() -> None:
    """
    Two minutes of a parked car: one track, one new and one end, and an inference now and then only.
    """
    drive_in: list[int | None] = [None] * 10 + list(range(20, 320, 15))
    pipeline, detector = pipeline_of(camera()), SquareDetector()
    drafts = play(pipeline, detector, drive_in + [305] * (120 * FPS))

    assert [Phase.NEW, Phase.END] == [draft.phase for draft in drafts if draft.phase is not Phase.UPDATE]
    assert 1 == pipeline.counts.events
    assert detector.calls == pipeline.counts.inferred
    # While it is parked: a look each 10 s, and what the gate needs to take it into the background.
    assert pipeline.counts.inferred < 0.4 * pipeline.counts.analysed


def test_only_what_rules_ask_for_is_tracked() -> None:
    """
    A dog is no event where rules speak of cars.
    """
    pipeline = pipeline_of(camera())
    assert [] == play(pipeline, SquareDetector("dog"), list(range(20, 320, 10)))


def test_look_alikes_are_followed() -> None:
    """
    A rule about motorcycles follows what the detector calls a bicycle for a moment, and nothing else.
    """
    assert {"motorcycle", "bicycle"} == followed({"motorcycle"})
    assert {"person"} == followed({"person"})


def test_a_camera_may_change_its_resolution() -> None:
    """
    A new picture size makes a new background instead of an error.
    """
    pipeline = pipeline_of(camera())
    assert pipeline.gate(picture(0, None))
    small = ArrayFrame(np.full((180, 320, 3), 40, np.uint8), mono_ns=2 * NS_PER_S)
    assert pipeline.gate(small)


def test_a_walker_stirs_and_a_jittering_rect_does_not() -> None:
    """
    What matters is the way since about a second ago: not a step since the last picture, and not the way
    since long before; a path too thin to say so says nothing.
    """
    def walked(points_px: list[tuple[float, float]]) -> bool:
        now_ns = 10 * NS_PER_S
        path = tuple((now_ns - round(ago_s * NS_PER_S), 100.0 - x_px, 200.0) for ago_s, x_px in points_px)
        return stirs(Track(1, "person", 0.9, Rect(80, 100, 120, 200), 0, now_ns, True, path), now_ns)

    assert walked([(2, 90), (1, 45), (0.2, 9), (0, 0)])
    assert not walked([(2, 3), (1, -8), (0.2, 30), (0, 0)])
    assert not walked([(5, 300), (1, 2), (0, 0)])
    assert not walked([(5, 300), (0, 0)])
    assert not walked([])


def test_the_gate_can_be_turned_off() -> None:
    """
    Without motion detection every analysed picture is inferred.
    """
    detector = SquareDetector()
    play(pipeline_of(camera(motion=MotionSettings(enabled=False))), detector, [100] * 50)
    assert 50 == detector.calls
