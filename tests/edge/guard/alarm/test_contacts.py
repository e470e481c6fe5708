"""What people may see of the inputs: how each is, when it changed, and nothing of silent buttons."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.config.model import InputKind
from edge.guard.alarm.contacts import Contacts
from edge.guard.alarm.exchange import Changed
from edge.ipc.panel import Contact, PanelView
from tests.brokers import until
from tests.edge.guard.alarm.house import house
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
