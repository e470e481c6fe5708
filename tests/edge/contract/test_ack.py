"""What a box believes of the ward's acknowledgement."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.ack import AckError, AckRefusal, WardAck, read_ack, refuse_unfit, runs_of
from edge.contract.messages import MAX_SEQ
from edge.contract.signing import kid_of, signature_text, signed_part
from tests.edge.contract.samples import AT
from tests.edge.contract.test_asyncapi import schema_of

BOX, EPOCH = "edge/v1/w/g/b", "00112233aabbccdd"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {kid_of(KEY.public_key()): KEY.public_key()}


def signed(**changes: object) -> bytes:
    """An ack of this ward, signed, with `changes` made before the signing."""
    document: dict[str, object] = {
        "box": BOX, "epoch": EPOCH, "upto_seq": 4, "beyond": [[6, 7], [9, 9]], "calls": ["a.0"],
        "session": "s", "ward_time": "2026-11-23T00:00:00.000Z", "kid": kid_of(KEY.public_key()),
        "alg": "Ed25519"} | changes
    return json.dumps(document | {"sig": signature_text(KEY.sign(signed_part(document)))}).encode()


def refusal(payload: bytes, box: str = BOX) -> AckRefusal:
    with pytest.raises(AckError) as caught:
        read_ack(payload, box, KEYS)
    return caught.value.refusal


def test_a_signed_ack_covers_what_it_names() -> None:
    """
    Numbers up to the first hole and those of each run beyond are covered, and no others; a key of a later
    minor version is read over, though signed. The published schema has the same form.
    """
    ack = read_ack(signed(later="key"), BOX, KEYS)

    assert [1, 2, 3, 4, 6, 7, 9] == [seq for seq in range(1, 12) if ack.covers(seq)]
    assert (9, ("a.0",)) == (ack.highest_seq, ack.calls)
    jsonschema.validate(json.loads(signed()), schema_of("ack"))


@pytest.mark.parametrize(("payload", "reason"), [
    (b"{" + b" " * 9000 + b"}", AckRefusal.OVERSIZED),
    (b"", AckRefusal.MALFORMED), (b"[]", AckRefusal.MALFORMED), (b"\xff", AckRefusal.MALFORMED),
    (b'{"box": "a", "box": "b"}', AckRefusal.MALFORMED),
    (signed(upto_seq=-1), AckRefusal.MALFORMED), (signed(upto_seq=4.5), AckRefusal.MALFORMED),
    (signed().replace(b": 4,", b": %d," % (MAX_SEQ + 1)), AckRefusal.MALFORMED),
    (signed(upto_seq="4"), AckRefusal.MALFORMED),
    (signed(beyond=[[5, 6]]), AckRefusal.MALFORMED),        # no hole before it
    (signed(beyond=[[9, 8]]), AckRefusal.MALFORMED), (signed(beyond=[[9, 9], [6, 7]]), AckRefusal.MALFORMED),
    (signed(beyond=[[2 * n + 6, 2 * n + 6] for n in range(101)]), AckRefusal.MALFORMED),
    (signed(box="edge/v1/w/g/c"), AckRefusal.OTHER_BOX),
    (signed(kid="0" * 16), AckRefusal.UNKNOWN_KEY),
    (signed().replace(b'"s"', b'"t"'), AckRefusal.BAD_SIGNATURE),
])
def test_what_is_not_an_ack_of_this_ward_is_refused(payload: bytes, reason: AckRefusal) -> None:
    """
    Too large, no ack, another box's, by another key or changed on its way: ignored, with its reason.
    """
    assert reason is refusal(payload)


@given(st.binary(max_size=300))
def test_whatever_arrives_is_refused_or_read(payload: bytes) -> None:
    """
    No bytes of a broker's raise anything but AckError.
    """
    assert refusal(payload) is AckRefusal.MALFORMED


@pytest.mark.parametrize(("epoch", "given_seq", "newest", "reason"), [
    (EPOCH, 9, None, None), (EPOCH, 9, AT - timedelta(milliseconds=1), None),
    ("f" * 16, 9, None, AckRefusal.OTHER_EPOCH),
    (EPOCH, 8, None, AckRefusal.ABOVE_GIVEN),
    (EPOCH, 9, AT, AckRefusal.OLDER), (EPOCH, 9, AT + timedelta(days=1), AckRefusal.OLDER),
])
def test_a_signed_ack_may_still_not_fit(epoch: str, given_seq: int, newest: datetime | None,
                                        reason: AckRefusal | None) -> None:
    """
    Of another journal, above what this one gave, or replayed: no signature helps it.
    """
    ack: WardAck = read_ack(signed(), BOX, KEYS)
    if reason is None:
        refuse_unfit(ack, epoch, given_seq, newest)
        return
    with pytest.raises(AckError) as caught:
        refuse_unfit(ack, epoch, given_seq, newest)
    assert reason is caught.value.refusal


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_the_numbers_that_made_them(seqs: set[int]) -> None:
    """
    Runs have every number once, rise, and touch nowhere.
    """
    runs = runs_of(seqs)

    assert sorted(seqs) == [seq for first, last in runs for seq in range(first, last + 1)]
    assert all(after[0] > before[1] + 1 for before, after in pairwise(runs))
