"""The receiver against real brokers: nothing lost, nothing double, and plain words when it cannot."""

from __future__ import annotations

import contextlib
import logging
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.base.mqtt_values import BrokerSettings
from edge.contract.messages import AlarmPhase, PanelPhase, Phase, Role
from tests.brokers import Authority, Certificate, amqtt, free_port, mosquitto, until
from tests.ward.samples import JPEG, THREE, WARD, Box, new_event_id
from tests.ward.wire import Publish, is_connected, publisher, receiving, running, settings_for
from ward.lanes import MainLane
from ward.receive import Receiver
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.rows import EventFilter


def lives(box: Box, count: int) -> tuple[list[str], list[Arrival]]:
    """Whole lives of `count` events with their pictures."""
    ids, sent = [], []
    for _ in range(count):
        event_id = new_event_id()
        ids.append(event_id)
        sent += [box.event(event_id, jpeg=JPEG), box.picture(event_id), box.event(event_id, 1, Phase.END)]
    return ids, sent


def assert_whole(reader: Reader, ids: list[str]) -> None:
    """Every event once, ended, with its picture; every number once."""
    rows = reader.events(EventFilter(), 10_000)
    assert sorted(ids) == sorted(row.event_id for row in rows)
    assert {("end", 0)} == {(row.phase, row.subject and row.subject.rev) for row in rows}
    assert [()] == [row.gaps for row in reader.boxes()]


