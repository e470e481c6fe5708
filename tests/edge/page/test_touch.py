"""Every finger counts: gestures of up to three fingers on the red button, by a touch screen's events."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from dev.screenshot import HINT, browser
from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.panel import Actor, Cancel, Raise
from edge.members.values import Credential
from tests.brokers import until
from tests.edge.page.fingers import Fingers, Point
from tests.edge.page.phones import Phone, trusting
from tests.edge.page.stand import Stand

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None or shutil.which("chromedriver") is None,
                                reason=HINT)

HELD_S = 0.82                  # the button wants 0.8
GAP_S = 0.17                   # what comes down later is a gesture of its own
SHORT_S = 0.3
STILL_SHORT_S = 0.75           # a gesture that a slow machine stretches beyond this is made again
TALL, WIDE = (360, 640), (640, 360)
RIM: Point = (4, 630)
NEIGHBOUR = Actor(AlarmCause.MEMBER, "Hùng", "m-0")


class Hand:
    """A hand on the phone, above the red button, and what happens around it meanwhile."""

    def __init__(self, phone: Phone, stand: Stand) -> None:
        self.phone, self.stand, self.fingers = phone, stand, Fingers(phone)
        self.button = self.fingers.centre("#raise")
        self.calls_of_others = 0

    def beside(self, x_px: float, y_px: float = 0) -> Point:
        """A place so far from the middle of the button."""
        return self.button[0] + x_px, self.button[1] + y_px

    def neighbour_calls(self) -> None:
        self.stand.memory.request(Raise(NEIGHBOUR, AlarmMode.SIREN))
        self.calls_of_others += 1

    def lock(self) -> None:
        """The screen goes dark, and comes back."""
        other = self.phone.chrome.current_window_handle
        self.phone.chrome.switch_to.new_window("tab")
        self.phone.chrome.close()
        self.phone.chrome.switch_to.window(other)

    def go_back(self) -> None:
        self.phone.script("history.back()")
        until(lambda: self.phone.script("return !window.isHere && document.readyState") == "complete",
              "another page")
        self.fingers.forget()


Gesture = Callable[[Hand, Fingers], None]


def one(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(HELD_S)


def one_that_trembles(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    for way in (3, -4, 5, -3):
        it.move("a", way, way)
        it.rest(HELD_S / 4)


def one_that_shifts(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.4)
    it.move("a", 60, 40, steps=4)
    it.rest(0.43)


def thumb_at_the_rim(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    one(hand, it)


def thumb_at_the_rim_lifts(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.down("a", hand.button)
    it.rest(0.4)
    it.up("thumb")
    it.rest(0.43)


def thumb_comes_later(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.4)
    it.down("thumb", RIM)
    it.rest(0.43)


def first_of_two_lifts(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(-30))
    it.down("b", hand.beside(30))
    it.rest(0.4)
    it.up("a")
    it.rest(0.43)


def second_of_two_lifts(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(-30))
    it.down("b", hand.beside(30))
    it.rest(0.4)
    it.up("b")
    it.rest(0.43)


def three_lift_in_turn(hand: Hand, it: Fingers) -> None:
    for name, x_px in (("a", -50), ("b", 0), ("c", 50)):
        it.down(name, hand.beside(x_px))
    for name in ("b", "a"):
        it.rest(0.28)
        it.up(name)
    it.rest(0.28)


def one_relieves_the_other(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(0, -40))
    it.rest(0.3)
    it.down("b", hand.beside(0, 40))
    it.up("a")
    it.rest(0.53)


def one_of_two_slides_off(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(-30))
    it.down("b", hand.beside(30))
    it.rest(0.3)
    it.move("a", 0, 260, steps=5)
    it.rest(0.5)


def wet_glass(hand: Hand, it: Fingers) -> None:
    """
    The glass loses the finger for a moment.
    """
    it.down("a", hand.button)
    it.rest(0.4)
    it.up("a")
    it.down("a", hand.beside(2, 1))
    it.rest(0.43)


def another_one_after_the_call(hand: Hand, it: Fingers) -> None:
    one(hand, it)
    it.down("b", hand.beside(20))
    it.rest(HELD_S)


def thumb_scrolls_then_one(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.move("thumb", 0, -40, steps=5)
    it.down("a", it.centre("#raise"))
    it.rest(HELD_S)


def thumb_scrolls_under_one(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.3)
    it.down("thumb", RIM)
    it.move("thumb", 0, -200, steps=5)
    hand.phone.script("scrollBy(0, 150)")
    it.move("a", 2, 2)
    it.rest(0.53)


def turned(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.3)
    it.turn(*WIDE)
    it.move("a", 2, 0)
    it.rest(0.53)


def neighbour_calls_between_two(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(-30))
    it.down("b", hand.beside(30))
    it.rest(0.3)
    hand.neighbour_calls()
    it.up("a")
    it.rest(0.53)


def locked_after_the_call(hand: Hand, it: Fingers) -> None:
    one(hand, it)
    hand.lock()


def back_after_the_call(hand: Hand, it: Fingers) -> None:
    one(hand, it)
    hand.go_back()


def tap(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.1)


def short(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(SHORT_S)


def three_short(hand: Hand, it: Fingers) -> None:
    for name, x_px in (("a", -50), ("b", 0), ("c", 50)):
        it.down(name, hand.beside(x_px))
    it.rest(SHORT_S)


def short_but_thumb_stays(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.down("a", hand.button)
    it.rest(SHORT_S)
    it.up("a")


def two_short_ones(hand: Hand, it: Fingers) -> None:
    """
    One after the other, with a pause that is no gap.
    """
    it.down("a", hand.button)
    it.rest(0.2)
    it.up("a")
    it.rest(0.25)
    it.down("a", hand.button)
    it.rest(0.2)


def beside_the_button(hand: Hand, it: Fingers) -> None:
    it.down("a", RIM)
    it.down("b", (180, 60))
    it.rest(HELD_S)


def slides_off(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.1)
    it.move("a", 0, 260, steps=4)
    it.rest(HELD_S)


def slides_on(hand: Hand, it: Fingers) -> None:
    it.down("a", (180, 60))
    it.move("a", 0, hand.button[1] - 60, steps=4)
    it.rest(HELD_S)


def thumb_scrolls(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.move("thumb", 0, -200, steps=8)


def taken_away(hand: Hand, it: Fingers) -> None:
    short(hand, it)
    it.taken_away()


def locked(hand: Hand, it: Fingers) -> None:
    short(hand, it)
    hand.lock()


def back(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.rest(0.1)
    hand.go_back()


def two_taps_at_once(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.beside(-30))
    it.down("b", hand.beside(30))


def three_taps_in_turn(hand: Hand, it: Fingers) -> None:
    for name, x_px in (("a", -50), ("b", 0), ("c", 50)):
        it.down(name, hand.beside(x_px))
        it.up(name)
        it.rest(0.2)


def tap_while_thumb_rests(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.rest(0.2)
    it.down("a", hand.button)


def tap_while_thumb_scrolls(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.move("thumb", 0, -40, steps=5)
    it.down("a", it.centre("#raise"))


def three_taps_at_once(hand: Hand, it: Fingers) -> None:
    for name, x_px in (("a", -50), ("b", 0), ("c", 50)):
        it.down(name, hand.beside(x_px))


def tap_between_two_that_rest(hand: Hand, it: Fingers) -> None:
    it.down("thumb", RIM)
    it.down("ball", (355, 600))
    it.rest(0.1)
    it.down("a", hand.button)


def two_apart(hand: Hand, it: Fingers) -> None:
    """
    As one zooms.
    """
    it.down("a", hand.beside(-20))
    it.down("b", hand.beside(20))
    it.move("a", -120, 0, steps=3)
    it.move("b", 120, 0, steps=3)


def turned_in_a_short_one(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    it.turn(*WIDE)
    it.rest(0.1)


def neighbour_calls_in_a_short_one(hand: Hand, it: Fingers) -> None:
    it.down("a", hand.button)
    hand.neighbour_calls()
    it.rest(0.2)


CALLS: tuple[Gesture, ...] = (
    one, one_that_trembles, one_that_shifts, thumb_at_the_rim, thumb_at_the_rim_lifts, thumb_comes_later,
    first_of_two_lifts, second_of_two_lifts, three_lift_in_turn, one_relieves_the_other,
    one_of_two_slides_off, wet_glass, another_one_after_the_call, thumb_scrolls_then_one,
    thumb_scrolls_under_one, turned, neighbour_calls_between_two, locked_after_the_call,
    back_after_the_call)
NOTHING: tuple[Gesture, ...] = (
    tap, two_taps_at_once, three_taps_at_once, three_taps_in_turn, tap_between_two_that_rest,
    tap_while_thumb_rests, tap_while_thumb_scrolls, two_apart, short, three_short, short_but_thumb_stays,
    two_short_ones, beside_the_button, slides_off, slides_on, thumb_scrolls, turned_in_a_short_one,
    neighbour_calls_in_a_short_one, taken_away, locked, back)
LONG_WITHOUT_A_HOLD = frozenset({beside_the_button, slides_off, slides_on})


@pytest.fixture
def phone(stand: Stand, tmp_path: Path) -> Iterator[Phone]:
    opened: webdriver.Chrome = browser(tmp_path / "profile", *TALL, flags=trusting(stand))
    yield Phone(opened, stand)
    opened.quit()


def test_forty_gestures(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Every hold of 0.8 s on the button is one call, whatever other fingers do, and however the page is
    scrolled, turned, locked or left; nothing else is a call.
    """
    trial = Trial(phone, stand, lan)
    told = {gesture.__name__: trial.calls_of(gesture) for gesture in (*CALLS, *NOTHING)}
    assert 40 == len(told)
    calls = {name: count for name, count in told.items() if count}
    assert {gesture.__name__: 1 for gesture in CALLS} == calls


