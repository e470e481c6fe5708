"""The cameras' states between who finds and who tells them."""

from __future__ import annotations

from edge.contract.messages import CameraState
from edge.watch.camera_states import CameraReport, CameraStates


class _Clock:
    now_s = 0.0

    def __call__(self) -> int:
        return round(self.now_s * 10**9)


def test_what_is_found_is_told_with_why_and_since_when() -> None:
    """
    Each camera for itself; another reason for the same state is told, the same once more is not.
    """
    clock, told = _Clock(), list[CameraReport]()
    states = CameraStates(["gate", "yard"], told.append, clock)
    for now_s, camera, state, why in (
            (1, "gate", CameraState.OK, "64x48"), (2, "yard", CameraState.LOST, "cable"),
            (3, "yard", CameraState.LOST, "cable"), (4, "yard", CameraState.LOST, "password"),
            (9, "yard", CameraState.OK, "64x48")):
        clock.now_s = now_s
        states.report(camera, state, why)

    assert [("gate", "64x48", 1), ("yard", "cable", 2), ("yard", "password", 2), ("yard", "64x48", 9)] == [
        (it.camera_id, it.detail, it.since_ns // 10**9) for it in told]
    assert [1, 2, 4, 9] == [it.told_ns // 10**9 for it in told]


def test_a_camera_that_flaps_is_told_well_when_it_stays_so() -> None:
    """
    From the third loss in ten minutes on, it must be well for a while; how often it was lost is told then.
    """
    clock, told = _Clock(), list[CameraReport]()
    states = CameraStates(["gate"], told.append, clock)
    for turn in range(4):
        clock.now_s = 10.0 * turn
        states.report("gate", CameraState.LOST, "cable")
        clock.now_s += 5
        states.report("gate", CameraState.OK, "64x48")
    known = len(told)
    clock.now_s = 60.0
    states.look()
    assert known == len(told)
    clock.now_s = 300.0
    states.look()

    assert (CameraState.OK, 2, 35) == (told[-1].state, told[-1].count, told[-1].since_ns // 10**9)


def test_what_is_wrong_beside_the_state_goes_with_its_reason() -> None:
    """
    A second stream that is lost changes no state: it is told once, with the detail, and when it is well.
    """
    clock, told = _Clock(), list[CameraReport]()
    states = CameraStates(["gate"], told.append, clock)
    states.note("gate", "evidence: cable")
    for now_s, note in ((1, "evidence: cable"), (2, "evidence: cable"), (3, ""), (4, "")):
        clock.now_s = now_s
        states.report("gate", CameraState.OK, "64x48")
        states.note("gate", note)

    assert [("64x48; evidence: cable", 1), ("64x48", 3)] == [
        (it.detail, it.told_ns // 10**9) for it in told]
    assert {(CameraState.OK, 1)} == {(it.state, it.since_ns // 10**9) for it in told}


def test_a_state_has_its_own_reason() -> None:
    """
    While a camera that flaps is told lost and is well again, a note goes with why it was lost, not with the
    size of its pictures.
    """
    clock, told = _Clock(), list[CameraReport]()
    states = CameraStates(["gate"], told.append, clock)
    for turn in range(4):
        clock.now_s = 10.0 * turn
        states.report("gate", CameraState.LOST, "cable")
        clock.now_s += 5
        states.report("gate", CameraState.OK, "64x48")
    states.note("gate", "evidence: cable")

    assert (CameraState.LOST, "cable; evidence: cable") == (told[-1].state, told[-1].detail)
