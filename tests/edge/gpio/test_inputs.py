"""Inputs over gpiozero's mock pins and real sockets."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.base.errors import EdgeError
from edge.base.supervisor import Supervisor
from edge.config.model import InputKind, InputSettings
from edge.gpio.inputs import Inputs
from edge.gpio.simulated import levels, press
from tests.brokers import WAIT_S, until
from tests.edge.gpio.pins_here import Bench, board, button, fake_lgpio


class Heard:
    def __init__(self) -> None:
        self.changes: queue.Queue[tuple[str, bool, bool, str]] = queue.Queue()

    def __call__(self, name: str, active: bool, _: int, is_first: bool) -> None:
        self.changes.put((name, active, is_first, threading.current_thread().name))

    def next(self) -> tuple[str, bool]:
        return self.changes.get(timeout=WAIT_S)[:2]


@contextmanager
def opened(bench: Bench, wiring: Mapping[str, InputSettings], heard: Heard) -> Iterator[Inputs]:
    with bench.pins() as pins:
        inputs = Inputs.open(wiring, pins, heard, Supervisor())
        try:
            yield inputs
        finally:
            inputs.close()


def test_press_and_release(bench: Bench) -> None:
    """
    A button is told when pressed and when let go, from the inputs' own thread, and `read` follows.
    """
    heard = Heard()
    with opened(bench, {"panic": button(5)}, heard) as inputs:
        assert {"panic": False} == inputs.read()
        press(bench.folder, 5, "low")
        name, active, _, thread = heard.changes.get(timeout=WAIT_S)
        assert ("panic", True, "inputs") == (name, active, thread)
        assert {"panic": True} == inputs.read()
        press(bench.folder, 5, "high")
        assert ("panic", False) == heard.next()


def test_bounces_are_one_press(bench: Bench) -> None:
    """
    A burst of bounces shorter than the debounce time is one press; a glitch is none.
    """
    heard = Heard()
    with opened(bench, {"panic": button(5, 0.2), "silent": button(6, 0.2)}, heard):
        for _ in range(5):
            press(bench.folder, 6, "low")
            press(bench.folder, 6, "high")      # a glitch: ends as it began
            press(bench.folder, 5, "low")
            press(bench.folder, 5, "high")
        press(bench.folder, 5, "low")
        assert ("panic", True) == heard.next()
        press(bench.folder, 5, "high")
        assert ("panic", False) == heard.next()

    assert heard.changes.empty()


def test_held_over_a_restart(bench: Bench) -> None:
    """
    A button that is held while guard starts is told as pressed, and as first, before `open` returns.
    """
    press(bench.folder, 5, "low")
    heard = Heard()
    with opened(bench, {"panic": button(5), "silent": button(6)}, heard) as inputs:
        assert ("panic", True, True) == heard.changes.get_nowait()[:3]
        assert heard.changes.empty()
        assert {"panic": True, "silent": False} == inputs.read()


def test_a_press_while_another_contact_is_not_yet_still_is_a_press(bench: Bench) -> None:
    """
    A button that was seen at rest and is pressed while a lid still chatters was not down since the boot.
    """
    heard, wiring = Heard(), {"panic": button(5), "lid": button(19, 0.5)}
    with bench.pins() as pins:
        inputs, supervisor = Inputs(wiring, pins, heard), Supervisor()
        supervisor.start("inputs", inputs.run)
        until(lambda: inputs._contacts["panic"].stable is False, "the button to be still")
        press(bench.folder, 5, "low")
        assert ("panic", True, False) == heard.changes.get(timeout=WAIT_S)[:3]
        inputs.close()
        assert [] == supervisor.join()


def test_a_wire_that_hums_is_told_once(bench: Bench) -> None:
    """
    Half a second of 100 Hz, low for 3 of 10 ms: no press, and once that the wire chatters.
    """
    heard, chatter = Heard(), queue.SimpleQueue[tuple[str, bool]]()
    with bench.pins() as pins:
        inputs = Inputs.open({"panic": button(5), "silent": button(6)}, pins, heard, Supervisor(),
                             lambda *told: chatter.put(told))
        now_ns = time.monotonic_ns()
        for at_ms in range(0, 500, 10):
            inputs._edges.put(("panic", True, now_ns + at_ms * 1_000_000))
            inputs._edges.put(("panic", False, now_ns + (at_ms + 3) * 1_000_000))
        assert ("panic", True) == chatter.get(timeout=WAIT_S)
        press(bench.folder, 6, "low")
        assert ("silent", True) == heard.next()
        inputs.close()
    assert chatter.empty()
    assert heard.changes.empty()


def test_active_high_contacts(bench: Bench) -> None:
    """
    A contact that closes to 3.3 V counts when its pin is high, and is at rest with its pull-down.
    """
    heard = Heard()
    mains = InputSettings(kind=InputKind.MAINS, pin=16, pull="down", active="high", debounce_s=0)
    with opened(bench, {"mains": mains}, heard) as inputs:
        assert {"mains": False} == inputs.read()
        press(bench.folder, 16, "high")
        assert ("mains", True) == heard.next()


def test_a_lost_edge_is_found(bench: Bench) -> None:
    """
    Should an edge get lost, the pin itself is looked at and tells.
    """
    heard = Heard()
    with opened(bench, {"panic": button(5)}, heard) as inputs:
        inputs._pins["panic"].listen(None)
        press(bench.folder, 5, "low")
        assert ("panic", True) == heard.next()


def test_a_busy_thread_loses_no_press(bench: Bench) -> None:
    """
    A press that begins and ends while the inputs' thread is held up is told, both changes in order.
    """
    go_on, told = threading.Event(), queue.SimpleQueue[tuple[str, bool]]()

    def on_change(name: str, active: bool, *_: int) -> None:
        told.put((name, active))
        go_on.wait(WAIT_S)

    wiring = {"panic": button(5, 0), "silent": button(6, 0), "remote": button(26, 0)}
    with bench.pins() as pins:
        inputs = Inputs.open(wiring, pins, on_change, Supervisor())
        press(bench.folder, 5, "low")
        assert ("panic", True) == told.get(timeout=WAIT_S)
        press(bench.folder, 6, "low")
        press(bench.folder, 6, "high")
        press(bench.folder, 26, "low")
        until(lambda: not inputs._pins["remote"].level(), "the last press has come through the socket")
        go_on.set()

        assert {("silent", True), ("silent", False), ("remote", True)} == {told.get(timeout=WAIT_S)
                                                                           for _ in range(3)}
        inputs.close()


def test_a_dying_button_thread_ends_all(bench: Bench) -> None:
    """
    No box lives on deaf: the process ends with the name of the thread and of the bug, and not with 0.
    """
    supervisor = Supervisor()

    def on_change(*_: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    with bench.pins() as pins:
        inputs = Inputs.open({"panic": button(5)}, pins, on_change, supervisor)
        press(bench.folder, 5, "low")
        assert supervisor.stop.wait(WAIT_S)
        inputs.close()
    with pytest.raises(EdgeError, match="thread inputs: ZeroDivisionError: a bug of ours") as caught:
        supervisor.raise_failure()
    assert 0 != caught.value.exit_code


def test_presses_reach_a_later_listener(bench: Bench) -> None:
    """
    A second guard after the first one gets the presses, through the same socket's path.
    """
    for _ in range(2):
        heard = Heard()
        with opened(bench, {"panic": button(5)}, heard):
            press(bench.folder, 5, "low")
            assert ("panic", True) == heard.next()
        press(bench.folder, 5, "high")

    until(lambda: levels(bench.folder)[5], "the last press lies in the folder")


def test_lgpio_order_for_inputs(tmp_path: Path) -> None:
    """
    On a board an input is claimed with its pull and then listened to at both edges.
    """
    with fake_lgpio() as lgpio:
        inputs = Inputs.open({"panic": button(5)}, board(tmp_path), lambda *_: None, Supervisor())
        inputs.close()

        names = [call[0] for call in lgpio.calls if call[0] != "gpio_read"]
        assert ["gpiochip_open", "gpio_claim_input", "gpio_free", "gpio_claim_input", "gpio_claim_alert",
                "callback"] == names[:6]
        assert ("gpio_claim_input", 0, 5, lgpio.SET_PULL_UP) in lgpio.calls
