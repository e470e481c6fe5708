"""What goes through the enlarger: in which order, and with which picture."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import NS_PER_S, Frame, Rect, Tracks
from edge.contract.messages import Phase
from edge.watch.capture.excerpt import Allows, Coding, Excerpt
from edge.watch.enlarger import CpuBudget, Enlarger
from edge.watch.evidence.event_tracker import EventChange
from edge.watch.hit import HitPhase
from tests.edge.watch.evidence.test_enlarging import STANDS, Larger, stays, tracker
from tests.edge.watch.evidence.test_event_tracker import PIXELS, frame, hit, track

SAME = ArrayFrame(PIXELS.repeat(3, 0).repeat(3, 1))
OTHER = ArrayFrame(np.random.default_rng(9).integers(0, 255, SAME.pixels.shape, dtype=np.uint8))


@dataclass
class Stream:
    """A stream that shows `frames` for any moment; None: it shows nothing."""

    frames_: list[ArrayFrame] | None
    asked_ns: list[int] = field(default_factory=list)

    def excerpt(self, mono_ns: int) -> Excerpt | None:
        self.asked_ns.append(mono_ns)
        return None if self.frames_ is None else Excerpt((), 0, 0, Coding("h264", None))

    def frames(self, excerpt: Excerpt, of: Frame, allows: Allows) -> Iterator[Frame]:
        for done, each in enumerate(self.frames_ or ()):
            if not allows(done, len(self.frames_ or ())):
                return
            yield each


def through(stream: Stream, drafts: list[EventChange],
            pictures: int | None = None) -> tuple[list[EventChange], dict[str, int]]:
    """What comes out, in order, and the counters, after so many pictures; one for each request without."""
    out = list[EventChange]()
    enlarger = Enlarger({"cam": stream}, out.append)
    thread = threading.Thread(target=enlarger.run, args=(threading.Event(),))
    thread.start()
    for draft in drafts:
        enlarger.submit(draft)
    requests = pictures or sum(draft.larger is not None for draft in drafts)
    while sum(count for name, count in enlarger.counts().items() if "cpu" not in name) < requests:
        assert thread.is_alive()
    enlarger.finish()
    thread.join(10)
    counts = enlarger.counts()
    assert counts.pop("evidence_cpu_ms.cam", 0) >= 0
    return out, counts


def better() -> list[EventChange]:
    """Somebody small who comes near at once and goes: the update goes in any case."""
    story, near = tracker(Larger()), Rect(100, 100, 300, 400)
    told = story.step(frame(0), Tracks((track(STANDS),), ()), [hit(HitPhase.BEGIN, track(STANDS), 0)])
    told += story.step(frame(1), Tracks((track(near, second=1),), ()), [])
    return told + story.step(frame(2), Tracks((), (track(near),)), [hit(HitPhase.END, track(near), 2)])


def test_the_picture_that_is_most_alike_is_taken_and_the_end_comes_after_it() -> None:
    """
    Among its neighbours the object is found, and the update tells of that moment of the small stream.
    """
    new, update, end = stays(Larger())
    stream = Stream([OTHER, SAME, OTHER])
    out, counts = through(stream, [new, update, end])

    assert [(Phase.NEW, 0), (Phase.UPDATE, 1), (Phase.END, 2)] == [(it.phase, it.rev) for it in out]
    assert out[0] is new
    assert out[1].larger is None
    assert update.larger is not None
    assert [update.larger.small.mono_ns] == stream.asked_ns
    assert out[1].shot is not None
    assert out[1].shot.rgb.shape[0] > 2.5 * STANDS.height
    assert {"evidence_used.cam": 1} == counts


@pytest.mark.parametrize(("frames", "outcome"), [
    (None, "not_there"), ([OTHER, OTHER], "unlike"), ([], "unlike")])
def test_where_it_is_not_found_the_small_picture_goes(frames: list[ArrayFrame] | None, outcome: str) -> None:
    """
    An update that is worth it by itself goes as it is, and why is counted; one that is not is not told.
    """
    out, counts = through(Stream(frames), better())
    assert [Phase.NEW, Phase.UPDATE, Phase.END] == [it.phase for it in out]
    assert better()[1].shot is not None
    assert out[1].shot is not None
    assert np.array_equal(out[1].shot.rgb, better()[1].shot.rgb)        # type: ignore[union-attr]
    assert {f"evidence_{outcome}.cam": 1} == counts

    out, _ = through(Stream(frames), stays(Larger()))
    assert [Phase.NEW, Phase.END] == [it.phase for it in out]


def test_a_burst_is_answered_with_small_pictures() -> None:
    """
    While many wait, those in front give up the large picture, so that no end waits for long.
    """
    drafts = better() * 20
    out, counts = through(Stream([SAME]), drafts)
    assert sorted(it.phase for it in drafts) == sorted(it.phase for it in out)
    assert counts["evidence_busy.cam"] + counts["evidence_used.cam"] == 20
    assert counts["evidence_busy.cam"] >= 5


def test_cameras_without_a_large_stream_go_past_it() -> None:
    """
    Their drafts are handed on by whoever submits them, with no thread between.
    """
    out = list[EventChange]()
    enlarger = Enlarger({}, out.append)
    for draft in stays(Larger(width=0)):
        enlarger.submit(draft)
    assert [Phase.NEW, Phase.END] == [it.phase for it in out]


def test_a_second_of_cpu_is_the_limit() -> None:
    """
    Decoding is given up when the second is over, and as soon as it shows that it will be.
    """
    now_s = 0.0

    def clock() -> float:
        return now_s
    budget = CpuBudget(clock=clock)
    for done in range(50):
        now_s = done * 0.019
        assert budget.allows(done, 50)
    now_s = 1.01
    assert not budget.allows(50, 50)

    now_s = 0.0
    budget = CpuBudget(clock=clock)
    now_s = 0.3
    assert budget.allows(9, 250)            # opening the decoder costs, too
    assert not budget.allows(10, 250)
    assert budget.ran_out
    assert not budget.allows(11, 11)


def test_a_moment_is_one_of_pipeline_time() -> None:
    """
    What is asked for is when the picture was taken, not when the event was decided.
    """
    stream = Stream(None)
    through(stream, better())
    assert [NS_PER_S] == stream.asked_ns


def test_the_scene_goes_with_the_subject() -> None:
    """
    Where the large stream has the view of the decision, too, the update brings it.
    """
    drafts = stays(Larger(), scene_px=1280)
    stream = Stream([SAME])
    out, counts = through(stream, drafts, pictures=2)

    assert out[1].scene is not None
    assert (960, 1280, 3) == out[1].scene.rgb.shape
    assert out[1].larger_scene is None
    assert [drafts[1].larger.small.mono_ns, 0] == stream.asked_ns       # type: ignore[union-attr]
    assert {"evidence_used.cam": 2} == counts