def test_mosquitto_with_version_5(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Events, pictures of every role and retained states arrive; junk among them is acknowledged and stops
    nothing.
    """
    caplog.set_level(logging.INFO)
    box = Box()
    with running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish:
        publish([replace(box.birth(), retained=True), replace(box.status("online"), retained=True)])
        with receiving(tmp_path / "data", settings_for(port)) as reader:
            until(lambda: is_connected(reader), "connected")
            ids, sent = lives(box, 20)
            publish([Arrival(box.root.topic("event/x/y"), b"\x00junk"), *sent,
                     Arrival(box.root.topic(f"image/{ids[0]}/00"), JPEG)])
            until(lambda: reader.summary().records.get("end") == 20, "twenty lives")
            assert_whole(reader, ids)
            assert ["online"] == [state for _, state, _ in reader.boxes_heard()]
            until(lambda: reader.summary().counters.get("refused") == 2, "both refusals")
            publish([box.event(ids[-1], 2, Phase.END, pictures=THREE), *box.pictures(ids[-1], 2)])
            until(lambda: set(Role) == set(reader.events(EventFilter(), 1)[0].pictures), "all three pictures")
    assert any("broker connected: " in line and "protocol=5 session=new" in line for line in caplog.messages)


def test_amqtt_with_version_311(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A broker of the older version is spoken to in it, by itself.
    """
    caplog.set_level(logging.INFO)
    broker = amqtt(tmp_path / "broker")
    with running(broker) as port, receiving(tmp_path / "data", settings_for(port)) as reader:
        until(lambda: is_connected(reader), "connected")
        with publisher(port) as publish:
            ids, sent = lives(Box(), 10)
            publish(sent)
        until(lambda: reader.summary().records.get("end") == 10, "ten lives")
        assert_whole(reader, ids)
    assert any("protocol=3.1.1" in line for line in caplog.messages)


def test_what_came_while_it_was_away_is_kept(tmp_path: Path) -> None:
    """
    The broker keeps the session of a receiver that was stopped; all is there when it is back.
    """
    box = Box()
    with running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish:
        with receiving(tmp_path / "data", settings_for(port)) as reader:
            until(lambda: is_connected(reader), "connected")
        ids, sent = lives(box, 50)
        publish(sent)
        with receiving(tmp_path / "data", settings_for(port)) as reader:
            until(lambda: reader.summary().records.get("end") == 50, "fifty lives")
            assert_whole(reader, ids)


def test_a_broker_that_goes_and_comes_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Each lane has one line when it is lost, one when it is back, however often it was tried in between.
    """
    caplog.set_level(logging.INFO)
    broker = mosquitto(tmp_path / "broker")
    with running(broker) as port, receiving(tmp_path / "data", settings_for(port)) as reader:
        until(lambda: is_connected(reader), "connected")
        broker.stop()
        until(lambda: not is_connected(reader), "lost")
        broker.start()
        until(lambda: is_connected(reader), "connected again")
    lines = [line for line in caplog.messages if line.startswith("broker ") and "lane=main" in line]
    assert "Unspecified" not in caplog.text
    assert "it is tried again" in lines[1]
    assert ["connected", "lost", "lost", "connected"] in (
        [line.split()[1].rstrip(":") for line in lines], ["connected", "lost", *(
            line.split()[1].rstrip(":") for line in lines[1:])])


def run_tool(folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "receive.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "ward.cli", "receive", "--ward", WARD, "--broker", f"127.0.0.1:{port}",
             "--no-tls", "--data", str(folder / "data"), "--keep-days", "3650"], stdout=log, stderr=log)


def trickle(publish: Publish, arrivals: Sequence[Arrival]) -> None:
    """A few messages at a time, so that a kill falls between them and not after all."""
    pace = threading.Event()
    for arrival in arrivals:
        publish([arrival])
        pace.wait(0.004)


def test_killed_again_and_again_it_loses_nothing(tmp_path: Path) -> None:
    """
    kill -9 at six random moments while 150 lives stream through: all there, none double, no gap.
    """
    box, dice, in_flight = Box(), random.Random(7), 0
    ids, sent = lives(box, 150)
    with running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish:
        process = run_tool(tmp_path, port)
        until(lambda: (tmp_path / "data/ward.db").exists(), "the store")
        reader = Reader(tmp_path / "data")

        def has(count: int) -> bool:
            summary = reader.summary()
            return sum(summary.records.values()) + sum(summary.images.values()) >= count

        try:
            until(lambda: is_connected(reader), "connected")
            for part in range(6):
                stream = threading.Thread(target=trickle, args=(publish, sent[part * 75:(part + 1) * 75]))
                stream.start()
                goal = 75 * part + dice.randint(1, 60)
                until(lambda goal=goal: has(goal), "some messages")  # type: ignore[misc]
                process.kill()
                in_flight += stream.is_alive()
                process.wait()
                stream.join()
                process = run_tool(tmp_path, port)
            assert in_flight > 0
            until(lambda: reader.summary().records.get("end") == 150, "all lives", 40)
            until(lambda: reader.summary().images.get("verified") == 150, "all pictures")
            assert_whole(reader, ids)
            until(lambda: (tmp_path / "receive.log").read_text().count("lane=main protocol=5") == 7,
                       "the seventh receiver")
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(60)
        finally:
            process.kill()
            process.wait()
    assert not list((tmp_path / "data/images").rglob("*.new"))
    assert 150 == len(list((tmp_path / "data/images").rglob("*.jpg")))


def test_killed_again_and_again_it_loses_no_alarm(tmp_path: Path) -> None:
    """
    kill -9 at four random moments while 60 alarms, with panels and answers, stream through: each is there
    once with its whole life, the panel is the latest, no number is missing.
    """
    box, dice, sent = Box(), random.Random(11), list[Arrival]()
    ids = [new_event_id() for _ in range(60)]
    for alarm_id in ids:
        sent += [box.alarm(alarm_id), box.panel(PanelPhase.SOUNDING), box.result(new_event_id()),
                 box.alarm(alarm_id, 1, AlarmPhase.JOINED), box.alarm(alarm_id, 2, AlarmPhase.ENDED),
                 box.panel(PanelPhase.IDLE)]
    with running(mosquitto(tmp_path / "broker")) as port, publisher(port) as publish:
        process = run_tool(tmp_path, port)
        until(lambda: (tmp_path / "data/ward.db").exists(), "the store")
        reader = Reader(tmp_path / "data")
        try:
            until(lambda: is_connected(reader), "connected")
            for part in range(4):
                stream = threading.Thread(target=trickle, args=(publish, sent[part * 90:(part + 1) * 90]))
                stream.start()
                goal = 15 * part + dice.randint(1, 12)
                until(lambda goal=goal: len(reader.alarms.alarms(99)) >= goal,  # type: ignore[misc]
                      "some alarms")
                process.kill()
                process.wait()
                stream.join()
                process = run_tool(tmp_path, port)
            until(lambda: reader.summary().alarms == {"ended": 60}, "all alarms", 40)
            # The lane of alarms may be ahead of that of panels and answers.
            until(lambda: [box.last_seq for box in reader.boxes()] == [360], "the last number")
            until(lambda: sum(reader.summary().gaps.values()) == 0, "all numbers")
        finally:
            process.kill()
            process.wait()
    rows, [row] = reader.alarms.alarms(99), reader.boxes()
    assert (sorted(ids), {2}) == (sorted(row.alarm_id for row in rows), {row.rev for row in rows})
    assert row.panel is not None
    assert ("idle", 360, ()) == (row.panel.phase, row.last_seq, row.gaps)
    db = sqlite3.connect(tmp_path / "data" / "ward.db")
    db.execute("ATTACH ? AS calls", (str(tmp_path / "data" / "calls.db"),))
    assert [180, 60] == [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                         for table in ("alarm_records", "command_results")]
    db.close()


def failure_of(tmp_path: Path, settings: BrokerSettings, caplog: pytest.LogCaptureFixture) -> str:
    """What the receiver logs when it cannot connect."""
    caplog.set_level(logging.INFO)
    with receiving(tmp_path / "data", settings) as reader:
        def failed() -> bool:
            link = reader.link()
            return link is not None and link.state == "retrying"
        until(failed, "the failure")
    return "\n".join(line for line in caplog.messages if line.startswith("broker lost"))


def test_nobody_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A dead network is told as one, with the address.
    """
    port = free_port()
    said = failure_of(tmp_path, settings_for(port), caplog)
    assert f"nobody listens at 127.0.0.1:{port}; check the port of --broker" in said


@pytest.mark.parametrize("password", [None, "the-wrong-one"])
def test_bad_credentials(tmp_path: Path, caplog: pytest.LogCaptureFixture, password: str | None) -> None:
    """
    They are told apart from a dead network, say what to check, and never show the password.
    """
    secret = tmp_path / "secret"
    secret.write_text(f"{password}\n")
    named = {"username": "ward", "password_file": secret} if password else {}
    with running(mosquitto(tmp_path / "broker", passwords={"somebody": "else"})) as port:
        said = failure_of(tmp_path, settings_for(port, **named), caplog)
    assert "does not authorise this machine; check --username, --password-file, --cert, and" in said
    assert "the-wrong-one" not in caplog.text


@dataclass(frozen=True)
class Papers:
    """Two authorities; of the first a server and a client, of the second a client."""

    ward: Authority
    other: Authority
    server: Certificate
    client: Certificate
    stranger: Certificate


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")
    ward, other = Authority(folder / "ward"), Authority(folder / "other", "Other CA")
    return Papers(ward, other, ward.issue("server"), ward.issue("receiver"), other.issue("stranger"))


def test_mutual_tls(tmp_path: Path, papers: Papers) -> None:
    """
    With a CA, a certificate and a key, records arrive.
    """
    with running(mosquitto(tmp_path / "broker", server=papers.server, ca=papers.ward.ca)) as port:
        settings = settings_for(port, tls=True, ca_file=papers.ward.ca, cert_file=papers.client.cert,
                                key_file=papers.client.key)
        with receiving(tmp_path / "data", settings) as reader:
            until(lambda: is_connected(reader), "connected")


@pytest.mark.parametrize(("trusts", "shows", "said"), [
    ("other", "client", "the broker's certificate at .* is signed by a CA that --ca does not hold; name who"),
    ("ward", "stranger", "our certificate is signed by a CA that the broker does not know; have the ward's"),
    ("ward", None, "our certificate was not sent; set --cert and --key"),
])
def test_bad_papers(tmp_path: Path, papers: Papers, caplog: pytest.LogCaptureFixture,
                    trusts: str, shows: str | None, said: str) -> None:
    """
    A broker that we do not trust, and one that does not trust us: each its own words.
    """
    shown = getattr(papers, shows) if shows else None
    files = {"ca_file": getattr(papers, trusts).ca, "cert_file": shown.cert if shown else None,
             "key_file": shown.key if shown else None}
    with running(mosquitto(tmp_path / "broker", server=papers.server, ca=papers.ward.ca)) as port:
        assert re.search(said, failure_of(tmp_path, settings_for(port, tls=True, **files), caplog))


def test_a_broker_that_freezes(tmp_path: Path) -> None:
    """
    A connection that nobody answers is given up after two keep-alives, and taken up again.
    """
    broker = mosquitto(tmp_path / "broker")
    with running(broker) as port, receiving(tmp_path / "data", settings_for(port, keepalive_s=1)) as reader:
        until(lambda: is_connected(reader), "connected")
        broker.freeze()
        until(lambda: not is_connected(reader), "lost")
        broker.thaw()
        until(lambda: is_connected(reader), "connected again")


def test_a_broker_that_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A server of something else on that port is told, and does not end the receiver.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(b"\x20\x03\xff\xff\xff HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        said = failure_of(tmp_path, settings_for(server.getsockname()[1]), caplog)
        server.shutdown(socket.SHUT_RDWR)
    assert re.search("is no MQTT broker|that it is an MQTT broker", said), said


def test_no_tls_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    TLS to a plain port says so, instead of waiting for ever.
    """
    with running(mosquitto(tmp_path / "broker")) as port:
        said = failure_of(tmp_path, settings_for(port, tls=True), caplog)
    assert "it speaks no TLS (check the port of --broker and --no-tls)" in said


def test_unreadable_papers_are_fatal(tmp_path: Path) -> None:
    """
    A missing certificate is not retried: one line, and out.
    """
    settings = settings_for(1, tls=True, ca_file=tmp_path / "absent.pem")
    with (contextlib.closing(MainLane(tmp_path / "data", WARD, None)) as lane,
          pytest.raises(FatalError, match=r"--ca .*absent\.pem: no such file")):
        Receiver(settings, lane).run(threading.Event())


def test_two_receivers_with_one_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    They push each other out, and say what to do about it.
    """
    caplog.set_level(logging.INFO)
    broker = mosquitto(tmp_path / "broker")
    with running(broker) as port, receiving(tmp_path / "one", settings_for(port)) as one:
        until(lambda: is_connected(one), "connected")
        with receiving(tmp_path / "two", settings_for(port)):
            until(lambda: "another receiver use client id 'test-ward'" in caplog.text, "the quarrel")
