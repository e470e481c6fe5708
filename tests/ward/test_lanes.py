"""Two lanes: what holds up the one does not hold up a call for help, and an ack says what is on disk."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.backoff import Backoff
from edge.base.errors import FatalError
from edge.base.mqtt_values import Protocol
from edge.base.supervisor import Supervisor
from edge.contract.ack import WardAck, read_ack, refuse_unfit
from edge.contract.messages import AlarmPhase
from tests.brokers import mosquitto, until
from tests.subscriber import Subscriber
from tests.ward.ack_keys import ACK_KEY, PUBLIC, key_file
from tests.ward.samples import JPEG, NOW, WARD, Box, new_event_id
from tests.ward.wire import is_connected, publisher, receiving, running, settings_for
from ward.ack import AckBook, load_ack_key
from ward.lanes import Lane, MainLane
from ward.mqtt import MqttSession, call_filters, filters
from ward.station import Station, opened, start_station, unless_damaged
from ward.store.ballast import Ballast
from ward.store.calls import CallStore
from ward.store.database import StoreBusyError
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.retention import SLICE_S, Slices
from ward.store.rows import EventFilter, ReceiverLink
from ward.store.writer import Store

EPOCH = "00112233445566aa"
MIB = 1024 * 1024


@contextlib.contextmanager
def listening(port: int) -> Iterator[Subscriber]:
    """A box that hears its acks."""
    heard = Subscriber(port, "box", f"{Box().root.path}/ack")
    try:
        yield heard
    finally:
        heard.close()


def believed(heard: Subscriber, given_seq: int) -> list[WardAck]:
    """The acks in the order in which they came. Raises AckError: a box would not believe one of them."""
    acks, newest = list[WardAck](), None
    for arrival in heard.arrivals:
        ack = read_ack(arrival.payload, Box().root.path, {ACK_KEY.kid: PUBLIC})
        refuse_unfit(ack, EPOCH, given_seq, newest)
        newest = ack.ward_time
        acks.append(ack)
    return acks


def test_a_call_is_stored_shown_and_acked_while_the_rest_is_locked(tmp_path: Path) -> None:
    """
    Somebody holds ward.db: an alarm is on disk, on the page and named by an ack all the same; an event waits,
    and comes when it is let go.
    """
    box, alarm_id, event_id = Box(epoch=EPOCH), new_event_id(), new_event_id()
    with (running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish,
          listening(port) as heard,
          receiving(tmp_path / "data", settings_for(port), ack_key=ACK_KEY) as reader):
        until(lambda: is_connected(reader), "connected")
        publish([box.birth(oldest=1), box.health()])
        until(lambda: any(ack.upto_seq == 1 for ack in believed(heard, 1)), "the first ack")
        holder = sqlite3.connect(tmp_path / "data/ward.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        publish([box.event(event_id), box.alarm(alarm_id)])
        until(lambda: any(f"{alarm_id}.0" in ack.calls for ack in believed(heard, 3)), "the ack of the call")

        assert (1, ((3, 3),)) == ((last := believed(heard, 3)[-1]).upto_seq, last.beyond)
        assert [alarm_id] == [row.alarm_id for row in reader.alarms.changed(0, 9).rows]
        assert [] == reader.events(EventFilter(), 9)
        holder.execute("ROLLBACK")
        holder.close()
        until(lambda: believed(heard, 3)[-1].upto_seq == 3, "the ack of the rest")
        assert [event_id] == [row.event_id for row in reader.events(EventFilter(), 9)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True,
                             check=False)
    if mounted.returncode:
        pytest.skip("needs to mount a tmpfs: run as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_keeps_no_call_back(small_disk: Path) -> None:
    """
    With not a byte left, events are refused, to be tried again, and three hundred alarms are stored; the
    reserve that they used is made whole when there is room, and not before.
    """
    box, ballast = Box(epoch=EPOCH), Ballast(small_disk, 4 * MIB)
    with (contextlib.closing(Store(small_disk, WARD)) as store,
          contextlib.closing(CallStore(small_disk, WARD, ballast)) as calls):
        calls.grow_ballast()
        store.take([box.birth(oldest=1)], NOW)
        with contextlib.suppress(OSError), (small_disk / "filler").open("wb", 0) as filler:
            while True:
                filler.write(bytes(4096))
        event_id = new_event_id()
        with pytest.raises(StoreBusyError):
            store.take([box.picture(event_id, jpeg=JPEG + bytes(MIB // 4)), box.event(event_id)], NOW)

        sent = [box.alarm(new_event_id()) for _ in range(300)]
        for start in range(0, 300, 10):
            calls.take(sent[start:start + 10], NOW)

        left_bytes = (small_disk / "ballast").stat().st_size
        assert 0 < left_bytes < 4 * MIB
        calls.grow_ballast()
        assert left_bytes == (small_disk / "ballast").stat().st_size
        assert 300 == len(Reader(small_disk).alarms.alarms(999))
        (small_disk / "filler").unlink()
        calls.grow_ballast()
        assert 4 * MIB == (small_disk / "ballast").stat().st_size


def test_the_lane_of_alarms_opens_on_a_full_disk(small_disk: Path) -> None:
    """
    A receiver that is started again then stores a call with what the reserve gives back.
    """
    ballast = Ballast(small_disk, 4 * MIB)
    with contextlib.closing(CallStore(small_disk, WARD, ballast)) as calls:
        calls.grow_ballast()
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", 0) as filler:
        while True:
            filler.write(bytes(4096))
    with contextlib.closing(CallStore(small_disk, WARD, ballast)) as calls:
        assert 1 == len(calls.take([Box().alarm(new_event_id())], NOW).fresh)


def test_an_alarm_that_comes_over_the_other_lane_is_stored(tmp_path: Path) -> None:
    """
    A session of an older version brings alarms to the lane of the rest: in their own file, once, at once.
    """
    box, alarm_id = Box(epoch=EPOCH), new_event_id()
    acks = AckBook(WARD)
    with contextlib.closing(Store(tmp_path, WARD, acks)) as store:
        store.take([box.birth(oldest=1), alarm := box.alarm(alarm_id), alarm], NOW)
    assert [0] == [row.rev for row in Reader(tmp_path).alarms.alarms(9)]
    assert 1 == acks.document(box.key, "s", 1, 1, 0.0)["upto_seq"]


def test_an_older_receivers_session_is_taken_over(tmp_path: Path) -> None:
    """
    What the broker had kept of alarms for the one session of old is stored; from then on each comes once,
    over the lane of alarms.
    """
    box, kept, fresh = Box(epoch=EPOCH), new_event_id(), new_event_id()
    with running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish:
        settings = settings_for(port)
        old = MqttSession(settings, [([*filters(WARD), *call_filters(WARD)], 1)], Protocol.V5, kept=True)
        old.open(lambda: False, other_may_work=False)
        old.close()
        publish([box.birth(oldest=1), box.alarm(kept)])
        with receiving(tmp_path / "data", settings) as reader:
            until(lambda: is_connected(reader), "connected")
            until(lambda: len(reader.alarms.alarms(9)) == 1, "the alarm that was kept")
            publish([box.alarm(fresh), box.health()])
            until(lambda: reader.boxes()[0].last_seq == 3 and len(reader.alarms.alarms(9)) == 2, "both")
            assert "duplicates" not in reader.summary().counters


def test_a_batch_that_fails_forgets_no_alarms_number(tmp_path: Path) -> None:
    """
    The batch that would have counted those that came to their own file is rolled back; the next does it.
    """
    box, event_id = Box(epoch=EPOCH), new_event_id()
    with (contextlib.closing(Store(tmp_path, WARD)) as store,
          contextlib.closing(CallStore(tmp_path, WARD)) as calls):
        store.take([box.birth(oldest=1)], NOW)
        calls.take([box.alarm(new_event_id())], NOW)
        (tmp_path / "images").write_text("in the way: no folder can be made here")
        with pytest.raises(StoreBusyError, match="images"):
            store.take([box.picture(event_id)], NOW)
        assert Reader(tmp_path).boxes()[0].last_seq is None
        store.keep_up(NOW)
    assert 1 == Reader(tmp_path).boxes()[0].last_seq


def test_a_lane_waits_for_its_file(tmp_path: Path) -> None:
    """
    A file that somebody holds at the start ends nothing: it is tried again, until it opens or we are to stop.
    """
    faults, stop = [StoreBusyError("held"), StoreBusyError("held")], threading.Event()

    def open_lane() -> Lane:
        if faults:
            raise faults.pop()
        return MainLane(tmp_path, WARD, None)

    lane = opened(open_lane, stop, Backoff(first_s=0.001, cap_s=0.001))
    assert lane is not None
    lane.close()
    stop.set()
    assert opened(open_lane, stop, Backoff(first_s=0.001, cap_s=0.001)) is None


def test_a_damaged_store_keeps_no_call_back(tmp_path: Path) -> None:
    """
    Whoever restarts a receiver whose ward.db does not read back has its alarms all the same.
    """
    (tmp_path / "ward.db").write_bytes(b"damaged" * 1000)
    box, alarm_id = Box(epoch=EPOCH), new_event_id()
    with running(mosquitto(tmp_path / "broker")) as port:
        supervisor = Supervisor()
        start_station(supervisor, settings_for(port), Station(tmp_path, WARD, 36500))
        try:
            until(lambda: (link := link_of(tmp_path)) is not None and link.state == "connected", "calls")
            with publisher(port) as publish:
                publish([box.alarm(alarm_id)])
                reader = Reader(tmp_path).calls_alone
                until(lambda: reader.alarms.alarm(alarm_id) is not None, "the call")
            assert not supervisor.stop.is_set()
        finally:
            assert supervisor.end(60)


@pytest.mark.parametrize("copied", [False, True])
def test_another_file_of_alarms_is_read_from_its_start(tmp_path: Path, copied: bool) -> None:
    """
    One that was lost and made anew, or put back to an older copy: the numbers in it are counted all the same.
    """
    box, path = Box(epoch=EPOCH), tmp_path / "calls.db"
    with contextlib.closing(CallStore(tmp_path, WARD)):
        pass
    copy = path.read_bytes()
    with contextlib.closing(Store(tmp_path, WARD)) as store:
        store.take([box.birth(oldest=1), *(box.alarm(new_event_id()) for _ in range(3))], NOW)
        store.keep_up(NOW)
    for name in ("calls.db", "calls.db-wal", "calls.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    if copied:
        path.write_bytes(copy)
    with (contextlib.closing(CallStore(tmp_path, WARD)) as calls,
          contextlib.closing(Store(tmp_path, WARD)) as store):
        calls.take([box.alarm(new_event_id())], NOW)
        store.keep_up(NOW)
    assert 4 == Reader(tmp_path).boxes()[0].last_seq


@pytest.mark.parametrize("main_first", [False, True])
def test_alarms_of_before_bring_no_old_journal_back(main_first: bool) -> None:
    """
    Whichever lane opens its file first, a box whose journal began anew is told of the new one's numbers.
    """
    acks, other = AckBook(WARD), "00112233445566bb"
    if main_first:
        acks.put("to-12/hop-1", other, [(1, 2)])
    acks.load([("to-12/hop-1", EPOCH, 7), ("to-12/hop-1", other, 3)])
    acks.put("to-12/hop-1", other, [(1, 2)])
    document = acks.document("to-12/hop-1", "s", 1, 1, 0.0)
    assert (other, 3, []) == (document["epoch"], document["upto_seq"], document["beyond"])


def link_of(folder: Path) -> ReceiverLink | None:
    with contextlib.closing(CallStore(folder, WARD)) as calls:
        told = calls.note("link")
    return ReceiverLink(**json.loads(told)) if told else None


def test_a_damaged_store_is_opened_again_when_it_was_moved_away(tmp_path: Path) -> None:
    """
    Its lane goes on with a new file, of which alone its acks then speak.
    """
    box, acks, stop = Box(epoch=EPOCH), AckBook(WARD), threading.Event()
    with contextlib.closing(Store(tmp_path, WARD, acks)) as store:
        store.take([box.birth(oldest=1), box.health()], NOW)
    assert 1 == acks.document(box.key, "s", 1, 1, 0.0)["upto_seq"]
    path, waits = tmp_path / "ward.db", list[threading.Event]()
    for more in ("-wal", "-shm"):
        path.with_name(f"ward.db{more}").unlink(missing_ok=True)
    path.write_bytes(b"damaged" * 1000)

    def receive() -> None:
        with contextlib.closing(Store(tmp_path, WARD, acks)):
            stop.set()

    def wait(event: threading.Event) -> None:
        waits.append(event)
        path.unlink()

    unless_damaged(receive, stop, wait)
    assert 1 == len(waits)
    assert 0 == acks.document(box.key, "s", 1, 1, 0.0)["upto_seq"]


def test_a_broker_that_forgot_is_told_to_boxes_and_to_the_page(tmp_path: Path) -> None:
    """
    It comes back without our sessions: the ack has another `session`, and the page an incident; a broker that
    comes back with them, and a receiver that is started again, change nothing.
    """
    box, broker = Box(epoch=EPOCH), mosquitto(tmp_path / "broker")
    with running(broker) as port, receiving(tmp_path / "data", settings_for(port), ack_key=ACK_KEY) as reader:
        until(lambda: is_connected(reader), "connected")
        with publisher(port) as publish, listening(port) as heard:
            publish([box.birth(oldest=1), box.health()])
            until(lambda: believed(heard, 1), "an ack")
            before = believed(heard, 1)[-1].session
    with receiving(tmp_path / "data", settings_for(port), ack_key=ACK_KEY) as reader, running(broker):
        until(lambda: is_connected(reader), "connected")
        assert [] == reader.incidents(9)
        broker.stop()
        until(lambda: not is_connected(reader), "lost")
        for file in (tmp_path / "broker").glob("*.db"):
            file.unlink()
        broker.start()
        until(lambda: is_connected(reader), "connected again")
        until(lambda: reader.incidents(9), "the incident")
        with listening(port) as heard:
            until(lambda: heard.arrivals and believed(heard, 1)[-1].session != before, "another session")


def test_killed_between_commit_and_ack_no_ack_says_too_much(tmp_path: Path) -> None:
    """
    kill -9 while records, pictures and alarms stream through: the acks are those that a box believes, in
    their order over all restarts; each covers only what the store has then, and the last one all.
    """
    box, sent = Box(epoch=EPOCH), list[Arrival]()
    sent.append(box.birth(oldest=1))
    for _ in range(40):
        event_id = new_event_id()
        sent += [box.event(event_id, jpeg=JPEG), box.picture(event_id), box.alarm(event_id),
                 box.alarm(event_id, 1, AlarmPhase.ENDED)]
    command = [sys.executable, "-m", "ward.cli", "receive", "--ward", WARD, "--no-tls", "--data",
               str(tmp_path / "data"), "--keep-days", "3650", "--ack-key", str(key_file(tmp_path)),
               "--ack-every-s", "0.2", "--broker"]
    with (running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish,
          listening(port) as heard):
        process = subprocess.Popen([*command, f"127.0.0.1:{port}"])
        until(lambda: (tmp_path / "data/ward.db").exists(), "the store")
        reader = Reader(tmp_path / "data")
        try:
            until(lambda: is_connected(reader), "connected")
            for part in range(3):
                stream = threading.Thread(target=trickle, args=(publish, sent[part * 54:(part + 1) * 54]))
                stream.start()
                goal = len(heard.arrivals) + 2
                until(lambda goal=goal: len(heard.arrivals) >= goal, "some acks")     # type: ignore[misc]
                process.kill()
                process.wait()
                stored = stored_numbers(tmp_path / "data")
                assert all(covered(ack) <= stored for ack in believed(heard, box.seq))
                stream.join()
                process = subprocess.Popen([*command, f"127.0.0.1:{port}"])
            until(lambda: believed(heard, box.seq)[-1].upto_seq == box.seq, "the ack of all")
        finally:
            process.kill()
            process.wait()
    assert len({ack.session for ack in believed(heard, box.seq)}) == 1


def trickle(publish: object, arrivals: Sequence[Arrival]) -> None:
    """A few messages at a time, so that a kill falls between them and not after all."""
    pace = threading.Event()
    for arrival in arrivals:
        publish([arrival])      # type: ignore[operator]
        pace.wait(0.004)


def covered(ack: WardAck) -> set[int]:
    return {seq for first, last in ((1, ack.upto_seq), *ack.beyond) for seq in range(first, last + 1)}


def stored_numbers(folder: Path) -> set[int]:
    """What both files have, looked up without any of our code."""
    with contextlib.closing(sqlite3.connect(folder / "ward.db")) as db:
        db.execute("ATTACH ? AS calls", (str(folder / "calls.db"),))
        rows = db.execute(
            "SELECT seq FROM calls.alarm_records UNION SELECT json_extract(envelope, '$.seq') FROM records"
            " UNION SELECT told.seq FROM told_pictures AS told JOIN images USING (event_id, role, sha256)")
        return {row[0] for row in rows}


def test_times_of_acks_rise_over_a_clock_that_goes_back(tmp_path: Path) -> None:
    """
    Also over a restart: what was given is written down ahead.
    """
    acks = AckBook(WARD)
    acks.start_time(5000)
    assert [5001, 5002, 9000, 9001] == [acks.next_time_ms(now_ms) for now_ms in (10, 20, 9000, 30)]


def test_an_ack_is_due_with_news_and_now_and_then(tmp_path: Path) -> None:
    """
    None before the store was read; at once when a connection begins; then with news, half a second apart, and
    without after the time that was set. A call that comes again is news.
    """
    acks, box = AckBook(WARD, every_s=600), Box().key
    acks.put(box, EPOCH, [(1, 4)])
    assert [] == acks.due(0.0)
    acks.ready()
    assert [box] == acks.due(0.0)
    acks.document(box, "s", 1, 1, 0.0)
    acks.put(box, EPOCH, [(1, 4)])
    assert ([], [box]) == (acks.due(599.0), acks.due(600.0))
    acks.name(box, "a.0", 1)
    assert ([], [box]) == (acks.due(0.4), acks.due(0.5))
    acks.document(box, "s", 1, 1, 1.0)
    acks.forget_published()
    assert [box] == acks.due(1.0)
    late_ms = round(timedelta(minutes=10).total_seconds() * 1000) + 2
    assert [] == acks.document(box, "s", 1, late_ms, 2.0)["calls"]


@given(st.lists(st.floats(0, 2), max_size=40))
def test_slices_of_a_sweep_shrink_when_they_hold_the_lock_for_long(held_s: list[float]) -> None:
    """
    Each is between one and two hundred rows; after five that took their time, at most six.
    """
    slices = Slices()
    for seconds in held_s:
        slices.held(seconds)
        assert 1 <= slices.size <= 200
    for _ in range(5):
        slices.held(2 * SLICE_S)
    assert slices.size <= 6


@pytest.mark.parametrize(("mode", "text", "said"), [
    (0o640, None, "want a file that its owner alone can read, found mode 640"),
    (0o600, b"nonsense", "want an Ed25519 private key in PEM without a passphrase"),
    (None, None, "cannot be read")])
def test_a_key_that_cannot_be_used_is_told(tmp_path: Path, mode: int | None, text: bytes | None,
                                           said: str) -> None:
    """
    Readable by others, no key, not there: one line, and out. A good one signs as its public half says.
    """
    path = key_file(tmp_path)
    assert ACK_KEY.kid == load_ack_key(path).kid
    if mode is None:
        path.unlink()
    else:
        path.write_bytes(text or path.read_bytes())
        path.chmod(mode)
    with pytest.raises(FatalError, match=said):
        load_ack_key(path)
