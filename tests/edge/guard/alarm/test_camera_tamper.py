"""What a camera's state sets off, by guard's own config."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config.camera_model import CameraHealthSettings, CameraSettings
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, AlarmWish, CameraState
from edge.guard.alarm.camera_tamper import ALL_AT_ONCE, AT_ONCE, CameraTamper, begins
from edge.guard.alarm.exchange import Exchange, Outcome, Stale
from edge.ipc.panel import Answer, Raise, Request
from tests.edge.guard.alarm.house import house


class _Taking(Exchange):
    """An alarm that takes on whatever it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = list[str]()

    def ask(self, asked: Request | Stale, timeout_s: float) -> Outcome:
        assert isinstance(asked, Raise)
        self.asked.append(asked.actor.name)
        return Outcome(Answer(True), len(self.asked))


@pytest.mark.parametrize(("before", "state", "is_one"), [
    (CameraState.OK, CameraState.COVERED, True), (CameraState.LOST, CameraState.MOVED, True),
    (CameraState.OK, CameraState.LOST, False), (CameraState.COVERED, CameraState.SPRAYED, False),
    (CameraState.COVERED, CameraState.OK, False), (None, CameraState.COVERED, False)])
def test_what_begins(before: CameraState | None, state: CameraState, is_one: bool) -> None:
    """
    A state of those that the config names, where there was none of them; a guard that starts knows of none.
    """
    assert is_one is begins(CameraHealthSettings(alarm=AlarmWish.LIGHT), before, state)


def test_a_covered_camera_sets_off_what_its_config_says(at_rest: Path) -> None:
    """
    Once, armed or not, as somebody who tampers with the box; the ward reads which camera and how.
    """
    with house(at_rest) as h:
        for state in (CameraState.OK, CameraState.COVERED, CameraState.COVERED, CameraState.SPRAYED):
            h.alarm.camera_tamper.heard({"gate": state, "yard": CameraState.COVERED})
        h.until(lambda: h.records(), "the record")

        assert [AlarmPhase.RAISED] == h.phases()
        record = h.records()[0]
        assert (AlarmCause.TAMPER, "gate/covered", AlarmMode.LIGHT) == (
            record.raised_by.cause, record.raised_by.name, record.mode)
        assert h.is_on("flood")


def test_a_taken_over_watch_fills_no_card(at_rest: Path) -> None:
    """
    A camera that is said to be covered a hundred times within a second is an alarm some times, then no more.
    """
    with house(at_rest) as h:
        for _ in range(100):
            h.alarm.camera_tamper.heard({"gate": CameraState.OK})
            h.alarm.camera_tamper.heard({"gate": CameraState.COVERED})
        h.until(lambda: h.records(), "the records")

        assert len(h.records()) <= AT_ONCE + 1


def tamper_of(alarm: Exchange, *names: str) -> CameraTamper:
    health = CameraHealthSettings(alarm=AlarmWish.LIGHT)
    return CameraTamper({name: CameraSettings(source="x.mp4", health=health) for name in names}, alarm)


def test_one_camera_takes_nothing_from_the_others() -> None:
    """
    A camera that is covered and uncovered a hundred times leaves another its alarm.
    """
    alarm = _Taking()
    tamper = tamper_of(alarm, "gate", "lane")
    for _ in range(100):
        tamper.heard({"gate": CameraState.OK, "lane": CameraState.OK})
        tamper.heard({"gate": CameraState.COVERED})
    tamper.heard({"lane": CameraState.COVERED})
    assert ["gate/covered"] * AT_ONCE + ["lane/covered"] == alarm.asked


def test_all_cameras_together_are_bounded() -> None:
    """
    What a taken-over watch says of however many cameras raises so many alarms, and then one in forty seconds.
    """
    names = [f"c{number}" for number in range(64)]
    alarm = _Taking()
    tamper = tamper_of(alarm, *names)
    for _ in range(10):
        for state in (CameraState.OK, CameraState.COVERED):
            tamper.heard(dict.fromkeys(names, state))
    assert ALL_AT_ONCE == len(alarm.asked)
