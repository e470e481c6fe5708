"""What a message must be; everything else is refused with one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.messages import Phase, Role
from tests.ward.samples import JPEG, NOW, THREE, WARD, Box, new_event_id
from ward.store.incoming import EventRecord, PictureFact, PictureIn
from ward.store.intake import (
    MAX_JPEG_BYTES,
    MAX_JSON_BYTES,
    Arrival,
    BadMessageError,
    event_id_time,
    is_event_id,
    read,
)

EVENT, OTHER = "019346b2-7c1a-7d3e-8f00-0123456789ab", "019346b2-7c1a-7d3e-8f00-0123456789ac"
BOX = Box()
AT_MOST = f"at most {MAX_JPEG_BYTES}"


def changed(path: str, value: Any) -> Arrival:
    """A good event record with one thing in it changed."""
    good = Box().event(EVENT, pictures=THREE)
    record = json.loads(good.payload)
    place = record
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for parent in parents:
        place = place[parent]
    place[last] = value
    return Arrival(good.topic, json.dumps(record).encode())


def test_good_messages_are_typed() -> None:
    """
    A record keeps its text as it came; a picture gets the hash of its bytes.
    """
    arrival = BOX.event(EVENT, rev=2, phase=Phase.END, jpeg=JPEG, image_rev=0)

    record, picture = read(arrival, WARD), read(BOX.picture(EVENT), WARD)

    assert isinstance(record, EventRecord)
    assert isinstance(picture, PictureIn)
    assert ("to-12/hop-1", 2, "end") == (record.box, record.data.rev, record.data.phase)
    assert (PictureFact(Role.SUBJECT, 0, picture.sha256),) == record.told
    assert arrival.payload.decode() == record.raw
    assert (EVENT, 0, Role.SUBJECT, JPEG) == (picture.event_id, picture.rev, picture.role, picture.jpeg)


def test_each_picture_has_its_role() -> None:
    """
    The subject comes and is told as of old, beside the scene and what was before it, each with its own hash;
    a reader that knows no `pictures` finds the same subject in `image`.
    """
    record = read(BOX.event(EVENT, rev=1, phase=Phase.UPDATE, pictures=THREE), WARD)
    arrivals = BOX.pictures(EVENT, 1)
    pictures = [read(arrival, WARD) for arrival in arrivals]

    assert ["1", "1/scene", "1/before"] == [arrival.topic.split(f"{EVENT}/")[1] for arrival in arrivals]
    assert isinstance(record, EventRecord)
    assert record.data.image
    assert record.data.image.sha256 == record.told[0].sha256
    assert list(record.told) == [PictureFact(picture.role, picture.rev, picture.sha256)
                                 for picture in pictures if isinstance(picture, PictureIn)]


def picture_facts(role: Role) -> dict[str, Any]:
    """As a record tells them."""
    return BOX.told(EVENT, 0, role, JPEG, NOW).model_dump(mode="json")


BAD: dict[str, tuple[Arrival, str]] = {
    "foreign ward": (Arrival("edge/v1/other/to-12/hop-1/birth", b"{}"), "not of edge/v1/phan-dinh-phung/"),
    "other version": (Arrival(f"edge/v9/{WARD}/to-12/hop-1/birth", b"{}"), "not of edge/v1"),
    "unknown leaf": (Arrival(f"edge/v1/{WARD}/to-12/hop-1/video/cam", b"{}"), "nothing of the contract"),
    "no JSON": (Arrival(BOX.root.event("c", "enter"), b"\xff\xfe"), "Invalid JSON"),
    "large JSON": (Arrival(BOX.root.event("c", "enter"), b" " * (MAX_JSON_BYTES + 1)), "at most 65536"),
    "deep JSON": (Arrival(BOX.root.event("c", "enter"), b"[" * 60000), "JSON"),
    "source of another box": (changed("source", "/edge/v1/phan-dinh-phung/to-12/hop-2"), "source"),
    "other camera": (changed("data.camera", "gate"), "the record is of camera"),
    "seq too large": (changed("seq", 2**63), "seq: want 0 to"),
    "seq negative": (changed("seq", -1), "seq: want 0 to"),
    "rev too large": (changed("data.rev", 100), "rev above 99"),
    "score not a number": (changed("data.object.score", float("nan")), "object.score"),
    "no UUIDv7": (changed("data.event_id", "../../etc/passwd"), "want a UUIDv7"),
    "UUIDv4": (changed("data.event_id", "6f1c0b9e-9d5e-4c57-9f6c-1f6f3f6f0a11"), "want a UUIDv7"),
    "image of another event": (changed("data.image.topic", BOX.root.image(new_event_id(), 0)), "not of this"),
    "image outside": (changed("data.image.topic", "edge/v1/x/y/z/image/../../0"), "not of this event"),
    "hash is a path": (changed("data.image.sha256", "../" * 20 + "x" * 4), "image.sha256"),
    "picture of another event": (changed("data.pictures.1.topic", BOX.root.image(OTHER, 0, Role.SCENE)),
                                 "scene topic .* not of this event"),
    "picture of another role": (changed("data.pictures.1.topic", BOX.root.image(EVENT, 0, Role.BEFORE)),
                                "scene topic .* not of this event"),
    "subject by its role": (changed("data.pictures.0.topic", f"{BOX.root.image(EVENT, 0)}/subject"),
                            "subject topic .* not of this event"),
    "scene without its role": (changed("data.pictures.1.topic", BOX.root.image(EVENT, 0)), "scene topic"),
    "rev of a picture": (changed("data.pictures.1.topic", BOX.root.image(EVENT, 100, Role.SCENE)),
                         "scene topic"),
    "a role twice": (changed("data.pictures.1", picture_facts(Role.BEFORE)), "two pictures of role before"),
    "many pictures": (changed("data.pictures", [picture_facts(Role.SCENE)] * 99),
                      "two pictures of role scene"),
    "unknown role": (changed("data.pictures.1.role", "plate"), r"pictures\.1\.role"),
    "two subjects": (changed("data.pictures.0.sha256", "0" * 64), "image and the picture of role subject"),
    "no width": (changed("data.pictures.1.width", 0), "size of scene: want 1 to 4096 px"),
    "absurd height": (changed("data.pictures.1.height", 10**12), "size of scene: want 1 to 4096 px"),
    "absurd image": (changed("data.image.width", 10**12), "size of subject: want 1 to 4096 px"),
    "absurd bytes": (changed("data.pictures.1.bytes", MAX_JPEG_BYTES + 1), f"1 to {MAX_JPEG_BYTES} bytes"),
    "endless media time": (changed("data.pictures.1.media_s", float("inf")), "media_s"),
    "media time is no number": (changed("data.pictures.1.media_s", float("nan")), "media_s"),
    "picture before time": (changed("data.pictures.2.at", "0001-01-01T00:00:00Z"),
                            "before at: no time between"),
    "picture as subject": (Arrival(f"{BOX.root.image(EVENT, 0)}/subject", JPEG), "nothing of the contract"),
    "picture of no role": (Arrival(f"{BOX.root.image(EVENT, 0)}/plate", JPEG), "nothing of the contract"),
    "large scene": (BOX.picture(EVENT, 0, JPEG + b"x" * MAX_JPEG_BYTES, Role.SCENE), AT_MOST),
    "riders": (changed("data.object.riders", 5), "object.riders"),
    "unknown ending": (changed("data.ended", "abducted"), "ended"),
    "line break in class": (changed("data.object.class", "per\nson"), "class: want 1 to 96 printable"),
    "terminal codes in rule": (changed("data.rule", "\x1b[2J"), "rule: want 1 to 96 printable"),
    "time before time": (changed("data.t.decided", "0001-01-01T00:00:00Z"), "no time between"),
    "time after time": (changed("time", "9999-12-31T23:59:59-14:00"), "no time between"),
    "count": (changed("data.object.count", 10**30), "count"),
    "picture path": (Arrival(BOX.root.topic("image/..%2f..%2fetc/0"), JPEG), "want UUIDv7"),
    "picture dots": (Arrival(BOX.root.topic("image/../0"), JPEG), "want UUIDv7"),
    "picture case": (Arrival(BOX.root.image(EVENT.upper(), 0), JPEG), "want UUIDv7"),
    "picture rev": (Arrival(BOX.root.topic(f"image/{EVENT}/00"), JPEG), "0 to 99"),
    "picture rev sign": (Arrival(BOX.root.topic(f"image/{EVENT}/-1"), JPEG), "0 to 99"),
    "no JPEG": (Arrival(BOX.root.image(EVENT, 0), b"GIF89a"), "no JPEG"),
    "empty picture": (Arrival(BOX.root.image(EVENT, 0), b""), "no JPEG"),
    "large picture": (Arrival(BOX.root.image(EVENT, 0), JPEG + b"x" * MAX_JPEG_BYTES), AT_MOST),
    "huge birth": (BOX.birth(seq=2**64), "birth: seq"),
    "long title": (Arrival(BOX.root.topic("birth"), BOX.birth(title="x" * 80).payload.replace(b"xx", b"xxy")),
                   "title: String should have at most 80"),
}


@pytest.mark.parametrize(("arrival", "said"), BAD.values(), ids=BAD.keys())
def test_bad_messages_are_refused_in_one_line(arrival: Arrival, said: str) -> None:
    """
    Each break of the contract has one printable line that says where.
    """
    with pytest.raises(BadMessageError, match=said) as caught:
        read(arrival, WARD)

    assert str(caught.value).isprintable()


LEAVES = ["birth", "status", "metrics", "cam/c/health", "alarm", "event/c/enter", f"image/{EVENT}/0",
          f"image/{EVENT}/0/scene"]


@given(topic=st.text(max_size=80) | st.sampled_from(LEAVES).map(BOX.root.topic),
       payload=st.binary(max_size=200) | st.recursive(
           st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
               st.sampled_from(["id", "source", "type", "time", "data", "seq"]) | st.text(max_size=5), inner,
               max_size=7), max_leaves=12).map(lambda value: json.dumps(value).encode()))
def test_nothing_but_bad_message_is_raised(topic: str, payload: bytes) -> None:
    """
    Whatever the wire holds, it is a typed message or a BadMessageError: nothing kills the receiver.
    """
    said = "typed"
    try:
        read(Arrival(topic, payload), WARD)
    except BadMessageError as exc:
        said = str(exc)

    assert said.isprintable()


@given(st.text(max_size=40))
def test_only_a_uuid7_names_a_file(text: str) -> None:
    """
    No text with a dot, a slash or any letter beyond a-f is an event id.
    """
    assert not is_event_id(text) or set(text) <= set("0123456789abcdef-")


def test_event_id_tells_its_day() -> None:
    """
    The first 48 bits are milliseconds; the farthest future does not overflow.
    """
    assert "2024-11-20" == f"{event_id_time('01934704-b400-7000-8000-000000000000'):%Y-%m-%d}"
    assert 2199 == event_id_time("ffffffff-ffff-7000-8000-000000000000").year
    assert abs((event_id_time(new_event_id()) - NOW).days) < 36500
