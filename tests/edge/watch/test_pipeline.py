"""One camera's way from frame to drafts, with made pictures and a detector that sees squares."""

from __future__ import annotations

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Detection, Frame, Rect
from edge.config.camera_model import CameraSettings, MotionSettings, RuleKind, RuleSettings
from edge.config.model import EvidenceSettings, ThumbnailSettings
from edge.contract.messages import AlarmWish, Ending, Phase, Severity
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.perception import ModelTraits, followed
from edge.watch.pipeline import CameraPipeline
from edge.watch.relief import Relief
from edge.watch.vision.look import Look

FPS = 5


class SquareDetector:
    """Sees every bright square on a dark ground as one object of `label`."""

    def __init__(self, label: str = "car") -> None:
        self.label, self.calls, self.looks = label, 0, list[Look]()

    def detect(self, frame: Frame, *, threshold: float, labels: frozenset[str],
               look: Look) -> list[Detection]:
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
               look: Look) -> list[Detection]:
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


def play(pipeline: CameraPipeline, detector: SquareDetector, places: list[int | None]) -> list[EventChange]:
    drafts = []
    for index, x in enumerate(places):
        frame = picture(index, x)
        motion = pipeline.gate(frame)
        if motion.passes:
            drafts += pipeline.infer(frame, motion, detector, None)
        else:
            drafts += pipeline.hold(frame, None)
    return drafts + pipeline.lose_view()


def pipeline_of(settings: CameraSettings) -> CameraPipeline:
    return CameraPipeline("cam", settings, ThumbnailSettings(), EvidenceSettings(), ModelTraits())


@pytest.mark.slow
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


HOUR_NS = 3600 * NS_PER_S


def drive(pipeline: CameraPipeline, frames: list[ArrayFrame]) -> list[EventChange]:
    drafts = []
    for frame in frames:
        motion = pipeline.gate(frame)
        drafts += (pipeline.infer(frame, motion, SquareDetector(), None) if motion.passes
                   else pipeline.hold(frame, None))
    return drafts


