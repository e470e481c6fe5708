"""What is wrong with the ward's station itself, judged from what was read of it. Pure.

Wanted: nobody at the station believes that calls for help come in while they do not. The page rings, and the
watchdog writes to the system's journal, by the same judgement. Assumed: the receiver beats every BEAT_S, on
this machine's clock. It cannot see a broker that drops messages, nor a silent box: those are told elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from edge.base.findings import Finding, Kind, State
from edge.base.words import Words
from ward.store.rows import BEAT_S, ReceiverLink

SILENT_MS = max(7_000, round(3 * BEAT_S * 1000))
BROKER_GRACE_MS = 5_000             # a broker that is restarted is back sooner
REPORT_SILENT_MS = 10_000           # of the watchdog, which writes its report every second
FULL_BYTES = 256 * 2**20            # SQLite's log and the pictures under way need that much
SOON_DAYS = 14
RATE_SPAN_MS = 6 * 3_600_000        # a rate of less than that says nothing about days
CERTIFICATE_WARN_DAYS, CERTIFICATE_BAD_DAYS = 30, 3
_DAY_MS = 86_400_000
_CATALOGUE = "ward.station_health"


class StationCode(StrEnum):
    """Each names its sentences in station_health.*.ftl: found-CODE, and do-CODE, what to do about it."""

    RECEIVER_SILENT = "receiver-silent"
    RECEIVER_STOPPED = "receiver-stopped"
    RECEIVER_NEVER = "receiver-never"           # nobody ever received into this store
    BROKER_AWAY = "broker-away"
    STORE_UNREADABLE = "store-unreadable"
    EVENTS_SILENT = "events-silent"             # of the lane of all but alarms, while that of alarms is well
    EVENTS_AWAY = "events-away"
    EVENTS_UNREADABLE = "events-unreadable"
    DISK_FULL = "disk-full"
    DISK_FULL_SOON = "disk-full-soon"
    DISK_UNREADABLE = "disk-unreadable"
    CERTIFICATE_EXPIRES = "certificate-expires"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    WATCHDOG_SILENT = "watchdog-silent"         # of the page: the watchdog's report is old


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """How much room was on the store's disk at one moment."""

    at_ms: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class StationReading:
    """What was read of the station, at one moment. What nobody looked at is None and judged as nothing."""

    link: ReceiverLink | None = None            # of the lane of alarms, as calls.db has it
    store_error: str = ""                       # why it cannot be read; then `link` says nothing
    events_link: ReceiverLink | None = None     # of the lane of all else, as ward.db has it
    events_error: str = ""
    space: tuple[FreeSpace, ...] = ()           # oldest first, the last one of now
    space_error: str = ""
    certificate_ends_ms: int | None = None      # of the receiver's certificate for the broker
    certificate_error: str = ""


def judge(reading: StationReading, now_ms: int) -> tuple[Finding, ...]:
    """All that is wrong, the worst first; empty where all is well.

    BAD means that calls for help do not come in, or soon will not: it rings. WARN does not; what keeps events
    away while calls come in is one.
    """
    found = (*(_of_calls(reading, now_ms) or _of_events(reading, now_ms)), *_of_space(reading),
             *_of_certificate(reading, now_ms))
    return tuple(sorted(found, key=lambda finding: finding.state is not State.BAD))


def judge_watchdog(report_ms: int, now_ms: int) -> tuple[Finding, ...]:
    """Whether the watchdog's last report, written at `report_ms`, is too old to be believed."""
    if abs(now_ms - report_ms) <= REPORT_SILENT_MS:
        return ()
    return (_bad(Kind.RECEIVER, StationCode.WATCHDOG_SILENT, since_ms=report_ms),)


def days_left(space: Sequence[FreeSpace]) -> int | None:
    """Whole days until the disk is full if it goes on as between the first and the last of `space`.

    None where it does not fill, or where they lie too close together to tell.
    """
    if not space or space[-1].at_ms - space[0].at_ms < RATE_SPAN_MS:
        return None
    used_bytes = space[0].free_bytes - space[-1].free_bytes
    if used_bytes <= 0:
        return None
    room_bytes = max(0, space[-1].free_bytes - FULL_BYTES)
    return room_bytes * (space[-1].at_ms - space[0].at_ms) // (used_bytes * _DAY_MS)


