"""Which numbers of a box are here, of records, pictures and alarms; and what becomes of the others."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.ack import MAX_BEYOND, read_ack, refuse_unfit
from edge.contract.messages import MAX_SEQ, AlarmPhase, ClockState, Phase, Role
from tests.ward.ack_keys import ACK_KEY, PUBLIC
from tests.ward.samples import JPEG, NOW, THREE, WARD, Box, new_event_id
from ward.ack import AckBook
from ward.store.calls import CallStore
from ward.store.incidents import IncidentKind
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.rows import IncidentRow
from ward.store.seqs import Gap, holes, united
from ward.store.writer import Store

EPOCH, OTHER_EPOCH = "00112233445566aa", "00112233445566bb"
LATER = NOW + timedelta(minutes=1)


@contextmanager
def store_in(folder: Path, acks: AckBook | None = None) -> Iterator[Store]:
    store = Store(folder, WARD, acks)
    try:
        yield store
    finally:
        store.close()


def taken(folder: Path, *batches: Sequence[Arrival]) -> dict[str, Any]:
    """What the ack says after these batches; the store is looked after in between."""
    acks = AckBook(WARD)
    with store_in(folder, acks) as store:
        for number, batch in enumerate(batches):
            store.take(batch, NOW + timedelta(seconds=number))
            store.keep_up(LATER + timedelta(seconds=number))
    return said(acks)


def said(acks: AckBook) -> dict[str, Any]:
    due = acks.due(0.0)
    return acks.document(due[0], "session", 1000, 1000, 0.0) if due else {}


def incidents(folder: Path, kind: IncidentKind) -> list[IncidentRow]:
    return [row for row in Reader(folder).incidents(100) if row.kind == kind]


def test_a_picture_that_has_not_come_is_a_hole(tmp_path: Path) -> None:
    """
    Its number stands in its record, and is counted once the picture itself is here, whichever comes first.
    """
    box, early, late = Box(epoch=EPOCH), new_event_id(), new_event_id()
    first = [box.birth(oldest=1), box.event(early, pictures=THREE), box.event(late, jpeg=JPEG), box.health()]
    subject, scene, before = box.pictures(early)

    document = taken(tmp_path, [scene], first, [subject])
    assert (3, [[5, 5], [7, 7]]) == (document["upto_seq"], document["beyond"])
    [row] = Reader(tmp_path).boxes()
    assert ((Gap(4, 4), Gap(6, 6)), 7, 0) == (row.gaps, row.last_seq, row.lost)

    document = taken(tmp_path, [before, box.picture(late)])
    assert (7, []) == (document["upto_seq"], document["beyond"])


def test_a_picture_as_the_last_number_is_waited_for(tmp_path: Path) -> None:
    """
    Above all that came there is no hole yet; but a number that a record told is known to be given.
    """
    box = Box(epoch=EPOCH)
    taken(tmp_path, [box.birth(oldest=1), box.event(new_event_id(), jpeg=JPEG)])

    [row] = Reader(tmp_path).boxes()
    assert (1, 1, ()) == (row.last_seq, row.waiting, row.gaps)


def test_a_wrong_picture_fills_no_hole(tmp_path: Path) -> None:
    """
    Nor does one of another box with the same bytes.
    """
    box, event_id, other = Box(epoch=EPOCH), new_event_id(), Box("hop-2")
    taken(tmp_path, [box.birth(oldest=1), box.event(event_id, jpeg=JPEG), box.health(),
                     box.picture(event_id, 0, THREE[Role.SCENE]), other.picture(event_id)])

    assert [(Gap(2, 2),), ()] == [row.gaps for row in Reader(tmp_path).boxes()]


def test_tombstones_fill_holes_and_are_kept(tmp_path: Path) -> None:
    """
    What the box gave up is no gap and is covered; why, and what it was, is kept. Told again it is the same.
    """
    box, event_id = Box(epoch=EPOCH), new_event_id()
    kept = [box.birth(oldest=1), box.health()]
    box.seq += 4
    told = box.tombstone((2, 3), (5, 5), of="update", event_id=event_id)
    document = taken(tmp_path, [*kept, told, told, box.health()])

    assert (3, [[5, 7]]) == (document["upto_seq"], document["beyond"])
    reader = Reader(tmp_path)
    assert (Gap(4, 4),) == reader.boxes()[0].gaps
    assert [(5, 5), (2, 3)] == [(row.first_seq, row.last_seq) for row in reader.tombstones(box.key, 9)]
    row = reader.tombstones(box.key, 9)[0]
    assert ("update", "full", event_id, EPOCH) == (row.what, row.why, row.event_id, row.journal)


def test_what_is_owed_no_more_and_has_not_come_is_lost(tmp_path: Path) -> None:
    """
    It is counted, told once as an incident, and the ack moves on. What lay below a first birth was not ours.
    """
    box = Box(epoch=EPOCH, seq=100)
    first = [box.birth(oldest=90), box.health()]
    box.seq += 3
    document = taken(tmp_path, first, [box.health(), box.birth(oldest=104)], [box.birth(oldest=104)])

    assert (103, [[105, 105]]) == (document["upto_seq"], document["beyond"])
    [row] = Reader(tmp_path).boxes()
    assert 13 == row.lost
    [incident] = incidents(tmp_path, IncidentKind.LOST)
    assert (13, 13, 90, 103) == (incident.count, incident.detail["numbers"], incident.detail["first_seq"],
                                 incident.detail["last_seq"])


def test_a_number_that_jumps_is_no_number(tmp_path: Path) -> None:
    """
    The record is kept; its number neither makes a hole of all below it nor wipes the holes that are known,
    and no ack names it. A birth afterwards is an honest one.
    """
    box = Box(epoch=EPOCH)
    honest = [box.birth(oldest=1), box.health()]
    box.seq += 2
    honest.append(box.health())
    box.seq = MAX_SEQ - 1
    jumped = box.alarm(new_event_id())
    box.seq = MAX_SEQ - 2
    document = taken(tmp_path, honest, [jumped, box.health()], [replace_seq(box, 4).birth(oldest=1)])

    assert (1, [[4, 4]]) == (document["upto_seq"], document["beyond"])
    assert [(Gap(2, 3),)] == [row.gaps for row in Reader(tmp_path).boxes()]
    assert 1 == len(Reader(tmp_path).alarms.alarms(9))
    [incident] = incidents(tmp_path, IncidentKind.SEQ_JUMP)
    assert 2 == incident.count


def replace_seq(box: Box, seq: int) -> Box:
    return Box(box.name, box.group, box.ward, box.boot_id, seq, box.epoch)


def test_a_record_that_breaks_the_contract_has_come(tmp_path: Path) -> None:
    """
    It is refused, and will be however often it comes: its number is no hole, and the box need not keep it.
    """
    box = Box(epoch=EPOCH)
    good = [box.birth(oldest=1), box.health()]
    bad = box.event(new_event_id())
    bad = replace(bad, payload=bad.payload.replace(b'"rev":0', b'"rev":100'))
    document = taken(tmp_path, [*good, bad, box.health(), Arrival(bad.topic, b"junk")])

    assert (3, []) == (document["upto_seq"], document["beyond"])
    assert 2 == Reader(tmp_path).boxes()[0].counters["refused"]


def test_what_comes_late_hides_no_later_loss(tmp_path: Path) -> None:
    """
    Three numbers are lost, two of them come after all, and two others are lost: five were told.
    """
    box = Box(epoch=EPOCH)
    begun, late = box.birth(oldest=1), [box.health() for _ in range(3)]
    first = box.birth(oldest=4)
    second = box.birth(oldest=4)
    for _ in range(2):
        box.health()
    taken(tmp_path, [begun], [first], [*late[:2], second], [box.birth(oldest=6)])
    [incident] = incidents(tmp_path, IncidentKind.LOST)
    assert (5, 3) == (incident.count, incident.detail["numbers"])


def test_the_pictures_of_what_breaks_the_contract_have_come(tmp_path: Path) -> None:
    """
    Nobody will ever tell of them: not of a record that is refused, nor of one that differs from what is here.
    """
    box, event_id = Box(epoch=EPOCH), new_event_id()
    bad = box.event(new_event_id(), pictures=THREE)
    bad = replace(bad, payload=bad.payload.replace(b'"rev":0', b'"rev":100'))
    other = [box.event(event_id), box.event(event_id, camera="bai-xe", jpeg=JPEG)]
    document = taken(tmp_path, [box.birth(oldest=1), bad, *other])
    assert (7, []) == (document["upto_seq"], document["beyond"])


def test_a_picture_that_is_none_has_come(tmp_path: Path) -> None:
    """
    What a record tells of and is refused by its size or its first bytes will never be a picture.
    """
    box, event_id, junk = Box(epoch=EPOCH), new_event_id(), b"no picture"
    record = box.event(event_id, jpeg=JPEG)
    told = replace(record, payload=record.payload.replace(sha256(JPEG).hexdigest().encode(),
                                                          sha256(junk).hexdigest().encode()))
    strange = box.picture(new_event_id(), jpeg=junk)
    document = taken(tmp_path, [box.birth(oldest=1), told, box.picture(event_id, jpeg=junk), strange])
    assert (2, []) == (document["upto_seq"], document["beyond"])


def test_an_alarm_that_breaks_the_contract_has_come(tmp_path: Path) -> None:
    """
    Its number is counted by the lane of alarms, and by that of the rest from there; guard keeps the call.
    """
    box, acks = Box(epoch=EPOCH), AckBook(WARD)
    with closing(CallStore(tmp_path, WARD)) as calls, store_in(tmp_path, acks) as store:
        store.take([box.birth(oldest=1)], NOW)
        bad = box.alarm(new_event_id())
        [number] = calls.take([replace(bad, payload=bad.payload.replace(b'"rev":0', b'"rev":1000'))],
                              NOW).numbers
        store.keep_up(NOW)
        assert (1, 1) == (number.seq, said(acks)["upto_seq"])


def test_another_journal_is_an_incident_and_keeps_the_gaps(tmp_path: Path) -> None:
    """
    A box that counts anew is told; what its journal before owed stays missing.
    """
    box = Box(epoch=EPOCH)
    old = [box.birth(oldest=1), box.health()]
    box.seq += 3
    old.append(box.health())
    anew = Box(boot_id="boot-b", epoch=OTHER_EPOCH)
    document = taken(tmp_path, old, [anew.birth(oldest=1), anew.health()])

    assert (OTHER_EPOCH, 1) == (document["epoch"], document["upto_seq"])
    [row], [incident] = Reader(tmp_path).boxes(), incidents(tmp_path, IncidentKind.JOURNAL_ANEW)
    assert (1, 1, (Gap(2, 4),)) == (row.restarts, row.last_seq, row.gaps)
    assert (EPOCH, OTHER_EPOCH) == (incident.detail["before"], incident.detail["journal"])


def test_an_updated_box_counts_on(tmp_path: Path) -> None:
    """
    A box that had no epoch and has one now has the same journal, not another one.
    """
    box = Box()
    old = [box.birth(), box.health(), box.health()]
    box.epoch = EPOCH
    document = taken(tmp_path, old, [box.birth(oldest=3), box.health()])

    assert (EPOCH, 3, []) == (document["epoch"], document["upto_seq"], document["beyond"])
    [row] = Reader(tmp_path).boxes()
    assert (0, 3, (), 0) == (row.restarts, row.last_seq, row.gaps, row.lost)
    assert [] == incidents(tmp_path, IncidentKind.JOURNAL_ANEW)


def test_a_clock_that_was_ahead_hides_no_birth(tmp_path: Path) -> None:
    """
    After one boot in 2036 the births of today still count, and one that the broker tells again does not. That
    its clock was ahead is an incident.
    """
    ahead, today = Box(boot_id="boot-a", epoch=EPOCH), Box(boot_id="boot-b", epoch=EPOCH)
    first = ahead.birth(datetime(2036, 1, 1, tzinfo=UTC))
    taken(tmp_path, [first], [today.birth(NOW, title="Chợ 12")], [replace(first, retained=True)])

    [row], [incident] = Reader(tmp_path).boxes(), incidents(tmp_path, IncidentKind.CLOCK)
    assert ("boot-b", "Chợ 12", 1) == (row.boot_id, row.title, incident.count)


def test_two_boots_that_take_turns_are_a_cloned_card(tmp_path: Path) -> None:
    """
    A boot that is over comes back in no honest box; one that connects again and again does not alternate.
    """
    one, two = Box(boot_id="boot-a", epoch=EPOCH), Box(boot_id="boot-b", epoch=EPOCH)
    taken(tmp_path, [one.birth(), one.birth(), two.birth(), two.birth()])
    assert [] == incidents(tmp_path, IncidentKind.TWO_BOOTS)

    taken(tmp_path, [one.birth(), two.birth()])
    [incident] = incidents(tmp_path, IncidentKind.TWO_BOOTS)
    assert (2, ["boot-b", "boot-a"]) == (incident.count, incident.detail["boots"])


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Arrival], set[int]]:
    """What one box may have sent by now, some of it not arrived: messages, and the numbers that are here."""
    box, made = Box(epoch=EPOCH), list[tuple[Arrival, set[int]]]()
    for event_id in [f"019346b2-7c1a-7d3e-8f00-00000000000{n}" for n in range(draw(st.integers(1, 3)))]:
        for rev, phase in enumerate(draw(st.sampled_from([[Phase.NEW], [Phase.NEW, Phase.END]]))):
            jpeg = JPEG[:-2] + bytes([rev]) + b"\xff\xd9"
            made.append((box.event(event_id, rev, phase, jpeg=jpeg), {box.seq - 1}))
            made.append((box.picture(event_id, rev, jpeg), {box.seq}))
        if draw(st.booleans()):
            made.append((box.alarm(event_id, 0, AlarmPhase.RAISED), {box.seq}))
        if draw(st.booleans()):
            first = draw(st.integers(1, box.seq))
            last = draw(st.integers(first, box.seq))
            made.append((box.tombstone((first, last)), {*range(first, last + 1), box.seq}))
    arrived = [it for it in made if draw(st.integers(0, 4))]
    here = set[int]()
    for arrival, numbers in arrived:
        if "/image/" not in arrival.topic or told_by_record(arrival, arrived):
            here |= numbers
    return [arrival for arrival, _ in arrived], here


def told_by_record(picture: Arrival, arrived: Sequence[tuple[Arrival, set[int]]]) -> bool:
    """Whether the record is here that tells this picture's number."""
    return any("/event/" in arrival.topic and picture.topic.encode() + b'"' in arrival.payload
               for arrival, _ in arrived)


