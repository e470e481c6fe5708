"""Why an event ended, and as of when."""

from __future__ import annotations

from edge.base.values import NS_PER_S
from edge.config.camera_model import RuleKind, RuleSettings
from edge.contract.messages import Ending
from edge.watch.hit import Hit, HitPhase
from tests.edge.watch.rules.world import Camera, at

ENTER = RuleSettings(kind=RuleKind.ENTER, zone="yard")
DWELL = RuleSettings(kind=RuleKind.DWELL, zone="yard", dwell_s=10)
CROSS = RuleSettings(kind=RuleKind.CROSS, line="line")
CROWD = RuleSettings(kind=RuleKind.CROWD, crowd_count=2, crowd_s=5)


def endings(hits: list[Hit]) -> list[tuple[Ending | None, float]]:
    return [(hit.ending, hit.mono_ns / NS_PER_S) for hit in hits if hit.phase is HitPhase.END]


def test_over_and_still_there() -> None:
    """Who leaves a zone, has crossed, or was a crowd that disperses: what the rule is about ended."""
    camera = Camera({"enter": ENTER, "cross": CROSS, "crowd": CROWD})
    hits = [hit for x, other in ((0.3, 0.6), (0.6, 0.6), (0.9, 0.6))
            for hit in camera.watch(6, at(1, x), at(2, other))]
    hits += camera.watch(6, at(1, 0.9))

    assert [(Ending.ENDED, 8), (Ending.ENDED, 13), (Ending.ENDED, 20)] == endings(hits)


def test_gone() -> None:
    """A track that the tracker gave up in the middle of it has left."""
    camera = Camera({"enter": ENTER, "cross": CROSS})
    camera.see(at(1, 0.4))
    camera.see(at(1, 0.6))

    assert [(Ending.LEFT, 0), (Ending.LEFT, 0)] == endings(camera.see(ended=[at(1, 0.6)]))


def test_the_pictures_stopped() -> None:
    """All ends as of when its object was last seen, whenever that is found out; a crowd: the last picture."""
    camera = Camera({"enter": ENTER, "crowd": CROWD})
    camera.watch(6, at(1, 0.5), at(2, 0.6))
    camera.watch(0.4, at(1, 0.5), at(2, 0.6, matched=False))
    camera.clock.advance(70)
    hits = camera.lose_view()

    assert [(Ending.VIEW_LOST, 6.2), (Ending.VIEW_LOST, 5.8), (Ending.VIEW_LOST, 6.2)] == endings(hits)


def test_what_is_there_afterwards_is_new() -> None:
    """Nothing of before counts: it enters; its dwell and the crowd's time start with the first picture."""
    camera = Camera({"enter": ENTER, "dwell": DWELL, "crowd": CROWD})
    camera.watch(8, at(1, 0.5))
    camera.watch(4, at(1, 0.5), at(2, 0.6))
    camera.lose_view()
    camera.clock.advance(60)
    camera.told.clear()
    camera.watch(12, at(3, 0.5), at(4, 0.6))

    assert ["72 begin 3", "72 begin 4", "77 begin 3", "82 begin 3", "82 begin 4"] == camera.told


def test_nobody_crosses_in_a_hole() -> None:
    """Left of the line before it and right of it after is no crossing, be the id the same by mistake."""
    camera = Camera(CROSS)
    camera.see(at(1, 0.4))
    camera.lose_view()
    camera.see(at(1, 0.6))

    assert [] == camera.told


def test_cooldown_goes_on_through_a_hole() -> None:
    """It is about the ward's peace, not about what was seen."""
    camera = Camera(ENTER.model_copy(update={"cooldown_s": 20}))
    camera.see(at(1, 0.5))
    camera.lose_view()
    camera.clock.advance(10)
    camera.watch(1, at(2, 0.5))
    camera.clock.advance(10)
    camera.watch(1, at(3, 0.5))

    assert ["0 begin 1", "0 end 1", "21 begin 3"] == camera.told


def test_a_pause_within_patience_counts_for_nothing() -> None:
    """Who was kept through it goes on, but was seen neither there for so long nor over the line."""
    camera = Camera({"dwell": DWELL, "crowd": CROWD, "cross": CROSS})
    camera.watch(2, at(1, 0.4), at(2, 0.3))
    camera.clock.advance(1.3)           # 1.5 s after the last picture
    camera.see(at(1, 0.6), at(2, 0.3), unseen_s=1.5)
    camera.clock.advance(0.2)
    camera.watch(10, at(1, 0.6), at(2, 0.3))

    assert ["6.5 begin 1", "11.5 begin 1", "11.5 begin 2"] == camera.told


def test_a_pause_before_confirmation_is_no_crossing() -> None:
    """Nor does the path that a new track brings with it, where it leads over a pause."""
    camera = Camera(CROSS)
    camera.clock.advance(5)
    camera.see(unseen_s=1)
    camera.see(at(1, 0.8, path=[(3.6, 0.3, 0.5), (3.8, 0.4, 0.5), (5, 0.6, 0.5)]))

    assert [] == camera.told
