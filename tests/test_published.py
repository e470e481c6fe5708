"""The judge of the wire sees what is wrong, and leaves alone what tests get wrong on purpose."""

from __future__ import annotations

import pytest

from tests.edge.journal.entries import ROOT
from tests.published import faults_of
from tests.ward.samples import THREE, Box, new_event_id

GATE = Box("gate", epoch="a" * 16)


def test_what_a_box_says_fits() -> None:
    """
    An event of three pictures, and what a box says of itself, have no fault.
    """
    event_id = new_event_id()
    said = [GATE.event(event_id, pictures=THREE), *GATE.pictures(event_id), GATE.birth(oldest=1),
            GATE.metrics(a=1), GATE.status("online"), GATE.health(), GATE.tombstone((1, 2)), GATE.alarm("a"),
            GATE.panel()]
    assert [] == [fault for it in said for fault in faults_of(it.topic, it.payload)]


@pytest.mark.parametrize(("leaf", "payload", "retained", "from_box", "fault"), [
    ("status", b'{"id": "1"}', False, True, "'source' is a required property"),
    ("status", b"{", False, True, "is no JSON"),
    ("image/1/0", b"jpeg", True, True, "is retained"),
    ("siren", b"{}", False, True, "no such topic"),
    ("cmd/siren", b"{}", False, True, ""),
    ("cmd/siren", b"{}", False, False, "'cmd_id' is a required property")])
def test_what_does_not_fit_is_told(leaf: str, payload: bytes, retained: bool, from_box: bool,
                                   fault: str) -> None:
    """
    Each fault is named with its topic; a command is judged only where that is asked for.
    """
    topic = GATE.root.topic(leaf)
    found = faults_of(topic, payload, retained=retained, from_box=from_box)
    assert fault in " ".join(found)
    assert bool(fault) == any(it.startswith(topic) for it in found)


def test_stand_ins_are_judged_by_their_envelope() -> None:
    """
    A record of the journal's own tests may have any `data`, and no envelope but a good one.
    """
    good = GATE.status("online").payload.replace(b'"state"', b'"no"')
    assert faults_of(GATE.root.topic("status"), good)
    assert [] == faults_of(ROOT.topic("status"), good)
    assert faults_of(ROOT.topic("status"), good.replace(b'"source"', b'"no"'))
