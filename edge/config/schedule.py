"""When a rule applies, or the box is armed. Pure: the local time comes in as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from pydantic import Field

from edge.config.fields import LocalTime, Settings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_DAYS: tuple[Day, ...] = get_args(Day)       # as datetime.weekday() counts: Monday first


class ScheduleSettings(Settings):
    """Local time. `start` after `end` runs over midnight and belongs to the day it starts on."""

    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    start: LocalTime = Field(time(0, 0), description="local time, such as 22:30:00")
    end: LocalTime = Field(time(0, 0), description="as start; equal to it: all day")


def applies(windows: Sequence[ScheduleSettings], local: datetime | None) -> bool:
    """Whether `local` falls into one of `windows`; a start is within its window, an end is not.

    Args:
        windows: none at all means always.
        local: local wall time, its time zone not looked at; None when the clock cannot be trusted.
            Then every window counts as open: an event too many is a nuisance, one too few a break-in.
    """
    if not windows or local is None:
        return True
    return any(_within(window, local) for window in windows)


def _within(window: ScheduleSettings, local: datetime) -> bool:
    now = local.time()
    start, end = window.start, window.end
    today = _DAYS[local.weekday()] in window.days
    if start == end:
        return today
    if start < end:
        return today and start <= now < end
    yesterday = _DAYS[(local - timedelta(days=1)).weekday()] in window.days
    return (today and now >= start) or (yesterday and now < end)