@settings(max_examples=15, deadline=None)
@given(arrivals(), st.data())
def test_any_order_covers_the_same_and_nothing_else(made: tuple[list[Arrival], set[int]],
                                                    data: st.DataObject) -> None:
    """
    Records, pictures, alarms, tombstones and births in any order, any of them twice, in batches of any size,
    with restarts in between: the ack covers what came or was given up, and not one number more.
    """
    sent, here = made
    box = Box(epoch=EPOCH, seq=40)
    births = [box.birth(oldest=1), box.birth(oldest=1)]
    again = data.draw(st.lists(st.sampled_from([*sent, *births]), max_size=4))
    order = data.draw(st.permutations([*sent, *births, *again]))
    size = data.draw(st.integers(1, 9))
    with tempfile.TemporaryDirectory() as name:
        for start in range(0, len(order), 2 * size):        # each a process of its own
            document = taken(Path(name), order[start:start + size], order[start + size:start + 2 * size])
        [row] = Reader(Path(name)).boxes()

    covered = {*range(1, document["upto_seq"] + 1)}
    covered.update(itertools.chain.from_iterable(range(a, b + 1) for a, b in document["beyond"]))
    assert here == covered
    missing = {number for gap in row.gaps for number in range(gap.first_seq, gap.last_seq + 1)}
    assert missing == set(range(1, max(here, default=0) + 1)) - here


