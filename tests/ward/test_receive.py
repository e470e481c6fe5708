"""The receiver against real brokers: nothing lost, nothing double, and plain words when it cannot."""

from __future__ import annotations

import logging
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract.messages import Phase
from edge.errors import FatalError
from tests.ward.brokers import Mosquitto, amqtt, free_port, publisher, wait_until
from tests.ward.samples import JPEG, WARD, Box, new_event_id
from ward.mqtt import BrokerSettings
from ward.receive import Receiver
from ward.store.intake import Arrival
from ward.store.reader import Reader
from ward.store.rows import EventFilter
from ward.store.writer import Store


def settings_for(port: int, **changes: object) -> BrokerSettings:
    return replace(BrokerSettings("127.0.0.1", port, "test-ward", tls=False), **changes)  # type: ignore[arg-type]


@contextmanager
def receiving(folder: Path, settings: BrokerSettings) -> Iterator[Reader]:
    """A receiver in a thread of this process; ended and joined."""
    stop = threading.Event()

    def run() -> None:
        store = Store(folder, WARD)
        try:
            Receiver(settings, WARD, store, keep_days=36500).run(stop)
        finally:
            store.close()

    thread = threading.Thread(target=run, name="receive")
    thread.start()
    try:
        wait_until(lambda: (folder / "ward.db").exists(), "the store")
        yield Reader(folder)
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def is_connected(reader: Reader) -> bool:
    link = reader.link()
    return link is not None and link.state == "connected"


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
    assert {("end", 0)} == {(row.phase, row.picture_rev) for row in rows}
    assert [()] == [row.gaps for row in reader.boxes()]