class StationWords:
    """The station's findings in one language. Immutable; any thread.

    Example:
        >>> StationWords("en").found(Finding(Kind.DISK, "", State.BAD, "disk-full", {"free": 12}))
        'the disk is full: 12 MB are left'
    """

    def __init__(self, language: str) -> None:
        """`language` is one of `edge.base.words.LANGUAGES`."""
        self._words = Words(language, _CATALOGUE)

    def found(self, finding: Finding) -> str:
        """What is wrong, one line without a full stop."""
        return self._words(f"found-{finding.code}", **finding.values)

    def remedy(self, finding: Finding) -> str:
        """What to do about it, one line without a full stop."""
        return self._words(f"do-{finding.code}")


def _of_calls(reading: StationReading, now_ms: int) -> tuple[Finding, ...]:
    link = reading.link
    if reading.store_error:
        return (_bad(Kind.STORE, StationCode.STORE_UNREADABLE, error=reading.store_error),)
    if link is None:
        return (_bad(Kind.RECEIVER, StationCode.RECEIVER_NEVER),)
    if link.state == "stopped":
        return (_bad(Kind.RECEIVER, StationCode.RECEIVER_STOPPED, since_ms=link.since_ms),)
    if _is_silent(link, now_ms):
        return (_bad(Kind.RECEIVER, StationCode.RECEIVER_SILENT, since_ms=link.beat_ms),)
    if _is_away(link, now_ms):
        return (_bad(Kind.BROKER, StationCode.BROKER_AWAY, since_ms=link.since_ms, error=link.detail),)
    return ()


def _of_events(reading: StationReading, now_ms: int) -> tuple[Finding, ...]:
    """Of a receiver whose lane of alarms is well: it was not stopped."""
    link = reading.events_link
    if reading.events_error:
        return (_warn(Kind.STORE, StationCode.EVENTS_UNREADABLE, error=reading.events_error),)
    if link is None:
        return ()
    if link.state == "stopped" or _is_silent(link, now_ms):
        return (_warn(Kind.RECEIVER, StationCode.EVENTS_SILENT, since_ms=link.beat_ms),)
    if _is_away(link, now_ms):
        return (_warn(Kind.BROKER, StationCode.EVENTS_AWAY, since_ms=link.since_ms, error=link.detail),)
    return ()


def _is_silent(link: ReceiverLink, now_ms: int) -> bool:
    """A beat from the time to come is of before the clock was set back; the next one corrects it at once."""
    return abs(now_ms - link.beat_ms) > SILENT_MS


def _is_away(link: ReceiverLink, now_ms: int) -> bool:
    return link.state == "retrying" and abs(now_ms - link.since_ms) > BROKER_GRACE_MS


def _of_space(reading: StationReading) -> tuple[Finding, ...]:
    if reading.space_error:
        return (_bad(Kind.DISK, StationCode.DISK_UNREADABLE, error=reading.space_error),)
    if not reading.space:
        return ()
    free_bytes, days = reading.space[-1].free_bytes, days_left(reading.space)
    if free_bytes < FULL_BYTES:
        return (_bad(Kind.DISK, StationCode.DISK_FULL, free=free_bytes // 2**20),)
    if days is None or days > SOON_DAYS:
        return ()
    return (Finding(Kind.DISK, "", State.BAD if days < 1 else State.WARN, StationCode.DISK_FULL_SOON,
                    {"free": free_bytes // 2**20, "days": days}),)


def _of_certificate(reading: StationReading, now_ms: int) -> tuple[Finding, ...]:
    if reading.certificate_error:
        return (_warn(Kind.CERTIFICATE, StationCode.CERTIFICATE_UNREADABLE, error=reading.certificate_error),)
    if reading.certificate_ends_ms is None:
        return ()
    left_ms = reading.certificate_ends_ms - now_ms
    if left_ms <= 0:
        return (_bad(Kind.CERTIFICATE, StationCode.CERTIFICATE_EXPIRED),)
    days = left_ms // _DAY_MS
    if days >= CERTIFICATE_WARN_DAYS:
        return ()
    return (Finding(Kind.CERTIFICATE, "", State.BAD if days < CERTIFICATE_BAD_DAYS else State.WARN,
                    StationCode.CERTIFICATE_EXPIRES, {"days": days}),)


def _bad(kind: Kind, code: StationCode, *, since_ms: int | None = None, **values: object) -> Finding:
    return replace(_warn(kind, code, since_ms=since_ms, **values), state=State.BAD)


def _warn(kind: Kind, code: StationCode, *, since_ms: int | None = None, **values: object) -> Finding:
    since_utc = "" if since_ms is None else datetime.fromtimestamp(since_ms / 1000, UTC).isoformat()
    return Finding(kind, "", State.WARN, code, values, since_utc=since_utc)
