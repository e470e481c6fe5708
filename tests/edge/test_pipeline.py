"""One camera's way from frame to drafts, with made pictures and a detector that sees squares."""

from __future__ import annotations

import numpy as np

from edge.config.camera_model import CameraSettings, MotionSettings, RuleKind, RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import Phase, Severity
from edge.evidence.story import Draft
from edge.perception import ModelTraits, followed
from edge.pipeline import CameraPipeline
from edge.testing import ArrayFrame
from edge.values import NS_PER_S, Detection, Frame, Rect
from edge.vision.look import Look

FPS = 5


class SquareDetector:
    """Sees every bright square on a dark ground as one object of `label`."""

    def __init__(self, label: str = "car") -> None:
        self.label, self.calls, self.looks = label, 0, list[Look | None]()

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look | None) -> list[Detection]:
        self.calls += 1
        self.looks.append(look)
        rows, columns = np.nonzero(frame.luma > 150)
        if not len(rows) or self.label not in labels:
            return []
        rect = Rect(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
        return [Detection(rect, self.label, 0.9)]


class CarAndWalker(SquareDetector):
    """And somebody walks by, where people are looked for."""

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look | None) -> list[Detection]:
        walker = Detection(Rect(400, 50, 430, 140), "person", 0.5)
        found = super().detect(frame, threshold=threshold, labels=labels, look=look)
        window = look.window if look else None
        is_looked_at = window is None or window.intersection(walker.rect).area == walker.rect.area
        return found + [walker] * ("person" in labels and is_looked_at)


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
        motion = pipeline.gate(frame)
        if motion.passes:
            drafts += pipeline.infer(frame, motion, detector, None)
        else:
            drafts += pipeline.hold(frame, None)
    return drafts + pipeline.finish()


def pipeline_of(settings: CameraSettings) -> CameraPipeline:
    return CameraPipeline("cam", settings, ThumbnailSettings(), EvidenceSettings(), ModelTraits())


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
    What the detector takes a thing for is followed with it; people and two-wheelers go together, since who
    rides is told from who walks; and what else a rule does not ask for is left out.
    """
    assert {"car", "truck", "bus", "train"} == followed({"car"})
    assert {"person", "motorcycle", "bicycle", "car"} == followed({"motorcycle"}) == followed({"person"})
    assert {"suitcase"} == followed({"suitcase"})


def test_people_are_looked_for_where_they_must_be_hidden() -> None:
    """
    A rule about cars with full pictures has whoever walks by pixelated, without an event of their own; with
    small pictures nobody else is looked for.
    """
    def strangers(severity: Severity) -> list[int]:
        rule = RuleSettings(kind=RuleKind.ENTER, classes=("car",), severity=severity)
        places = [None] * 20 + list(range(0, 300, 20))
        drafts = play(pipeline_of(camera(rules={"gate": rule})), CarAndWalker(), places)
        return [len(draft.scene.strangers) for draft in drafts if draft.scene] + [len(drafts)]

    assert ([1, 2], [2]) == (strangers(Severity.WARNING), strangers(Severity.INFO))


def test_a_camera_may_change_its_resolution() -> None:
    """
    A new picture size makes a new background instead of an error.
    """
    pipeline = pipeline_of(camera())
    assert pipeline.gate(picture(0, None)).passes
    small = ArrayFrame(np.full((180, 320, 3), 40, np.uint8), mono_ns=2 * NS_PER_S)
    assert pipeline.gate(small).passes


def test_the_gate_can_be_turned_off() -> None:
    """
    Without motion detection every analysed picture is inferred.
    """
    detector = SquareDetector()
    play(pipeline_of(camera(motion=MotionSettings(enabled=False))), detector, [100] * 50)
    assert 50 == detector.calls
