from __future__ import annotations

from edge.health.power import HOT_C, BoardStrain
from edge.watch.relief import Relief
from edge.watch.strain_watch import StrainWatch


def test_a_hot_board_is_asked_now_and_then_and_relieved_step_by_step() -> None:
    """
    It is asked every five seconds and no oftener, each step is told once, how long each lasted is counted.
    """
    asked = list[float]()
    now_s = 100.0

    def strain() -> BoardStrain:
        asked.append(now_s)
        return BoardStrain(temperature_c=HOT_C + 1)

    watched, steps = StrainWatch(strain, now_s), list[Relief]()
    while now_s < 131.0:
        now_s += 0.5
        step = watched.look(now_s)
        steps += [] if step is None else [step]

    assert [105.0, 110.0, 115.0, 120.0, 125.0, 130.0] == asked
    assert [Relief.IDLE, Relief.SMALLER, Relief.FEWER] == steps
    assert {"relief_s.idle": 10, "relief_s.smaller": 10, "relief_s.fewer": 5} == dict(watched.counts)
