"""What one box may have stored."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.messages import Severity
from tests.ward.samples import JPEG, NOW, WARD, Box, jpeg_of, new_event_id
from ward.ack import AckBook
from ward.store.quota import Quotas, TokenBucket
from ward.store.reader import Reader
from ward.store.writer import Store

DAY_MS = 86_400_000


@given(st.lists(st.tuples(st.integers(-1000, DAY_MS), st.integers(0, 50)), max_size=60))
def test_no_more_than_a_day_and_what_was_there(acts: list[tuple[int, int]]) -> None:
    """
    Whatever the clock does and whoever asks for how much: what was given is at most the bucket and what
    flowed in since.
    """
    bucket, now_ms, given_out, passed_ms = TokenBucket(100, 100, 0), 0, 0, 0
    for step_ms, amount in acts:
        now_ms += step_ms
        passed_ms += max(0, step_ms)
        given_out += amount if bucket.take(amount, now_ms) else 0
    assert given_out <= 100 + 100 * passed_ms / DAY_MS + 1e-6


def test_alerts_have_a_budget_of_their_own(tmp_path: Path) -> None:
    """
    A box that calls each event an alert is stopped, too; what is refused for its size costs no message.
    """
    mad = Box(epoch="00112233445566aa")
    with closing(Store(tmp_path, WARD, quotas=Quotas(messages=3, bytes=20_000))) as store:
        store.take([mad.picture(new_event_id(), jpeg=jpeg_of((120, 160), bytes(30_000)))] * 9, NOW)
        store.take([mad.event(new_event_id(), severity=severity) for _ in range(5) for severity in (
            Severity.INFO, Severity.ALERT)], NOW)
    assert {"info": 3, "alert": 3} == Reader(tmp_path).summary().severities


def test_a_box_beyond_its_quota_is_refused_and_told(tmp_path: Path) -> None:
    """
    What is beyond is not stored and not acked, so that the box still has it; alerts, calls and the box's word
    on itself come through, other boxes too. The next day it goes on.
    """
    acks, mad, other = AckBook(WARD), Box(epoch="00112233445566aa"), Box("hop-2")
    with closing(Store(tmp_path, WARD, acks, quotas=Quotas(messages=3))) as store:
        events = [new_event_id() for _ in range(4)]
        store.take([mad.birth(oldest=1), *(mad.event(event_id) for event_id in events)], NOW)
        beyond = mad.event(new_event_id(), jpeg=JPEG)
        alert, call = mad.event(new_event_id(), severity=Severity.ALERT), mad.alarm(new_event_id())
        store.take([beyond, mad.health(), alert, call, other.event(new_event_id())], NOW)

        assert (3, [[7, 9]]) == ((document := acks.document(mad.key, "s", 1, 1, 0.0))["upto_seq"],
                                 document["beyond"])
        reader = Reader(tmp_path)
        assert {"info": 4, "alert": 1} == reader.summary().severities
        [incident] = reader.incidents(9)
        assert (mad.key, "quota", 2) == (incident.box, incident.kind, incident.count)

        store.take([beyond], NOW + timedelta(hours=8))
        assert {"info": 5, "alert": 1} == reader.summary().severities
