"""What is written to the journal and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from edge.contract.messages import Role


class Rank(IntEnum):
    """Order of delivery, first to last; see `LOSS_ORDER` for the order of loss."""

    ALARM = 0              # a call and what became of it
    PANEL = 1
    ANSWER = 2             # to a command
    TOMBSTONE = 3          # what was given up: small, and without it the ward waits for what never comes
    TIME = 4
    NEW_ALERT = 5
    NEW = 6
    END = 7
    ALERT_IMAGE = 8        # the subject of an alert
    HEALTH = 9
    UPDATE = 10
    SCENE = 11
    BEFORE = 12
    IMAGE = 13             # the subject of any other event


LOSS_ORDER = (Rank.UPDATE, Rank.BEFORE, Rank.SCENE, Rank.IMAGE, Rank.HEALTH, Rank.END, Rank.ALERT_IMAGE,
              Rank.NEW, Rank.NEW_ALERT)
"""What a full journal gives up, first to last, oldest first within one. What is not in it is never lost."""

MAX_PICTURES = len(Role)   # of one record


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG that belongs to a record, stored in the same transaction."""

    topic: str
    event_id: str
    rev: int
    jpeg: bytes
    rank: Rank = Rank.IMAGE    # ALERT_IMAGE where its event is an alert
    role: Role = Role.SUBJECT


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to be stored. It has no `seq` yet: the journal gives it."""

    rank: Rank
    topic: str
    type: str                  # CloudEvents type, e.g. "edgebox.event.enter"
    subject: str               # CloudEvents subject, e.g. "gate"
    id: str                    # CloudEvents id, unique per box
    time: str                  # RFC 3339, UTC
    mono_ns: int               # when it was made, CLOCK_MONOTONIC
    boot_id: str
    data: str                  # JSON of the record's `data`
    event_id: str = ""         # "" where the record is no event
    rev: int = 0
    retain: bool = False
    pictures: tuple[Picture, ...] = ()     # MAX_PICTURES at most
    ongoing: bool | None = None    # True: its event goes on after it; False: it ends it; None: no event


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """An event that was begun and not yet ended, as of its last record."""

    event_id: str
    rev: int                   # of that record
    topic: str
    type: str
    subject: str
    data: str                  # JSON of that record's `data`


@dataclass(frozen=True, slots=True)
class Present:
    """What a retained record said last: as things are, or were when its writer ended."""

    topic: str
    type: str
    subject: str
    data: str                  # JSON of the record's `data`
    time: str                  # RFC 3339, UTC, as the box believed it


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that the ward has not yet confirmed: a record, or a picture (then `seq` is None)."""

    row_id: int                # its number at the ward; negative where an older version gave a picture none
    rank: Rank
    topic: str
    retain: bool
    payload: bytes             # JSON of `data`, or the JPEG
    seq: int | None            # what its envelope says, which a picture does not have
    type: str
    subject: str
    id: str
    time: str
    mono_ns: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class Depth:
    """What is held now, and what was lost since the journal was made."""

    records: int
    pictures: int
    bytes: int              # of content, as counted against the bound
    lost: int               # shed for room, unreadable, or counted by a caller as `lost_...`
