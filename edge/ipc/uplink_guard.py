"""What uplink says to guard: the ward's commands and acks as they came, and how the link is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from edge.base.limits import COMMAND_MAX_BYTES
from edge.contract.ack import ACK_MAX_BYTES
from edge.ipc.messages import Message

MAX_DELIVERED = 256         # of one message


class WardCommand(Message):
    """A message of the ward's, unread: guard verifies it. Longer ones are cut, which guard refuses."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    kind: Literal["command"] = "command"
    topic: Annotated[str, Field(max_length=300)]
    payload: Annotated[bytes, Field(max_length=COMMAND_MAX_BYTES + 1)]
    retained: bool


class Delivered(Message):
    """The broker has these records of alarms, or the ward, as uplink says: it may lie."""

    kind: Literal["delivered"] = "delivered"
    ids: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=MAX_DELIVERED)]


class AckPayload(Message):
    """What came on `ack`, unread: guard verifies it by its own keys. A longer one is not sent."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    kind: Literal["ack"] = "ack"
    payload: Annotated[bytes, Field(max_length=ACK_MAX_BYTES)]


class JournalFigures(Message):
    """How full the journal is, and what it has lost."""

    records: int
    bytes: int
    lost: int


class UplinkState(Message):
    """How uplink is; said every few seconds and at each change. Guard shows it and believes nothing of it."""

    kind: Literal["state"] = "state"
    run: Annotated[str, Field(max_length=64)]       # another one: uplink was started anew
    ward_connected: bool
    fault: Annotated[str, Field(max_length=500)]    # why the journal is away; "" while it works
    journal: JournalFigures | None                  # None while it is away
    unacknowledged: bool = False                    # for an hour the broker has taken all, and no ack came


Asked = WardCommand | AckPayload | Delivered | UplinkState

REQUESTS: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, Field(discriminator="kind")])