def test_mosquitto_with_version_5(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    Events, pictures and retained states arrive; junk among them is acknowledged and stops nothing.
    """
    caplog.set_level(logging.INFO)
    box = Box()
    with Mosquitto(tmp_path) as broker, publisher(broker.port) as publish:
        publish([replace(box.birth(), retained=True), replace(box.status("online"), retained=True)])
        with receiving(tmp_path / "data", settings_for(broker.port)) as reader:
            wait_until(lambda: is_connected(reader), "connected")
            ids, sent = lives(box, 20)
            publish([Arrival(box.root.topic("event/x/y"), b"\x00junk"), *sent,
                     Arrival(box.root.topic(f"image/{ids[0]}/00"), JPEG)])
            wait_until(lambda: reader.summary().records.get("end") == 20, "twenty lives")
            assert_whole(reader, ids)
            assert {"to-12/hop-1": "online"} == reader.box_states()
            assert 2 == reader.summary().counters["refused"]
    assert any("broker connected: " in line and "protocol=5 session=new" in line for line in caplog.messages)


def test_amqtt_with_version_311(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A broker of the older version is spoken to in it, by itself.
    """
    caplog.set_level(logging.INFO)
    with amqtt(tmp_path) as port, receiving(tmp_path / "data", settings_for(port)) as reader:
        wait_until(lambda: is_connected(reader), "connected")
        with publisher(port) as publish:
            ids, sent = lives(Box(), 10)
            publish(sent)
        wait_until(lambda: reader.summary().records.get("end") == 10, "ten lives")
        assert_whole(reader, ids)
    assert any("protocol=3.1.1" in line for line in caplog.messages)


def test_what_came_while_it_was_away_is_kept(tmp_path: Path) -> None:
    """
    The broker keeps the session of a receiver that was stopped; all is there when it is back.
    """
    box = Box()
    with Mosquitto(tmp_path) as broker, publisher(broker.port) as publish:
        with receiving(tmp_path / "data", settings_for(broker.port)) as reader:
            wait_until(lambda: is_connected(reader), "connected")
        ids, sent = lives(box, 50)
        publish(sent)
        with receiving(tmp_path / "data", settings_for(broker.port)) as reader:
            wait_until(lambda: reader.summary().records.get("end") == 50, "fifty lives")
            assert_whole(reader, ids)


def test_a_broker_that_goes_and_comes_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    One line when it is lost, one when it is back, however often it was tried in between.
    """
    caplog.set_level(logging.INFO)
    with Mosquitto(tmp_path) as broker, receiving(tmp_path / "data", settings_for(broker.port)) as reader:
        wait_until(lambda: is_connected(reader), "connected")
        broker.stop()
        wait_until(lambda: not is_connected(reader), "lost")
        broker.start()
        wait_until(lambda: is_connected(reader), "connected again")
    lines = [line for line in caplog.messages if line.startswith("broker ")]
    assert ["connected", "lost", "lost", "connected"] in (
        [line.split()[1].rstrip(":") for line in lines], ["connected", "lost", *(
            line.split()[1].rstrip(":") for line in lines[1:])])


def run_tool(folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "receive.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "ward.cli", "receive", "--ward", WARD, "--broker", f"127.0.0.1:{port}",
             "--no-tls", "--data", str(folder / "data"), "--keep-days", "3650"], stdout=log, stderr=log)


def trickle(publish: Callable[[Sequence[Arrival]], None], arrivals: Sequence[Arrival]) -> None:
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
    with Mosquitto(tmp_path) as broker, publisher(broker.port) as publish:
        process = run_tool(tmp_path, broker.port)
        wait_until(lambda: (tmp_path / "data/ward.db").exists(), "the store")
        reader = Reader(tmp_path / "data")

        def has(count: int) -> bool:
            summary = reader.summary()
            return sum(summary.records.values()) + sum(summary.images.values()) >= count

        try:
            wait_until(lambda: is_connected(reader), "connected")
            for part in range(6):
                stream = threading.Thread(target=trickle, args=(publish, sent[part * 75:(part + 1) * 75]))
                stream.start()
                goal = 75 * part + dice.randint(1, 60)
                wait_until(lambda goal=goal: has(goal), "some messages")  # type: ignore[misc]
                process.kill()
                in_flight += stream.is_alive()
                process.wait()
                stream.join()
                process = run_tool(tmp_path, broker.port)
            assert in_flight > 0
            wait_until(lambda: reader.summary().records.get("end") == 150, "all lives", 40)
            wait_until(lambda: reader.summary().images.get("verified") == 150, "all pictures")
            assert_whole(reader, ids)
            wait_until(lambda: (tmp_path / "receive.log").read_text().count("broker connected") == 7,
                       "the seventh receiver")
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(15)
        finally:
            process.kill()
            process.wait()
    assert not list((tmp_path / "data/images").rglob("*.part"))
    assert 150 == len(list((tmp_path / "data/images").rglob("*.jpg")))


def failure_of(tmp_path: Path, settings: BrokerSettings, caplog: pytest.LogCaptureFixture) -> str:
    """What the receiver logs when it cannot connect."""
    caplog.set_level(logging.INFO)
    with receiving(tmp_path / "data", settings) as reader:
        def failed() -> bool:
            link = reader.link()
            return link is not None and link.state == "retrying"
        wait_until(failed, "the failure")
    return "\n".join(line for line in caplog.messages if line.startswith("broker lost"))


def test_nobody_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    A dead network is told as one, with the address.
    """
    port = free_port()
    said = failure_of(tmp_path, settings_for(port), caplog)
    assert f"127.0.0.1:{port}: no way to the broker: Connection refused" in said


@pytest.mark.parametrize("password", [None, "the-wrong-one"])
def test_bad_credentials(tmp_path: Path, caplog: pytest.LogCaptureFixture, password: str | None) -> None:
    """
    They are told apart from a dead network, say what to check, and never show the password.
    """
    (tmp_path / "users").write_text("")
    secret = tmp_path / "secret"
    secret.write_text(f"{password}\n")
    named = {"username": "ward", "password_file": secret} if password else {}
    with Mosquitto(tmp_path, "allow_anonymous false", f"password_file {tmp_path}/users") as broker:
        said = failure_of(tmp_path, settings_for(broker.port, **named), caplog)
    assert "the broker refuses us" in said
    assert "check --username, --password-file" in said
    assert "the-wrong-one" not in caplog.text


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities; of the first a server and a client, of the second a client."""
    folder = tmp_path_factory.mktemp("papers")
    for authority in ("ca", "other"):
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem", "-days", "2",
                "-subj", f"/CN=test {authority}")
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name, authority in (("server", "ca"), ("client", "ca"), ("stranger", "other")):
        openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
                f"{authority}.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.pem", "-extfile", "san")
    return folder


def tls_lines(papers: Path) -> tuple[str, ...]:
    return ("allow_anonymous true", f"cafile {papers}/ca.pem", f"certfile {papers}/server.pem",
            f"keyfile {papers}/server.key", "require_certificate true")


def test_mutual_tls(tmp_path: Path, papers: Path) -> None:
    """
    With a CA, a certificate and a key, records arrive.
    """
    with Mosquitto(tmp_path, *tls_lines(papers)) as broker:
        settings = settings_for(broker.port, tls=True, ca_file=papers / "ca.pem",
                                cert_file=papers / "client.pem", key_file=papers / "client.key")
        with receiving(tmp_path / "data", settings) as reader:
            wait_until(lambda: is_connected(reader), "connected")


@pytest.mark.parametrize(("changes", "said"), [
    ({"ca_file": "other.pem"}, "the broker's certificate does not hold: .*; check --ca"),
    ({"cert_file": "stranger.pem", "key_file": "stranger.key"},
     "it probably refuses our certificate; check --cert"),
    ({"cert_file": None, "key_file": None}, "it probably wants a certificate; check --cert"),
])
def test_bad_papers(tmp_path: Path, papers: Path, caplog: pytest.LogCaptureFixture,
                    changes: dict[str, str | None], said: str) -> None:
    """
    A broker that we do not trust, and one that does not trust us: each its own words.
    """
    files = {"ca_file": "ca.pem", "cert_file": "client.pem", "key_file": "client.key"} | changes
    paths = {name: papers / file if file else None for name, file in files.items()}
    with Mosquitto(tmp_path, *tls_lines(papers)) as broker:
        assert re.search(said, failure_of(tmp_path, settings_for(broker.port, tls=True, **paths), caplog))


def test_no_tls_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    TLS to a plain port says so, instead of waiting for ever.
    """
    with Mosquitto(tmp_path) as broker:
        said = failure_of(tmp_path, settings_for(broker.port, tls=True), caplog)
    assert "no TLS there" in said or "no way to the broker" in said


def test_unreadable_papers_are_fatal(tmp_path: Path) -> None:
    """
    A missing certificate is not retried: one line, and out.
    """
    store = Store(tmp_path / "data", WARD)
    settings = settings_for(1, tls=True, ca_file=tmp_path / "absent.pem")
    with pytest.raises(FatalError, match=r"absent\.pem: cannot be used for TLS"):
        Receiver(settings, WARD, store, 30).run(threading.Event())
    store.close()


def test_two_receivers_with_one_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """
    They push each other out, and say what to do about it.
    """
    caplog.set_level(logging.INFO)
    with Mosquitto(tmp_path) as broker, receiving(tmp_path / "one", settings_for(broker.port)) as one:
        wait_until(lambda: is_connected(one), "connected")
        with receiving(tmp_path / "two", settings_for(broker.port)):
            wait_until(lambda: "another receiver use client id 'test-ward'" in caplog.text, "the quarrel")
