"""A button at power-on: a hand may erase a box, a broken wire never."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.upkeep.reset.button import Button, Wired, wired
from edge.upkeep.reset.gesture import AGAIN_S, HOLD_S, LET_GO_S, PRESS_S, Gesture, GesturePhase

STEP_S = 0.05


def played(*parts: tuple[bool, float]) -> GesturePhase:
    """The phase in the end, of levels that each last so many seconds; the first is the level at power-on."""
    gesture, now_s = Gesture(parts[0][0], 0.0), 0.0
    for pressed, seconds in parts:
        for _ in range(round(seconds / STEP_S)):
            now_s += STEP_S
            gesture.feed(pressed, now_s)
    return gesture.phase


def test_a_hand() -> None:
    """
    Held for ten seconds, let go after the answer, pressed again: erase.
    """
    assert GesturePhase.DONE is played((True, HOLD_S + 1), (False, 2), (True, PRESS_S + 0.2))


def test_what_is_no_such_hand() -> None:
    """
    Too short, for ever, let go and left alone, too late again, only a bounce again: nothing is erased.
    """
    assert GesturePhase.OFF is played((False, 1), (True, HOLD_S + 5), (False, 2), (True, 2))
    assert GesturePhase.OFF is played((True, HOLD_S - 1), (False, 1), (True, 20))
    assert GesturePhase.OFF is played((True, HOLD_S + LET_GO_S + 1), (False, 2), (True, 2))
    assert GesturePhase.OFF is played((True, HOLD_S + 1), (False, AGAIN_S + 1), (True, 2))
    assert GesturePhase.OFF is played((True, HOLD_S + 1), (False, 1), (True, PRESS_S / 2), (False, 1),
                                      (True, 2))


@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 40)), min_size=1, max_size=8))
def test_a_wire_that_is_shorted_erases_nothing(parts: list[tuple[bool, float]]) -> None:
    """
    Whatever happens: without ten seconds from the start, a release and a second press it is never done.
    """
    done = played(*parts) is GesturePhase.DONE

    merged: list[list[float]] = []      # a level that is told twice in a row is one
    levels: list[bool] = []
    for pressed, seconds in parts:
        if levels and levels[-1] is pressed:
            merged[-1][0] += round(seconds / STEP_S) * STEP_S
        else:
            levels.append(pressed)
            merged.append([round(seconds / STEP_S) * STEP_S])
    runs = [(level, run[0]) for level, run in zip(levels, merged, strict=True) if run[0] > 0]
    if done:
        assert [True, False, True] == [level for level, _ in runs[:3]]
        assert runs[0][1] >= HOLD_S - STEP_S


def test_a_config_with_faults_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """
    Nobody has judged it: what is no pin is passed over, and the box starts.
    """
    config = tmp_path / "edge.toml"
    config.write_text("""
[inputs.list]
kind = "panic"
pin = [5]
[inputs.truth]
kind = "panic"
pin = true
[inputs.good]
kind = "panic"
pin = 6
""")

    assert (Button(6, "up", False),) == wired(config).buttons
    assert Wired((), {}) == wired(tmp_path / "none.toml")