@given(st.sets(st.integers(1, 400), max_size=250), st.sets(st.integers(1, 400), max_size=60),
       st.integers(0, 60))
def test_an_ack_is_one_that_a_box_believes(main: set[int], calls: set[int], named: int) -> None:
    """
    Whatever is committed by which lane: it is signed, in bounds, covers no number that neither has, and all
    up to its first hole.
    """
    acks = AckBook(WARD)
    acks.put("to-12/hop-1", EPOCH, united((seq, seq) for seq in sorted(main)))
    for seq in calls:
        acks.call("to-12/hop-1", EPOCH, seq)
    for number in range(named):
        acks.name("to-12/hop-1", f"{new_event_id()}.{number}", 1000)
    acks.ready()
    ack = read_ack(ACK_KEY.signed(said(acks)), Box().root.path, {ACK_KEY.kid: PUBLIC})

    refuse_unfit(ack, EPOCH, 400, None)
    both = main | calls
    assert {seq for seq in range(1, 401) if ack.covers(seq)} <= both
    assert holes(united((seq, seq) for seq in sorted(both)), 1, 401)[0][0] == ack.upto_seq + 1
    assert len(ack.beyond) == MAX_BEYOND or both == {seq for seq in range(1, 401) if ack.covers(seq)}
    assert named == len(ack.calls)


