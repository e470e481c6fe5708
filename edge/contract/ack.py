"""The ward's own acknowledgement: what its store has committed, signed, so that no broker makes a box forget.

Pure. The ward publishes it retained to `ack` of each box; the box believes it by the receiver's keys that its
bundle names, and only as far as the box itself has given numbers. What it covers leaves the journal. Unknown
keys are read over, since a later minor version may add some; the signature is over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from edge.base.errors import EdgeError
from edge.contract.command import Moment
from edge.contract.messages import MAX_SEQ, Epoch, Message
from edge.contract.signing import VerifyKey, is_signed_by, unambiguous_object

ACK_MAX_BYTES = 8 * 1024
MAX_BEYOND = 100            # runs of numbers above the first hole, the lowest first
MAX_NAMED_CALLS = 64        # records of alarms by their ids, the newest last

AckSeq = Annotated[int, Field(ge=0, le=MAX_SEQ, strict=True)]


class WardAck(Message):
    """What is published to `ack`, as it is, without an envelope. `sig` as in a command: see signing.py.

    Covered are all numbers up to `upto_seq` and those of each run in `beyond`, both ends included: they are
    committed, or a tombstone or a birth said that they never come.
    """

    box: Annotated[str, Field(min_length=1, max_length=200)]       # its root: edge/v1/{ward}/{group}/{box}
    epoch: Epoch                            # of the box's journal, as its records tell it
    upto_seq: AckSeq                           # 0: none yet
    beyond: Annotated[tuple[tuple[AckSeq, AckSeq], ...], Field(max_length=MAX_BEYOND)] = ()
    calls: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
                     Field(max_length=MAX_NAMED_CALLS)] = ()       # alarm records that came lately, again too
    session: Annotated[str, Field(min_length=1, max_length=64)]    # another one: what the broker held is gone
    ward_time: Moment                       # never the same twice for one box, and rising
    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    alg: Literal["Ed25519"]
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]

    @model_validator(mode="after")
    def _runs_rise(self) -> WardAck:
        last = self.upto_seq
        for first_seq, last_seq in self.beyond:
            if first_seq <= last + 1 or last_seq < first_seq:
                raise ValueError("beyond: want runs that rise, each with a hole before it")
            last = last_seq
        return self

    @property
    def highest_seq(self) -> int:
        return self.beyond[-1][1] if self.beyond else self.upto_seq

    def covers(self, seq: int) -> bool:
        """Whether the ward has, or gives up waiting for, the record or picture of this number."""
        return seq <= self.upto_seq or any(first <= seq <= last for first, last in self.beyond)


class AckRefusal(StrEnum):
    """Why an ack is ignored; a counter in `metrics` has each."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    OTHER_BOX = "other-box"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    OTHER_EPOCH = "other-epoch"        # of another journal: this box's before it lost its card, say
    ABOVE_GIVEN = "above-given"        # it names numbers that this journal has not given yet
    OLDER = "older"                    # not newer than the last that was believed


class AckError(EdgeError):
    """An ack that is ignored; nothing leaves a journal by it."""

    def __init__(self, refusal: AckRefusal, text: str) -> None:
        super().__init__(f"ack ignored: {text}")
        self.refusal = refusal


def read_ack(payload: bytes, box: str, keys: Mapping[str, VerifyKey]) -> WardAck:
    """The ack in `payload`, once its signature holds for `box`.

    Args:
        payload: as it came from the broker.
        box: the root of the box that reads it.
        keys: the receiver's public keys by their ids (`signing.load_keys`).

    Raises:
        AckError: it is not believed, with the first reason in the order of AckRefusal.
    """
    if len(payload) > ACK_MAX_BYTES:
        raise AckError(AckRefusal.OVERSIZED, f"{len(payload)} bytes, want {ACK_MAX_BYTES} at most")
    document = unambiguous_object(payload)
    if document is None:
        raise AckError(AckRefusal.MALFORMED, "is no JSON object with each key once")
    try:
        ack = WardAck.model_validate(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise AckError(AckRefusal.MALFORMED, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc
    if ack.box != box:
        raise AckError(AckRefusal.OTHER_BOX, f"is for {ack.box!r}, this is {box!r}")
    key = keys.get(ack.kid)
    if key is None:
        raise AckError(AckRefusal.UNKNOWN_KEY, f"signed by key {ack.kid}, this box knows "
                       f"{', '.join(sorted(keys)) or 'none'}; give it the receiver's key by a new bundle")
    if not is_signed_by(document, key):
        raise AckError(AckRefusal.BAD_SIGNATURE, f"the signature is not of key {ack.kid}")
    return ack


def refuse_unfit(ack: WardAck, epoch: str, given_seq: int, newest: datetime | None) -> None:
    """Raise AckError where `ack`, though signed, says nothing about this journal as it stands.

    Args:
        epoch, given_seq: of the journal, and the highest number that it has given.
        newest: `ward_time` of the last ack that was believed; None before the first.
    """
    if ack.epoch != epoch:
        raise AckError(AckRefusal.OTHER_EPOCH, f"is of journal {ack.epoch}, this is {epoch}")
    if ack.highest_seq > given_seq:
        raise AckError(AckRefusal.ABOVE_GIVEN, f"names number {ack.highest_seq}, "
                       f"this journal has given {given_seq} at most")
    if newest is not None and ack.ward_time <= newest:
        raise AckError(AckRefusal.OLDER, f"is of {ack.ward_time.isoformat()}, "
                       f"the last was of {newest.isoformat()}")


def runs_of(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in any order as runs without a hole, both ends included, the lowest first."""
    runs: list[tuple[int, int]] = []
    for seq in sorted(set(seqs)):
        if runs and seq == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], seq)
        else:
            runs.append((seq, seq))
    return runs
