"""What people may see of the inputs: how each is, when it changed, and nothing of silent buttons."""

from __future__ import annotations

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S
from edge.config.model import InputKind
from edge.contract.messages import AlarmMode
from edge.guard.alarm.contacts import Contacts
from edge.guard.alarm.exchange import Changed, Chattering
from edge.ipc.panel import Cancel, Contact, PanelView, Raise
from tests.brokers import until
from tests.edge.guard.alarm.house import HANH, house
from tests.edge.guard.alarm.played import INPUTS

names = st.sampled_from(sorted(INPUTS))


def test_each_input_is_seen_to_change(tmp_path: Path) -> None:
    """
    A press and its release, the lid, the key, the mains: each is in the view as it is, with the moment of its
    change; what has not been touched has none.
    """
    with house(tmp_path) as h:
        def seen(name: str) -> Contact:
            return h.alarm.view().inputs[name]

        until(lambda: all(it.active is not None for it in h.alarm.view().inputs.values()), "the inputs")
        before_ns = max(it.changed_mono_ns or 0 for it in h.alarm.view().inputs.values())
        assert 0 == before_ns
        for name in ("lid", "key", "mains"):
            h.press(name)
            until(lambda name=name: seen(name).active, f"{name} to be active")      # type: ignore[misc]
        h.press("panic")
        until(lambda: seen("panic").active, "the press")
        pressed_ns = seen("panic").changed_mono_ns or 0
        h.release("panic")
        until(lambda: seen("panic").active is False, "the release")

        assert 0 < pressed_ns < (seen("panic").changed_mono_ns or 0)
        assert (seen("lid").changed_mono_ns or 0) < (seen("key").changed_mono_ns or 0) < pressed_ns


def test_a_silent_button_is_not_among_them(tmp_path: Path) -> None:
    """
    Not even its name: whoever looks learns nothing of whoever presses it.
    """
    with house(tmp_path) as h:
        until(lambda: all(it.active is not None for it in h.alarm.view().inputs.values()), "the inputs")
        before: PanelView = h.alarm.view()
        h.press("silent")
        h.release("silent")
        h.press("lid")
        after = h.alarm.wait(before.version, 20)

        assert "silent" not in before.inputs
        assert before.inputs.keys() == after.inputs.keys()


@given(st.lists(st.tuples(names, st.booleans(), st.booleans())))
def test_a_change_is_a_change(told: list[tuple[str, bool, bool]]) -> None:
    """
    The moment is that of the last change of what was known; being told the same, or the first, is none.
    """
    contacts = Contacts(INPUTS, {}, is_fresh_boot=False)
    known: dict[str, bool] = {}
    changed: dict[str, int] = {}
    for now_ns, (name, active, is_first) in enumerate(told):
        contacts.signal(Changed(name, active, now_ns, is_first))
        if known.get(name, active) != active:
            changed[name] = now_ns
        known[name] = active

    assert contacts.shown == {name: Contact(known.get(name), changed.get(name)) for name, it in INPUTS.items()
                              if it.kind is not InputKind.SILENT}


def test_a_wire_that_chatters_is_a_fault_until_it_is_well(tmp_path: Path) -> None:
    """
    It is among the panel's faults by its name, and so at the ward; a silent button's is not at once, nor
    while a silent call is on, which it would give away.
    """
    with house(tmp_path) as h:
        def put(name: str, is_on: bool, ago_s: int = 0) -> None:
            h.alarm._exchange.put(Chattering(name, is_on, time.monotonic_ns() - ago_s * NS_PER_S))

        def seen() -> list[str]:
            return [fault.name for fault in h.alarm.view().faults if fault.code == "input-chatters"]

        put("panic", True)
        until(lambda: seen() == ["panic"], "the fault")
        until(lambda: any("input-chatters" in line for it in h.panels() for line in it.faults), "the ward")
        put("silent", True)
        put("silent", True, ago_s=31)
        until(lambda: seen() == ["panic", "silent"], "both")
        h.alarm.request(Raise(HANH, AlarmMode.SILENT))
        until(lambda: seen() == ["panic"], "nothing of the silent button")
        h.alarm.request(Cancel(HANH))
        until(lambda: seen() == ["panic", "silent"], "both again")
        for name in ("panic", "silent"):
            put(name, False)
        until(lambda: seen() == [], "no fault")


def test_a_silent_button_that_chatters_is_told_after_a_call_would_be_on() -> None:
    """
    Within a minute, but not within the time of a hold.
    """
    contacts = Contacts(INPUTS, {}, is_fresh_boot=False)
    for name in ("panic", "quiet"):
        contacts.note(Chattering(name, True, 0))
    at_s = {seconds: [fault.name for fault in contacts.faults(seconds * NS_PER_S, is_silent=False)]
            for seconds in (1, 29, 30)}
    assert {1: ["panic"], 29: ["panic"], 30: ["panic", "quiet"]} == at_s
