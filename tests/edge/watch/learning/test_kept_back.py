"""False alarms die; people do not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.base.values import Rect
from edge.config.camera_model import RuleKind
from edge.contract.lessons import Lesson
from edge.contract.messages import AlarmWish
from edge.watch.learning.kept_back import OFF_S
from edge.watch.learning.still_things import StillThings
from tests.edge.watch.learning.street import AT, PLACE, Street, enter, lesson

ELSEWHERE = Rect(100, 100, 150, 220)


def test_a_still_thing_is_told_once() -> None:
    """
    A statue that is lost and found again is no new event, also in another light, and after a restart of
    watch; each time is counted.
    """
    street = Street()
    assert ["enter 1"] == street.stand(1, 5)
    street.lose(1)
    street.dim(0.6)
    assert [] == street.stand(2, 5)
    assert 1 == street.kept.again

    anew = Street(things=StillThings.restored(street.kept.things.dumped()))
    assert [] == anew.stand(1, 5)


def test_another_look_at_that_place_is_told() -> None:
    """
    A person who stands where the statue stood is an event of their own, at once.
    """
    street = Street()
    street.stand(1, 5)
    street.lose(1)
    assert ["enter 2"] == street.stand(2, 0.4, seed=2)


def test_the_same_look_elsewhere_is_told() -> None:
    """
    Whoever looks like the statue and stands at another place is told.
    """
    street = Street()
    street.stand(1, 5)
    street.lose(1)
    assert ["enter 2"] == street.stand(2, 1, ELSEWHERE)


def test_whoever_walks_in_is_told() -> None:
    """
    A person who comes to the statue's place on foot is told, even in the same clothes.
    """
    street = Street()
    street.stand(1, 5)
    street.lose(1)
    assert ["enter 2"] == street.walk(2, ELSEWHERE, 20, 11, seed=1)


def test_what_moves_is_no_thing() -> None:
    """
    Somebody who stood still for long and then walks off is forgotten: whoever stands there next is told.
    """
    street = Street()
    assert ["enter 1"] == street.stand(1, 20)
    assert 1 == len(street.kept.things)
    street.walk(1, PLACE, 20, 10, seed=1)
    street.lose(1)
    assert 0 == len(street.kept.things)
    assert ["enter 2"] == street.stand(2, 5)


def test_who_was_kept_back_and_moves_is_told() -> None:
    """
    A person whom the box took for the statue begins the event half a second after moving off, in a rule with
    a cool-down, too: what was kept back started none.
    """
    street = Street({"enter": enter(cooldown_s=5.0)})
    street.stand(1, 8)
    street.lose(1)
    assert [] == street.stand(2, 5)
    assert ["enter 2"] == street.walk(2, PLACE, 30, 2 + round(OFF_S / 0.2) + 1, seed=1)


def test_another_rule_tells_for_itself() -> None:
    """
    What one rule has told, another has not: a dwell of the same thing is told once, too.
    """
    street = Street({"enter": enter(), "loiter": enter(kind=RuleKind.DWELL, dwell_s=6.0)})
    assert ["enter 1"] == street.stand(1, 4)
    street.lose(1)
    assert ["loiter 2"] == street.stand(2, 10)
    street.lose(2)
    assert [] == street.stand(3, 10)


def test_what_the_ward_taught_is_kept_back_until_undone() -> None:
    """
    From the first picture on, whatever it looks like; told as soon as the lesson is undone; counted once an
    object, by the lesson.
    """
    street = Street()
    street.kept.learn([lesson()])
    assert [] == street.stand(1, 3) + street.stand(1, 3, seed=5)
    street.lose(1)
    assert [] == street.stand(2, 3)
    assert {lesson().id: 2} == street.kept.muted
    street.kept.lessons = []
    assert ["enter 2"] == street.stand(2, 0.4)


def test_what_no_longer_holds_is_counted_no_more() -> None:
    """
    However many lessons come and go while watch runs, it tells guard of those in force alone: a message to
    guard with more of them than there can be would end watch.
    """
    street = Street()
    for number in range(1, 4):
        street.kept.learn([lesson(number=number)])
        assert [] == street.stand(number, 3)
        street.lose(number)
    assert [lesson(number=3).id] == list(street.kept.muted)


@pytest.mark.parametrize("other", [
    lesson(camera="yard"), lesson(rule="other"), lesson(label="car"), lesson(ELSEWHERE),
    lesson(hours="21:00-23:00"), lesson(days=0)])
def test_a_lesson_is_narrow(other: Lesson) -> None:
    """
    Another camera, rule, class, place or hour, and a lesson whose time is over, keep nothing back.
    """
    street = Street()
    street.kept.lessons = [other]
    assert ["enter 1"] == street.stand(1, 1)


def test_hours_end() -> None:
    """
    Within its hours alone, over midnight as well; by a clock that is not to be trusted, never.
    """
    street, lost = Street(), Street()
    street.kept.lessons = lost.kept.lessons = [lesson(hours="19:00-06:00")]
    assert [] == street.stand(1, 1)
    street.local = AT.replace(hour=7)
    assert ["enter 1"] == street.stand(1, 0.4)
    lost.local = None
    assert ["enter 1"] == lost.stand(1, 1)
    lost.kept.lessons = [lesson()]
    assert [] == lost.stand(2, 1)


def test_the_siren_learns_nothing() -> None:
    """
    A rule that may sound the siren tells whatever was taught; one with lights is kept back.
    """
    loud, lit = (Street({"enter": enter(alarm=wish)}) for wish in (AlarmWish.SIREN, AlarmWish.LIGHT))
    loud.kept.lessons = lit.kept.lessons = [lesson()]
    assert ["enter 1"] == loud.stand(1, 1)
    assert [] == lit.stand(1, 1)


def test_a_vehicle_is_kept_back_at_its_place() -> None:
    """
    The neighbour's car that was taught is kept back where it stands, also when it has driven there; one
    that stands elsewhere is told.
    """
    street = Street()
    street.kept.lessons = [lesson(label="car")]
    assert [] == street.stand(1, 2, label="car")
    street.lose(1)
    assert ["enter 2"] == street.stand(2, 2, ELSEWHERE, label="car")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 590), st.integers(0, 230), st.integers(-12, 12), st.integers(-12, 12),
       st.sampled_from(["person", "motorcycle"]), st.integers(0, 9))
def test_nobody_who_walks_is_muted(x: int, y: int, dx: int, dy: int, label: str, still: int) -> None:
    """
    Wherever people come from and wherever they go, also through the places that were taught and told: after
    two seconds of walking, at whatever speed shows, their event has begun.
    """
    if abs(dx) + abs(dy) < 5:
        return
    street = Street()
    street.stand(1, 4)
    street.lose(1)
    street.kept.lessons = [lesson(label=label), lesson(Rect(x, y, x + 50, y + 120), label=label, number=2)]
    told = street.stand(2, still * 0.2, Rect(x, y, x + 50, y + 120), label=label)
    for step in range(1, 21):
        rect = Rect(x + dx * step, y + dy * step, x + 50 + dx * step, y + 120 + dy * step)
        told += street.see(2, rect, label=label)
    assert ["enter 2"] == told


def test_memory_is_bounded_and_holds_no_picture() -> None:
    """
    Forty things at forty places: a few dozen are kept, in less than 100 KB, of each some hundred numbers.
    """
    street = Street()
    for number in range(40):
        rect = Rect(12 * number, 0, 12 * number + 50, 120)
        street.stand(number, 3.4, rect, seed=number)
        street.lose(number)
    dumped = street.kept.things.dumped()
    assert 32 == len(street.kept.things)
    assert len(dumped) < 100_000
