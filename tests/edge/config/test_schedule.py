"""When a rule applies."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.schedule import ScheduleSettings, applies, longest_open_s, open_spans

NIGHT = ScheduleSettings(days=("fri",), start=time(22), end=time(5))
RUSH = ScheduleSettings(days=("mon", "tue"), start=time(6, 30), end=time(8))


@pytest.mark.parametrize(("local", "is_open"), [
    ("2026-01-02 21:59:59", False),     # a Friday
    ("2026-01-02 22:00:00", True),
    ("2026-01-03 00:00:00", True),
    ("2026-01-03 04:59:59", True),      # Saturday morning belongs to Friday's night
    ("2026-01-03 05:00:00", False),
    ("2026-01-03 22:30:00", False),     # Saturday's own night is not asked for
    ("2026-01-02 01:00:00", False)])    # nor is Thursday's
def test_window_over_midnight_belongs_to_its_first_day(local: str, is_open: bool) -> None:
    """22:00 to 05:00 on Fridays is open until Saturday morning; start within, end not."""
    assert is_open is applies([NIGHT], datetime.fromisoformat(local))


@pytest.mark.parametrize(("local", "is_open"), [
    ("2026-01-05 06:29:59.999999", False), ("2026-01-05 06:30:00", True), ("2026-01-06 07:59:59.9", True),
    ("2026-01-06 08:00:00", False), ("2026-01-07 07:00:00", False), ("2026-01-03 04:00:00", True)])
def test_any_of_several_windows(local: str, is_open: bool) -> None:
    """One open window is enough."""
    assert is_open is applies([RUSH, NIGHT], datetime.fromisoformat(local))


def test_equal_start_and_end_is_the_whole_day() -> None:
    """00:00 to 00:00, and 07:00 to 07:00 too, is that day from midnight to midnight."""
    for hour in (0, 7):
        sunday = ScheduleSettings(days=("sun",), start=time(hour), end=time(hour))
        assert [False, True, True, False] == [applies([sunday], datetime.fromisoformat(text)) for text in (
            "2026-01-03 23:59:59", "2026-01-04 00:00:00", "2026-01-04 23:59:59", "2026-01-05 00:00:00")]


def test_no_window_and_no_clock_are_open() -> None:
    """Without a schedule, or without a clock to trust, a rule applies."""
    assert applies([], datetime(2026, 1, 5, 12))
    assert applies([NIGHT], None)


def test_a_zone_of_the_local_time_does_not_matter() -> None:
    """An aware local time counts by its face."""
    assert applies([RUSH], datetime(2026, 1, 5, 7, tzinfo=UTC))


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_a_window_and_its_complement_share_the_time(start: time, end: time, local: datetime) -> None:
    """Every day from a to b and every day from b to a never overlap and leave no gap."""
    there, back = ScheduleSettings(start=start, end=end), ScheduleSettings(start=end, end=start)
    if start == end:
        assert applies([there], local)
    else:
        assert applies([there], local) is not applies([back], local)


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_days_only_shift(start: time, end: time, local: datetime) -> None:
    """A window on Mondays is open just when the same on Tuesdays is open a day later."""
    monday, tuesday = (ScheduleSettings(days=(day,), start=start, end=end) for day in ("mon", "tue"))

    assert applies([monday], local) is applies([tuesday], local + timedelta(days=1))


def test_how_long_a_schedule_is_open_in_one_go() -> None:
    """
    Windows that touch are one, Sunday runs on into Monday; none at all means always, no day never.
    """
    night = ScheduleSettings(start=time(22), end=time(5))
    sunday = ScheduleSettings(days=("sun",), start=time(20))
    monday = ScheduleSettings(days=("mon",), end=time(6))

    assert [7 * 3600.0, 10 * 3600.0] == [longest_open_s(windows) for windows in ([night], [sunday, monday])]
    assert [math.inf, math.inf, 0.0] == [longest_open_s(windows) for windows in (
        [], [ScheduleSettings()], [ScheduleSettings(days=())])]
    assert [(0.0, 6 * 3600.0)] == open_spans([monday])
