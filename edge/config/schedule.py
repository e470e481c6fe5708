"""When a rule applies, or the box is armed. Pure: the local time comes in as an argument."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Literal, get_args

from pydantic import Field

from edge.config.fields import LocalTime, Settings
from edge.config.spans import Span, merged

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

DAY_S, WEEK_S = 24 * 3600, 7 * 24 * 3600
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


def open_spans(windows: Sequence[ScheduleSettings]) -> list[Span]:
    """When `windows` are open within one week, seconds from Monday 0:00, in order and apart."""
    if not windows:
        return [(0.0, float(WEEK_S))]
    spans = [span for window in windows for day in window.days for span in _spans(window, _DAYS.index(day))]
    return merged(spans)


def longest_open_s(windows: Sequence[ScheduleSettings]) -> float:
    """How long they are open at most in one go; for ever where they never close."""
    spans = open_spans(windows)
    if spans == [(0.0, WEEK_S)]:
        return math.inf
    lengths = [end - start for start, end in spans]
    if spans and spans[0][0] == 0.0 and spans[-1][1] == WEEK_S:         # Sunday runs on into Monday
        lengths.append(lengths[0] + lengths[-1])
    return max(lengths, default=0.0)


def _spans(window: ScheduleSettings, day: int) -> Iterator[Span]:
    """The spans of the window that starts on this day of the week; on Sunday it may run on into the first."""
    start = day * DAY_S + _seconds(window.start)
    end = day * DAY_S + _seconds(window.end)
    if end <= start:
        end += DAY_S
    yield start, min(end, WEEK_S)
    if end > WEEK_S:
        yield 0.0, end - WEEK_S


def _seconds(moment: time) -> float:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second,
                     microseconds=moment.microsecond).total_seconds()


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
