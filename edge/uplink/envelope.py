"""What goes over the wire: records in their envelope, pictures as they are, and what a box tells of itself.

Pure: the moment comes in as an argument.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

from edge.base.clock import Stamp
from edge.base.mqtt_values import Outgoing
from edge.base.values import NS_PER_S
from edge.contract.messages import (
    HISTORICAL_AFTER_S,
    BirthData,
    Envelope,
    Message,
    MetricsData,
    StatusData,
    to_json,
)
from edge.contract.topics import Root
from edge.journal.entry import Entry, Pending, Present, Rank

_ALWAYS_RINGS = (Rank.ALARM, Rank.PANEL, Rank.ANSWER)
_NO_DATA = '"data":{}}'


def of_owed(owed: Pending, root: Root, now: Stamp, epoch: str) -> Outgoing:
    """The message for `owed`: a record gets its envelope, a picture goes as it is.

    `epoch`: of the journal that gave the record its number.
    """
    payload = owed.payload if owed.seq is None else _enveloped(owed, root, now, epoch)
    return Outgoing(owed.topic, payload, 1, owed.retain)


def of_unstored(entry: Entry, root: Root, now: Stamp) -> Outgoing:
    """The message for a record that no journal holds: without a number."""
    owed = Pending(0, entry.rank, entry.topic, entry.retain, entry.data.encode(), None, entry.type,
                   entry.subject, entry.id, entry.time, entry.mono_ns, entry.boot_id)
    return Outgoing(entry.topic, _enveloped(owed, root, now, None), 1, entry.retain)


def is_historical(owed: Pending, now: Stamp) -> bool:
    """Whether it comes too late to ring for.

    Within one boot the monotonic clock decides. Of an earlier boot only wall time is known, and it is in
    doubt where it went back, or where nothing keeps it: a box without a clock battery starts where it
    stopped, however long it was off. In doubt an event is old, since a reboot lies between, and an alarm is
    not: better a desk that rings in vain than a call that nobody hears.
    """
    if owed.boot_id == now.boot_id:
        return now.mono_ns - owed.mono_ns > HISTORICAL_AFTER_S * NS_PER_S
    late_s = _age_s(owed.time, now)
    in_doubt = late_s < 0 or not now.clock_synchronised
    return late_s > HISTORICAL_AFTER_S or (in_doubt and owed.rank not in _ALWAYS_RINGS)


def of_birth(data: BirthData, root: Root, now: Stamp) -> Outgoing:
    return _outgoing("birth", data, root, now, qos=1, retain=True)


def of_present(said: Present, root: Root, now: Stamp) -> Outgoing:
    """What a retained record said last, for a broker that has forgotten it. It has no number: the ward may
    have the record itself.
    """
    envelope = Envelope(id=str(uuid.uuid4()), source=root.source, type=said.type,
                        time=datetime.fromisoformat(said.time), subject=said.subject or None,
                        historical=_age_s(said.time, now) > HISTORICAL_AFTER_S, data=json.loads(said.data))
    return Outgoing(said.topic, to_json(envelope).encode(), 1, True)


def _age_s(time: str, now: Stamp) -> float:
    """By wall time, such as it is."""
    made = datetime.fromisoformat(time)
    return (now.utc - (made if made.tzinfo else made.replace(tzinfo=UTC))).total_seconds()


def of_status(data: StatusData, root: Root, now: Stamp) -> Outgoing:
    """The status message, and the last will; then with the moment of the connection that it speaks for."""
    return _outgoing("status", data, root, now, qos=1, retain=True)


def of_metrics(data: MetricsData, root: Root, now: Stamp) -> Outgoing:
    return _outgoing("metrics", data, root, now, qos=0, retain=False)


def _outgoing(leaf: str, data: Message, root: Root, now: Stamp, qos: int, retain: bool) -> Outgoing:
    envelope = Envelope(id=str(uuid.uuid4()), source=root.source, type=f"edgebox.{leaf}", time=now.utc,
                        subject=root.box, data=data.model_dump(by_alias=True, exclude_none=True, mode="json"))
    return Outgoing(root.topic(leaf), to_json(envelope).encode(), qos, retain)


def _enveloped(owed: Pending, root: Root, now: Stamp, epoch: str | None) -> bytes:
    """The envelope around the very bytes of `data`: what was hashed or signed is not written anew."""
    envelope = Envelope(
        id=owed.id, source=root.source, type=owed.type, time=datetime.fromisoformat(owed.time),
        subject=owed.subject or None, seq=owed.seq, epoch=epoch,
        historical=is_historical(owed, now), data={})
    head = to_json(envelope)
    assert head.endswith(_NO_DATA), "data is the envelope's last field"
    return head[:-3].encode() + owed.payload + b"}"
