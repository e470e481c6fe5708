"""What is wrong with the station, judged: what rings, what waits for office hours, and what is no fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.base.findings import State
from edge.base.words import LANGUAGES
from ward.station_health import (
    FULL_BYTES,
    SILENT_MS,
    FreeSpace,
    StationReading,
    StationWords,
    days_left,
    judge,
    judge_watchdog,
)
from ward.store.rows import ReceiverLink

NOW_MS, DAY_MS, GIB = 1_800_000_000_000, 86_400_000, 2**30
WELL = StationReading(
    link=ReceiverLink("connected", NOW_MS - DAY_MS, "localhost:8884", NOW_MS - 1000),
    space=(FreeSpace(NOW_MS - DAY_MS, 101 * GIB), FreeSpace(NOW_MS, 100 * GIB)),
    certificate_ends_ms=NOW_MS + 200 * DAY_MS)


def linked(state: str, since_ms: int, beat_ms: int = NOW_MS) -> StationReading:
    return replace(WELL, link=ReceiverLink(state, since_ms, "refused", beat_ms))


@pytest.mark.parametrize(("reading", "code", "state"), [
    (linked("connected", NOW_MS - DAY_MS, NOW_MS - SILENT_MS - 1), "receiver-silent", State.BAD),
    (linked("connected", NOW_MS - DAY_MS, NOW_MS + DAY_MS), "receiver-silent", State.BAD),
    (linked("stopped", NOW_MS - 1000), "receiver-stopped", State.BAD),
    (replace(WELL, link=None), "receiver-never", State.BAD),
    (linked("retrying", NOW_MS - 6000), "broker-away", State.BAD),
    (replace(WELL, link=None, store_error="damaged"), "store-unreadable", State.BAD),
    (replace(WELL, events_link=ReceiverLink("connected", 0, "", NOW_MS - SILENT_MS - 1)), "events-silent",
     State.WARN),
    (replace(WELL, events_link=ReceiverLink("stopped", 0, "", NOW_MS)), "events-silent", State.WARN),
    (replace(WELL, events_link=ReceiverLink("retrying", 0, "refused", NOW_MS)), "events-away", State.WARN),
    (replace(WELL, events_error="damaged"), "events-unreadable", State.WARN),
    (replace(WELL, store_error="damaged", events_error="damaged"), "store-unreadable", State.BAD),
    (replace(WELL, space=(FreeSpace(NOW_MS, FULL_BYTES - 1),)), "disk-full", State.BAD),
    (replace(WELL, space=(FreeSpace(NOW_MS - DAY_MS, 10 * GIB), FreeSpace(NOW_MS, 5 * GIB))),
     "disk-full-soon", State.BAD),
    (replace(WELL, space=(FreeSpace(NOW_MS - DAY_MS, 11 * GIB), FreeSpace(NOW_MS, 10 * GIB))),
     "disk-full-soon", State.WARN),
    (replace(WELL, space_error="Input/output error"), "disk-unreadable", State.BAD),
    (replace(WELL, certificate_ends_ms=NOW_MS + 29 * DAY_MS), "certificate-expires", State.WARN),
    (replace(WELL, certificate_ends_ms=NOW_MS + 2 * DAY_MS), "certificate-expires", State.BAD),
    (replace(WELL, certificate_ends_ms=NOW_MS - 1), "certificate-expired", State.BAD),
    (replace(WELL, certificate_error="no PEM"), "certificate-unreadable", State.WARN)])
def test_each_fault_has_its_code_and_words(reading: StationReading, code: str, state: State) -> None:
    """
    One fault, one finding; what keeps calls for help away rings; and it can be said in both languages.
    """
    assert [(code, state)] == [(it.code, it.state) for it in judge(reading, NOW_MS)]
    for language in LANGUAGES:
        words = StationWords(language)
        assert all(words.found(it) and words.remedy(it) for it in judge(reading, NOW_MS))


@pytest.mark.parametrize("reading", [
    WELL,
    linked("connected", NOW_MS - 5000, NOW_MS - SILENT_MS),
    linked("retrying", NOW_MS - 4000),                          # a broker that is being restarted
    StationReading(link=WELL.link)])                            # nobody looked at disk and certificate
def test_what_is_no_fault(reading: StationReading) -> None:
    assert () == judge(reading, NOW_MS)


def test_what_rings_stands_first() -> None:
    """
    Of several faults the one that keeps calls for help away is read first, with the time since when.
    """
    reading = replace(linked("stopped", NOW_MS - 90_000), certificate_ends_ms=NOW_MS + 20 * DAY_MS)

    found = judge(reading, NOW_MS)

    assert ["receiver-stopped", "certificate-expires"] == [it.code for it in found]
    assert "2027-01-15T07:58:30+00:00" == found[0].since_utc


def test_a_rate_wants_time() -> None:
    """
    An hour of copying says nothing about days; a disk that gets emptier has no end.
    """
    hour_ms = DAY_MS // 24
    assert days_left((FreeSpace(0, 10 * GIB), FreeSpace(hour_ms, 9 * GIB))) is None
    assert days_left((FreeSpace(0, 9 * GIB), FreeSpace(DAY_MS, 10 * GIB))) is None
    assert 9 == days_left((FreeSpace(0, 11 * GIB), FreeSpace(DAY_MS, 10 * GIB)))


def test_an_old_report_is_not_believed() -> None:
    """
    A watchdog that wrote nothing for ten seconds is itself told as a fault, which rings.
    """
    assert () == judge_watchdog(NOW_MS - 10_000, NOW_MS)
    assert ["watchdog-silent"] == [it.code for it in judge_watchdog(NOW_MS - 10_001, NOW_MS)]
