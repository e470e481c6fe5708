"""What a message that is refused, and will be however often it comes, says of numbers.

They have come: a box that is told so need not send them for ever. Pure; nothing is believed but the numbers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from edge.contract.messages import MAX_SEQ, Envelope, Role
from edge.contract.topics import parse
from ward.store.intake import MAX_REV, Arrival, BadMessageError, envelope_of, is_event_id
from ward.store.pictures import PictureName


@dataclass(frozen=True, slots=True)
class RefusedNumbers:
    """Of a record: its own number, and those of the pictures that it tells of."""

    box: str                    # "group/box"
    epoch: str | None
    own: int
    pictures: tuple[int, ...]


def numbers_of(arrival: Arrival, ward: str) -> RefusedNumbers | None:
    """The numbers in a record that was refused for what else is in it; None where it has none."""
    address = parse(arrival.topic)
    if address is None or address.root.ward != ward or address.leaf[0] == "image":
        return None
    try:
        envelope = envelope_of(address, arrival.payload)
    except BadMessageError:
        return None
    if envelope.seq is None:
        return None
    pictures = _of_pictures(envelope) if address.leaf[0] == "event" else ()
    return RefusedNumbers(f"{address.root.group}/{address.root.box}", envelope.epoch, envelope.seq, pictures)


def picture_of(arrival: Arrival, ward: str) -> tuple[str, PictureName] | None:
    """The box, and the place and hash of what came as a picture; None where it did not."""
    address = parse(arrival.topic)
    if address is None or address.root.ward != ward:
        return None
    match address.leaf:
        case ("image", event_id, rev):
            role = Role.SUBJECT
        case ("image", event_id, rev, (Role.SCENE | Role.BEFORE) as role):
            pass
        case _:
            return None
    if not (is_event_id(event_id) and rev.isdecimal() and len(rev) <= len(str(MAX_REV))):
        return None
    name = PictureName.of(event_id, int(rev), role, hashlib.sha256(arrival.payload).hexdigest())
    return f"{address.root.group}/{address.root.box}", name


def _of_pictures(envelope: Envelope) -> tuple[int, ...]:
    image, pictures = envelope.data.get("image"), envelope.data.get("pictures")
    told = [image, *(pictures[:len(Role)] if isinstance(pictures, list) else ())]
    found = {seq for it in told if isinstance(it, dict) and isinstance(seq := it.get("seq"), int)}
    return tuple(sorted(seq for seq in found if 0 < seq <= MAX_SEQ))
