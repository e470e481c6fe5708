"""Pictures that are none, or not those that were told."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.ward.samples import JPEG, THREE, Box, jpeg_of, new_event_id
from tests.ward.test_store import files_below, fill
from ward.store.intake import Arrival
from ward.store.jpeg import MAX_SIDE_PX, measured
from ward.store.reader import Reader

UNDECODABLE = b"\xff\xd8\xff\xe0" + b"picture" * 40 + b"\xff\xd9"


def test_a_picture_that_does_not_decode_is_quarantined(tmp_path: Path) -> None:
    """
    Its hash is the told one, and it is no evidence all the same; nor is one of another size than was told.
    Its number has come: the box has no better one.
    """
    box, broken, other = Box(epoch="00112233445566aa"), new_event_id(), new_event_id()
    arrivals = [box.birth(oldest=1)]
    for event_id, jpeg in ((broken, UNDECODABLE), (other, jpeg_of((60, 80)))):
        arrivals += [as_told(box.event(event_id, jpeg=JPEG), jpeg), box.picture(event_id, jpeg=jpeg)]

    fill(tmp_path, arrivals)

    reader = Reader(tmp_path)
    assert {"quarantined": 2} == reader.summary().images
    assert ["quarantine"] * 2 == [name.split("/")[0] for name in files_below(tmp_path)]
    assert reader.picture(broken, 0) is None
    assert [()] == [row.gaps for row in reader.boxes()]


def as_told(record: Arrival, jpeg: bytes) -> Arrival:
    """The record of JPEG, with the hash of `jpeg` in it."""
    was, now = (sha256(it).hexdigest().encode() for it in (JPEG, jpeg))
    return Arrival(record.topic, record.payload.replace(was, now))


@pytest.mark.parametrize("jpeg", [
    pytest.param(b"", id="nothing"), pytest.param(UNDECODABLE, id="no picture"),
    pytest.param(THREE[next(iter(THREE))][:300], id="cut off"),
    pytest.param(jpeg_of((MAX_SIDE_PX + 1, 1)), id="too wide"),
    pytest.param(JPEG[:-2] + b"\xff\xda" * 65 + b"\xff\xd9", id="many scans")])
def test_what_is_no_picture_has_no_size(jpeg: bytes) -> None:
    """
    Cut off, of another form, larger than anybody sends, or made to cost minutes.
    """
    assert measured(jpeg) is None


def test_a_png_is_no_jpeg() -> None:
    """
    Whatever else Pillow could read is not read.
    """
    made = io.BytesIO()
    Image.new("L", (8, 8)).save(made, "PNG")
    assert measured(made.getvalue()) is None
    assert (120, 160) == measured(JPEG)


@given(st.lists(st.tuples(st.integers(0, len(JPEG) - 1), st.integers(0, 255)), max_size=12))
def test_no_picture_raises(changes: list[tuple[int, int]]) -> None:
    """
    Whatever bytes of one are flipped: it has a size, or it has none.
    """
    jpeg = bytearray(JPEG)
    for place, value in changes:
        jpeg[place] = value
    size = measured(bytes(jpeg))
    assert size is None or max(size) <= MAX_SIDE_PX
