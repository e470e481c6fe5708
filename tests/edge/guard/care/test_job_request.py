"""What guard asks a service for: asked once, joined while it goes on, and never waited for in vain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.errors import RetryableError
from edge.base.values import NS_PER_S
from edge.guard.care.job_request import PAUSE_S, SERVED_S, JobRequest, LastRequest, Print, Signs, stage_of
from edge.health.progress import Progress
from edge.ipc.health import Stage

LIMIT_S = 100.0
OLD, NEW = (1, 2, 3), (4, 5, 6)
RUNS, LEFT = Progress(2, 8, "camera"), Progress(2, 8, "camera", is_on=False)


class House:
    """A service that is played by hand, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.wanted, self.result = folder / "wanted", folder / "result"
        self.now_s, self.progress = 1000.0, None    # type: float, Progress | None
        self.errand = JobRequest(self.wanted, self.result, LIMIT_S, lambda: self.progress, self.forget,
                             lambda: round(self.now_s * NS_PER_S))

    def forget(self) -> None:
        self.progress = None

    def serve(self) -> None:
        """As the unit's ExecStartPre."""
        self.wanted.unlink()

    def end(self, text: str = "{}") -> None:
        fresh = self.result.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.result)
        self.progress = None

    @property
    def stage(self) -> Stage:
        return self.errand.look()[0]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_asked_begun_done(house: House) -> None:
    """
    The file is there until the service takes it; then it runs until the result is another one.
    """
    house.end("old")
    seen = [house.stage]
    assert 0.0 == house.errand.ask()
    seen.append(house.stage)
    house.serve()
    seen.append(house.stage)
    house.progress = RUNS
    assert (Stage.RUNNING, RUNS) == house.errand.look()
    house.end("new")
    seen.append(house.stage)

    assert [Stage.IDLE, Stage.ASKED, Stage.RUNNING, Stage.DONE] == seen


def test_a_request_meanwhile_joins_and_one_soon_after_waits(house: House) -> None:
    """
    While it is asked for or runs no second file is made; within a minute of the last request none is taken.
    """
    house.errand.ask()
    house.serve()
    house.progress = RUNS
    house.now_s += 30
    assert 0.0 == house.errand.ask()
    assert not house.wanted.exists()
    house.end()

    assert PAUSE_S - 30 == house.errand.ask()
    house.now_s += PAUSE_S - 30
    assert 0.0 == house.errand.ask()
    assert house.wanted.exists()


def test_one_that_somebody_else_has_started_is_joined(house: House) -> None:
    """
    First boot or a hand on the box: it is seen to run, and asking for it starts none after it.
    """
    house.progress = RUNS

    assert Stage.RUNNING is house.stage
    assert 0.0 == house.errand.ask()
    assert not house.wanted.exists()


def test_where_nobody_serves_it_is_said_and_taken_back(house: House) -> None:
    """
    No systemd: after a while it is told, and no file is left that would start it days later.
    """
    house.errand.ask()
    house.now_s += SERVED_S - 1
    assert Stage.ASKED is house.stage
    house.now_s += 1

    assert [Stage.UNSERVED, Stage.UNSERVED] == [house.stage, house.stage]
    assert not house.wanted.exists()
    house.now_s += PAUSE_S
    house.errand.ask()
    assert Stage.ASKED is house.stage


@pytest.mark.parametrize("killed", [True, False])
def test_one_that_comes_to_no_end_is_told(house: House, killed: bool) -> None:
    """
    Killed, as its progress tells, or never heard of again beyond its longest time.
    """
    house.errand.ask()
    house.serve()
    house.progress = LEFT if killed else None
    house.now_s += 1 if killed else LIMIT_S + 1

    seen = [house.stage]
    house.now_s += PAUSE_S
    house.errand.ask()

    assert [Stage.BROKEN, Stage.ASKED] == [*seen, house.stage]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """
    The page can tell it: nothing was asked for.
    """
    house = House(tmp_path / "none")

    with pytest.raises(RetryableError, match="cannot be written"):
        house.errand.ask()
    assert Stage.IDLE is house.stage


@given(asked=st.none() | st.builds(LastRequest, st.just(0), st.sampled_from([None, OLD]), st.booleans()),
       is_waiting=st.booleans(), progress=st.sampled_from([None, RUNS, LEFT]),
       result=st.sampled_from([None, OLD, NEW]), now_s=st.integers(0, 10_000))
def test_nobody_waits_for_ever(asked: LastRequest | None, is_waiting: bool, progress: Progress | None,
                               result: Print | None, now_s: int) -> None:
    """
    Whatever is to be seen, beyond the limit it is over unless something is seen to run.
    """
    stage = stage_of(asked, Signs(is_waiting, progress, result), now_s * NS_PER_S, LIMIT_S)

    assert (stage is Stage.IDLE) == (asked is None and progress is not RUNS)
    if now_s > LIMIT_S and progress is not RUNS:
        assert stage not in (Stage.ASKED, Stage.RUNNING)