def parked(x: int, seconds: float, since_ns: int, seed: int = 7) -> list[ArrayFrame]:
    """A square at rest; `seed` makes the scene around it."""
    made = picture(0, x).pixels.copy()
    if seed != 7:
        other = np.random.default_rng(seed).integers(20, 140, (36, 64, 1), dtype=np.uint8)
        around = np.kron(other, np.ones((10, 10, 3), np.uint8))
        made = np.where(made > 150, made, around)
    times_ns = [since_ns + index * NS_PER_S // FPS for index in range(round(seconds * FPS))]
    return [ArrayFrame(made, mono_ns, mono_ns / NS_PER_S) for mono_ns in times_ns]


def told(drafts: list[EventChange]) -> list[tuple[Phase, int, Ending | None]]:
    """Each beginning and end, of which track, and why it ended."""
    return [(draft.phase, draft.hit.track.track_id, draft.hit.ending)
            for draft in drafts if draft.phase is not Phase.UPDATE]


TWO_LIVES = [(Phase.NEW, 1, None), (Phase.END, 1, Ending.VIEW_LOST), (Phase.NEW, 2, None)]


def test_nobody_inherits_through_a_hole() -> None:
    """
    Another car stands where one stood an hour ago: the first event ends as of when it was last seen, and the
    other is told as new, soon, though nothing moves.
    """
    pipeline = pipeline_of(camera())
    drafts = drive(pipeline, parked(300, 5, NS_PER_S) + parked(300, 5, HOUR_NS))

    assert TWO_LIVES == told(drafts)
    _, ended, new = (draft for draft in drafts if draft.phase is not Phase.UPDATE)
    assert 5.8 * NS_PER_S == ended.mono_ns
    assert new.mono_ns <= HOUR_NS + 2 * NS_PER_S


def test_a_cut_is_a_hole() -> None:
    """
    Another place from one picture to the next, at regular times.
    """
    frames = parked(300, 5, NS_PER_S, seed=1) + parked(300, 5, 6 * NS_PER_S, seed=2)

    assert TWO_LIVES == told(drive(pipeline_of(camera()), frames))


def test_a_cut_in_a_skipped_picture_is_a_hole() -> None:
    """
    The gate saw it, inference was too slow for that picture.
    """
    pipeline, frames = pipeline_of(camera()), parked(300, 5, NS_PER_S, seed=1)
    drafts = drive(pipeline, frames)
    other = parked(300, 5, 6 * NS_PER_S, seed=2)
    assert all(pipeline.gate(frame).passes for frame in other[:3])
    drafts += drive(pipeline, other[3:])

    assert TWO_LIVES == told(drafts)


def test_skipped_pictures_are_a_hole() -> None:
    """
    A box too busy to look for three seconds has not seen who came and went.
    """
    pipeline, frames = pipeline_of(camera()), parked(300, 11, NS_PER_S)
    drafts = drive(pipeline, frames[:25])
    for frame in frames[25:40]:
        pipeline.gate(frame)

    assert TWO_LIVES == told(drafts + drive(pipeline, frames[40:]))


def test_events_end_while_the_camera_stays_away() -> None:
    """
    Once, three seconds after the last picture and not sooner, as of that picture.
    """
    pipeline = pipeline_of(camera())
    drive(pipeline, parked(300, 5, NS_PER_S))
    last_ns = NS_PER_S + 24 * NS_PER_S // FPS

    assert [] == pipeline.expire(last_ns + 3 * NS_PER_S)
    (ended,) = pipeline.expire(last_ns + 3 * NS_PER_S + 1)
    assert (Ending.VIEW_LOST, last_ns) == (ended.hit.ending, ended.mono_ns)
    assert [] == pipeline.expire(last_ns + HOUR_NS)
    assert [] == pipeline.lose_view()


def test_a_new_opening_is_another_view() -> None:
    """
    A recording that begins again: at its seam everybody jumps.
    """
    first, second = parked(300, 5, NS_PER_S), parked(300, 5, 6 * NS_PER_S)
    again = [ArrayFrame(frame.pixels, frame.mono_ns, frame.media_s - 5) for frame in second]

    assert TWO_LIVES == told(drive(pipeline_of(camera()), first + again))


def test_a_camera_that_was_ahead_of_now_and_is_opened_again_ends_nothing() -> None:
    """
    Pictures whose order in the stream puts them up to a second ahead, then another opening at once: those
    that are not later than the last are passed over, and the box goes on with the next.
    """
    pipeline, detector = pipeline_of(camera(motion=MotionSettings(enabled=False))), SquareDetector()
    play(pipeline, detector, list(range(20, 170, 15)))
    for index in (8, 9):
        frame = picture(index, 200)
        assert [] == pipeline.hold(frame, None) == pipeline.infer(frame, pipeline.gate(frame), detector, None)
    calls = detector.calls
    pipeline.infer(picture(10, 200), pipeline.gate(picture(10, 200)), detector, None)
    assert detector.calls == calls + 1


def test_a_still_thing_is_told_once() -> None:
    """
    What the detector takes for a person and stands where it was found is one event, however often the camera
    goes away; it is counted. A car is another each time, since one may have left and one come.
    """
    def told(label: str) -> tuple[int, int]:
        rules = {"someone": RuleSettings(kind=RuleKind.ENTER, classes=(label,))}
        pipeline, detector = pipeline_of(camera(rules=rules)), SquareDetector(label)
        drafts = list[EventChange]()
        for start in (0, 500, 1000):
            for index in range(start, start + 5 * FPS):
                frame = picture(index, 300)
                drafts += pipeline.infer(frame, pipeline.gate(frame), detector, None)
        drafts += pipeline.lose_view()
        return sum(draft.phase is Phase.NEW for draft in drafts), pipeline.counts.still_again

    assert (1, 2) == told("person")
    assert (3, 0) == told("car")


def test_a_strained_board_is_spared() -> None:
    """
    Relieved, a camera without an alarm rule has fewer pixels in its looks and half as many of them a second;
    one whose rule asks for the alarm has as many as before; taken back, all is as it was.
    """
    def cost(relief: Relief, alarm: AlarmWish | None) -> tuple[int, float]:
        rules = {"gate": RuleSettings(kind=RuleKind.ENTER, classes=("car",), alarm=alarm)}
        pipeline = pipeline_of(camera(rules=rules))
        pipeline.relieve(Relief.ALL)
        pipeline.relieve(relief)
        play(pipeline, SquareDetector(), [20 * (index % 20) for index in range(4 * FPS)])
        return pipeline.counts.inference_px, pipeline.pace.fps

    usual_px, usual_fps = cost(Relief.NONE, None)
    spared_px, spared_fps = cost(Relief.FEWER, None)
    assert spared_px < 0.8 * usual_px
    assert spared_fps <= usual_fps / 2
    assert (usual_px, usual_fps) == cost(Relief.FEWER, AlarmWish.LIGHT)