def test_times_are_corrected_beside_the_original(tmp_path: Path) -> None:
    """
    An event of before the clock was set is right once all later steps of that boot are added; one of another
    boot is as it was told.
    """
    box, event_id, other = Box(epoch=EPOCH), new_event_id(), new_event_id()
    wrong = NOW.replace(year=2001)
    fix_ms = round((NOW - wrong).total_seconds() * 1000)
    taken(tmp_path, [box.event(event_id, time=wrong, synchronised=False),       # made at 5 ns of the boot
                     box.time(3, 77), box.time(900, fix_ms - 40), box.time(1000, 40, bound_ms=12),
                     Box("hop-2", epoch=EPOCH).event(other)])
    reader = Reader(tmp_path)

    clock, none = reader.event_clock(event_id), reader.event_clock(other)
    assert clock is not None
    assert none is not None
    assert (round(wrong.timestamp() * 1000), round(NOW.timestamp() * 1000)) == (
        clock.box_time_ms, clock.corrected_ms)
    assert (ClockState.SYNCHRONISED, 12, None) == (clock.state, clock.bound_ms, none.corrected_ms)
    assert reader.event_clock(new_event_id()) is None


def test_a_session_that_was_lost_is_an_incident(tmp_path: Path) -> None:
    """
    Either lane renews it; the boxes see another one, and the page is told once.
    """
    with store_in(tmp_path) as store:
        store.keep_up(NOW)
        assert [] == incidents(tmp_path, IncidentKind.SESSION_NEW)
        store.renew_session()
        store.keep_up(NOW)
        store.keep_up(LATER)
    [incident] = incidents(tmp_path, IncidentKind.SESSION_NEW)
    assert (1, "") == (incident.count, incident.box)
