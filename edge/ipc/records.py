"""Records on their way to uplink, which owns the journal: what watch and guard say, and what it answers.

Whoever makes a record keeps it until uplink has said that it is durable; until then it hands it over again,
which stores it once (`edge.journal.accepted`). The fields are bounded and typed here; what each sender may
write is `edge.uplink.permissions`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.base.errors import RetryableError
from edge.base.sockets import Client
from edge.contract.messages import Role
from edge.ipc.messages import Message, Refused, ask
from edge.journal.entry import MAX_PICTURES, Entry, OpenEvent, Picture, Present, Rank

log = logging.getLogger("records")

MAX_ENTRIES = 8                     # of one request
MAX_BATCH_BYTES = 2 * 1024 * 1024   # of their content: a third more in base64, and it fits into a line
MAX_DATA_BYTES = 16 * 1024          # an event's JSON is at most 4 KB, the panel's with all its faults longer
MAX_PICTURE_BYTES = 512 * 1024      # as `thumbnail.max_bytes` and its like may be set
MAX_COUNTS = 2048                  # 64 cameras, which are all that a box may have, with 32 each
MAX_COUNT = 2 ** 40

REFUSED = 0                         # in place of a seq: uplink does not take this record, and never will
UNNUMBERED = -1                     # likewise: the ward is told, and it is not durable: hand it over again
ANSWER_WITHIN_S = 30.0              # a worn card may keep one write for long; then it is handed over again


def _moment(text: str) -> str:
    """Check that `text` is an RFC 3339 time, on which readers rely. Raises ValueError."""
    datetime.fromisoformat(text)
    return text


Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Count64 = Annotated[int, Field(ge=0, lt=2 ** 63)]
CounterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}(\.[a-z0-9-]{1,48})?$")]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, ser_json_bytes="base64",
                              val_json_bytes="base64")


class PictureForm(_Value):
    """A `Picture` on the wire."""

    topic: Line
    event_id: Line
    rev: Count64
    jpeg: Annotated[bytes, Field(max_length=MAX_PICTURE_BYTES)]
    rank: Rank
    role: Role

    def picture(self) -> Picture:
        return Picture(self.topic, self.event_id, self.rev, self.jpeg, self.rank, self.role)


class EntryForm(_Value):
    """An `Entry` on the wire."""

    rank: Rank
    topic: Line
    type: Line
    subject: Line
    id: Annotated[Line, Field(min_length=1)]
    time: Annotated[str, Field(max_length=40), AfterValidator(_moment)]
    mono_ns: Count64
    boot_id: Line
    data: Annotated[str, Field(max_length=MAX_DATA_BYTES)]
    event_id: Line = ""
    rev: Count64 = 0
    retain: bool = False
    pictures: Annotated[tuple[PictureForm, ...], Field(max_length=MAX_PICTURES)] = ()
    ongoing: bool | None = None

    def entry(self) -> Entry:
        return Entry(self.rank, self.topic, self.type, self.subject, self.id, self.time, self.mono_ns,
                     self.boot_id, self.data, self.event_id, self.rev, self.retain,
                     tuple(picture.picture() for picture in self.pictures), self.ongoing)


class Append(Message):
    """Store `entries`, all at once; those that came before keep their seqs."""

    kind: Literal["append"] = "append"
    entries: Annotated[tuple[EntryForm, ...], Field(max_length=MAX_ENTRIES)]


class Durable(Message):
    """What may be stored is durable: the seqs in order, REFUSED where that entry may not be written,
    UNNUMBERED where uplink could not store it and tells the ward all the same.
    """

    kind: Literal["durable"] = "durable"
    seqs: tuple[int, ...]


class CountAll(Message):
    """Add to the durable counters; gauges are as they are now, and take the place of all former ones."""

    kind: Literal["count"] = "count"
    counts: Annotated[dict[CounterName, Annotated[int, Field(ge=0, le=MAX_COUNT)]],
                      Field(max_length=MAX_COUNTS)]
    gauges: Annotated[dict[CounterName, Annotated[float, Field(allow_inf_nan=False)]],
                      Field(max_length=MAX_COUNTS)] = Field(default_factory=dict)


class Counted(Message):
    kind: Literal["counted"] = "counted"


class WhichOpen(Message):
    """Which events were begun and not ended?"""

    kind: Literal["which-open"] = "which-open"


class OpenForm(_Value):
    """An `OpenEvent` on the wire."""

    event_id: str
    rev: int
    topic: str
    type: str
    subject: str
    data: str


class Opened(Message):
    """Events that are open, the oldest first, as many as find room: end these and ask again for the rest."""

    kind: Literal["opened"] = "opened"
    events: tuple[OpenForm, ...]


class WhatPresent(Message):
    """What was said last on the retained `topic`?"""

    kind: Literal["what-present"] = "what-present"
    topic: Line


class PresentForm(_Value):
    """A `Present` on the wire."""

    topic: str
    type: str
    subject: str
    data: str
    time: str


class SaidLast(Message):
    """None: nothing was ever said there."""

    kind: Literal["said-last"] = "said-last"
    present: PresentForm | None


REQUESTS: TypeAdapter[Append | CountAll | WhichOpen | WhatPresent] = TypeAdapter(
    Annotated[Append | CountAll | WhichOpen | WhatPresent, Field(discriminator="kind")])
Expected = TypeVar("Expected", bound=Message)
_Answer = Durable | Counted | Opened | SaidLast | Refused
_ANSWERS: TypeAdapter[_Answer] = TypeAdapter(Annotated[_Answer, Field(discriminator="kind")])


class Records(Protocol):
    """Where records go: uplink through its socket, or a journal that is at hand."""

    def append_all(self, entries: Sequence[Entry]) -> list[int]:
        """Return once all are durable, with their seqs, or with UNNUMBERED, which is not durable. Raises
        RetryableError: hand them over again.
        """
        ...

    def count_all(self, counts: Mapping[str, int]) -> None:
        """Add to durable counters. Raises RetryableError."""
        ...

    def open_events(self) -> list[OpenEvent]:
        """Some of the events that were begun and not ended, the oldest first. Raises RetryableError."""
        ...

    def said_last(self, topic: str) -> Present | None:
        """What the last record on this retained topic said. Raises RetryableError."""
        ...


class RecordSink:
    """Implements `Records` over the socket of one sender. Any thread; each waits for those before it."""

    def __init__(self, client: Client, answer_within_s: float = ANSWER_WITHIN_S,
                 gauges: Callable[[], Mapping[str, float]] = dict) -> None:
        """`gauges` are asked whenever counters are handed over, and go with them."""
        self._client, self._within_s, self._gauges = client, answer_within_s, gauges

    def append_all(self, entries: Sequence[Entry]) -> list[int]:
        """Hand entries over as `Records` says; one that uplink does not take is logged, and its number is
        REFUSED.
        """
        return [seq for batch in _batches(entries) for seq in self._append(batch)]

    def count_all(self, counts: Mapping[str, int]) -> None:
        self._expect(CountAll(counts=dict(counts), gauges=dict(self._gauges())), Counted)

    def open_events(self) -> list[OpenEvent]:
        return [OpenEvent(it.event_id, it.rev, it.topic, it.type, it.subject, it.data)
                for it in self._expect(WhichOpen(), Opened).events]

    def said_last(self, topic: str) -> Present | None:
        said = self._expect(WhatPresent(topic=topic), SaidLast).present
        return None if said is None else Present(said.topic, said.type, said.subject, said.data, said.time)

    def close(self) -> None:
        self._client.close()

    def _append(self, batch: Sequence[Entry]) -> list[int]:
        answer = self._handed_over(batch)
        if isinstance(answer, Durable) and len(answer.seqs) == len(batch):
            for entry, seq in zip(batch, answer.seqs, strict=True):
                if seq == REFUSED:
                    log.error("record refused by uplink: topic=%s id=%s", entry.topic, entry.id)
            return list(answer.seqs)
        if len(batch) > 1:                  # one of them cannot be read: it costs the others nothing
            return [seq for entry in batch for seq in self._append([entry])]
        log.error("record refused by uplink: topic=%s id=%s error=\"%s\"", batch[0].topic, batch[0].id,
                  answer.why if isinstance(answer, Refused) else type(answer).__name__)
        return [REFUSED]

    def _handed_over(self, batch: Sequence[Entry]) -> Message:
        try:
            message = Append(entries=tuple(EntryForm.model_validate(entry) for entry in batch))
        except ValidationError as exc:
            return Refused(why=exc.errors(include_url=False, include_input=False)[0]["msg"])
        return self._ask(message)

    def _expect(self, message: Message, kind: type[Expected]) -> Expected:
        answer = self._ask(message)
        if isinstance(answer, kind):
            return answer
        raise RetryableError(f"edgebox uplink answers {answer.kind!r} to {type(message).__name__}")

    def _ask(self, message: Message) -> _Answer:
        answer = ask(self._client, message, _ANSWERS, self._within_s)
        if isinstance(answer, Refused) and answer.again:
            raise RetryableError(answer.why)
        return answer


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries in their order, as many together as one request holds."""
    batch, size = list[Entry](), 0
    for entry in entries:
        own = len(entry.data) + sum(len(picture.jpeg) for picture in entry.pictures)
        if batch and (len(batch) == MAX_ENTRIES or size + own > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += own
    if batch:
        yield batch