class Trial:
    """One phone, on which gesture after gesture is tried."""

    def __init__(self, phone: Phone, stand: Stand, who: Credential) -> None:
        self._phone, self._stand, self._who = phone, stand, who
        self._lifted_s = time.monotonic()

    def calls_of(self, gesture: Gesture) -> int:
        """How many calls it was, on a page at rest. A slow machine may need several tries for a short one."""
        for _ in range(5):
            self._come_to_rest()
            hand = Hand(self._phone, self._stand)
            gesture(hand, hand.fingers)
            lasted_s = hand.fingers.lasted_s
            hand.fingers.up_all()
            self._lifted_s = time.monotonic()
            if gesture in CALLS or gesture in LONG_WITHOUT_A_HOLD or lasted_s < STILL_SHORT_S:
                break
        until(lambda: self._phone.script("return !document.body.dataset.calling"), "the answer")
        return len(raised(self._stand)) - hand.calls_of_others

    def _come_to_rest(self) -> None:
        """At the top of the page with the button, upright; no alarm, no call that was made before, no finger
        that the glass may merely have lost.
        """
        phone, memory = self._phone, self._stand.memory
        memory.request(Cancel(NEIGHBOUR))
        memory.requests.clear()
        if phone.script("return innerWidth") != TALL[0]:
            Fingers(phone).turn(*TALL)
        if phone.chrome.current_url != f"{self._stand.address}/" or not phone.script("return window.isHere"):
            phone.main(self._who)
            until(lambda: phone.script("return document.getElementById('scene').dataset.html"),
                  "the box's word")
            phone.script("window.isHere = true")
        phone.script("scrollTo(0, 0)")
        until(lambda: phone.script("return document.body.dataset.tone") == "calm", "the end of the alarm")
        Fingers(phone).rest(max(0.0, self._lifted_s + GAP_S - time.monotonic()))


def raised(stand: Stand) -> list[Raise]:
    return [request for request in stand.memory.requests if isinstance(request, Raise)]
