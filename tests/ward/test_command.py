"""`edgebox-ward command` against the box's own delivery and judge, over real brokers."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.base import clock
from edge.base.clock import Stamp
from edge.contract.command import CommandRefusal
from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Raise, Refusal, Request, SelfTest
from tests.brokers import Authority, Broker, Certificate, amqtt, mosquitto, until
from tests.edge.journal.entries import ROOT
from tests.subscriber import Subscriber
from tests.ward.household import BOX, PASSPHRASE, new_key, obeying
from tests.ward.samples import Box as Told
from tests.ward.wire import publisher, running
from ward.cli import main
from ward.store.reader import Reader
from ward.store.rows import CommandRow

ALARM_ID = "019346b2-7c1a-7d3e-8f00-000000000001"
YES = Answer(True, alarm_id=ALARM_ID)


class Station:
    """What an officer types, and what is said to it."""

    def __init__(self, folder: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._port, self._capsys = folder, port, capsys
        self.out = self.err = ""

    def command(self, *words: str, timeout: str = "20s", lang: str = "en") -> int:
        """The exit code; what was printed is in `out` and `err`."""
        code = main([
            "command", *words, "--ward", ROOT.ward, "--no-tls", "--broker", f"127.0.0.1:{self._port}",
            "--command-key", str(self.folder / "ward.key"), "--passphrase-file", str(self.folder / "words"),
            "--data", str(self.folder / "data"), "--timeout", timeout, "--lang", lang])
        self.out, self.err = self._capsys.readouterr()
        return code

    def tls(self, box: str, name: str, ward: Authority, papers: Certificate) -> int:
        """The same with certificates."""
        return main([
            "command", box, name, "--ward", ROOT.ward, "--broker", f"127.0.0.1:{self._port}",
            "--ca", str(ward.ca), "--cert", str(papers.cert), "--key", str(papers.key),
            "--command-key", str(self.folder / "ward.key"), "--passphrase-file", str(self.folder / "words")])

    @property
    def log(self) -> list[CommandRow]:
        """The newest first."""
        return Reader(self.folder / "data").alarms.commands(10)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ward's key, and a key that no box knows; making one takes a while on purpose."""
    folder = tmp_path_factory.mktemp("keys")
    new_key(folder / "ward.key")
    new_key(folder / "other.key")
    (folder / "words").write_text(PASSPHRASE)
    return folder


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = mosquitto(tmp_path / "broker")
    with running(made):
        yield made


@pytest.fixture
def station(keys: Path, tmp_path: Path, broker: Broker, capsys: pytest.CaptureFixture[str]) -> Station:
    for file in keys.iterdir():
        shutil.copy(file, tmp_path)
    return Station(tmp_path, broker.port, capsys)


def is_there(port: int) -> None:
    """Wait for the birth of the box at that broker."""
    ward = Subscriber(port, topic=f"{ROOT.path}/birth")
    until(lambda: ward.on("/birth"), "the birth")
    ward.close()


OFFICER = Actor(AlarmCause.WARD, "Trung uý Lan")


@pytest.mark.parametrize(("words", "asked", "said"), [
    (["siren", "--for", "30s"], Raise(OFFICER, AlarmMode.SIREN, 30.0), "siren and lights are on"),
    (["siren"], Raise(OFFICER, AlarmMode.SIREN), "siren and lights are on"),
    (["light", "--for", "1m30s"], Raise(OFFICER, AlarmMode.LIGHT, 90.0), "the lights are on"),
    (["silence"], Cancel(OFFICER), "the alarm is over"),
    (["arm"], Arm(OFFICER, armed=True), "the camera alarm is on"),
    (["disarm"], Arm(OFFICER, armed=False), "the camera alarm is off"),
    (["selftest", "--with-siren"], SelfTest(OFFICER, with_siren=True), "the self-test runs"),
])
def test_a_box_obeys(station: Station, broker: Broker, words: list[str], asked: Request, said: str) -> None:
    """
    What the officer typed is what the panel is asked, in the officer's name; the answer is told, with the
    alarm, and stands in the log.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", YES) as panel:
        is_there(broker.port)
        assert os.EX_OK == station.command("box-1", *words, "--issuer", "Trung uý Lan"), station.err

    [got] = panel.asked
    [row] = station.log
    assert asked == (replace(got, request_id="") if isinstance(got, Raise) else got)
    assert f"{BOX} obeys: {said}" in station.out
    assert f"alarm {ALARM_ID}" in station.out
    assert (BOX, words[0], "Trung uý Lan", True, ALARM_ID, 1, None) == (
        row.box, row.name, row.issuer, row.accepted, row.alarm_id, row.signings, row.failure)


def test_officers_are_spoken_to_in_their_language(station: Station, broker: Broker) -> None:
    """
    Vietnamese, with what a technician wants to know behind it: what is done, what came of it, why not.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", YES):
        is_there(broker.port)
        assert os.EX_OK == station.command("box-1", "siren", lang="vi"), station.err
    assert f"edgebox-ward: đã gửi tới {BOX}, đang chờ trả lời" in station.err
    assert f"{BOX} đã làm theo: còi và đèn đã bật. (trả lời sau " in station.out
    assert f", báo động {ALARM_ID})" in station.out

    assert os.EX_UNAVAILABLE == station.command("box-1", "siren", lang="vi")
    assert f"Chưa gửi: hộp đang mất kết nối. Hãy gọi điện cho tổ. ({BOX} is offline" in station.err


def test_the_log_has_what_was_sent_and_lets_nothing_go(station: Station, broker: Broker) -> None:
    """
    The document as it was sent, under the id by which the box knows it; no row can be changed or removed.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key") as panel:
        is_there(broker.port)
        station.command(BOX, "siren")
    db = sqlite3.connect(station.folder / "data" / "ward.db")
    [document] = [json.loads(row[0]) for row in db.execute("SELECT document FROM command_signings")]

    [got] = panel.asked
    assert isinstance(got, Raise)
    assert got.request_id == document["cmd_id"]
    for change in ("UPDATE commands SET issuer = 'x'", "UPDATE command_signings SET document = ''",
                   "UPDATE command_results SET accepted = 0", "DELETE FROM commands",
                   "DELETE FROM command_signings"):
        with pytest.raises(sqlite3.IntegrityError, match=r"only added to|kept as it came"):
            db.execute(change)
    db.close()


@pytest.mark.parametrize(("answer", "said"), [
    (Answer(False, Refusal.PAUSE), "refuses, pause: it has just sounded and must rest. Wait a minute"),
    (Answer(False, Refusal.NOTHING), "refuses, nothing: there is no alarm to silence"),
    (Answer(False, Refusal.STOPPING), "refuses, stopping: the alarm part of the box does not answer"),
])
def test_a_refusal_is_explained(station: Station, broker: Broker, answer: Answer, said: str) -> None:
    """
    The reason, what it means and what to do; exit code 77.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", answer):
        is_there(broker.port)
        assert os.EX_NOPERM == station.command("box-1", "silence")

    assert said in station.out
    assert answer.refusal is not None
    assert (False, answer.refusal.value) == (station.log[0].accepted, station.log[0].reason)


@pytest.mark.parametrize(("known", "said"), [
    ("other.key", "refuses, unknown-key: the box does not know this key. Put its .pub into the box's config"),
    (None, "refuses, no-keys: the box was given no key of the ward"),
])
def test_a_key_that_the_box_does_not_know(station: Station, broker: Broker, known: str | None,
                                          said: str) -> None:
    """
    Nothing is done, and where the .pub belongs is told.
    """
    with obeying(station.folder / "box", broker.port, station.folder / known if known else None) as panel:
        is_there(broker.port)
        assert os.EX_NOPERM == station.command("box-1", "siren")
    assert said in station.out
    assert [] == panel.asked


def box_clock(ahead: timedelta, synchronised: bool) -> Stamp:
    return replace(clock.now(), utc=datetime.now(UTC) + ahead, clock_synchronised=synchronised)


@pytest.mark.parametrize(("ahead", "reason"), [
    (timedelta(days=900), CommandRefusal.EXPIRED), (-timedelta(days=900), CommandRefusal.NOT_YET)])
def test_a_box_whose_clock_is_wrong_obeys_all_the_same(station: Station, broker: Broker, ahead: timedelta,
                                                       reason: CommandRefusal) -> None:
    """
    It says that its clock is not synchronised: the command is signed once more for its time, which is said.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", YES,
                 now=lambda: box_clock(ahead, synchronised=False)) as panel:
        is_there(broker.port)
        assert os.EX_OK == station.command("box-1", "siren")

    assert 1 == len(panel.asked)
    assert f"refuses ({reason}): its clock is not synchronised and says" in station.err
    assert "signing once more for its time" in station.err
    assert f"signed a second time ({reason})" in station.out
    assert [(2, True)] == [(row.signings, row.accepted) for row in station.log]


def test_a_box_that_trusts_its_clock_is_not_argued_with(station: Station, broker: Broker) -> None:
    """
    Then it is our clock that is wrong: the refusal stands, and says where to look.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key",
                 now=lambda: box_clock(-timedelta(minutes=3), synchronised=True)) as panel:
        is_there(broker.port)
        assert os.EX_NOPERM == station.command("box-1", "siren")
    assert "refuses, not-yet: this machine's clock is ahead of the box's" in station.out
    assert [] == panel.asked
    assert [1] == [row.signings for row in station.log]


def test_another_boot_is_told(station: Station, broker: Broker) -> None:
    """
    A box that has restarted since the birth that we know: refused, and what to do.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", boot_id=str(uuid.uuid4())):
        is_there(broker.port)
        assert os.EX_NOPERM == station.command("box-1", "siren")
    assert "refuses, other-boot: the box has just restarted. Send it again" in station.out


def test_a_box_that_is_offline_is_sent_nothing(station: Station, broker: Broker) -> None:
    """
    Told plainly, with what to do instead; no command waits for it at the broker; the log knows of it.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key"):
        is_there(broker.port)
    listener = Subscriber(broker.port, topic=ROOT.commands)

    assert os.EX_UNAVAILABLE == station.command("box-1", "siren")

    assert f"{BOX} is offline: nothing was sent" in station.err
    assert "telephone the group" in station.err
    assert [] == listener.on("/cmd/")
    listener.close()
    assert [(BOX, "offline", 0)] == [(row.box, row.failure, row.signings) for row in station.log]


def births(broker: Broker, *boxes: Told) -> None:
    with publisher(broker.port) as publish:
        publish([replace(message, retained=True) for box in boxes
                 for message in (box.birth(), box.status("online"))])


def test_names_that_tell_no_box(station: Station, broker: Broker) -> None:
    """
    None of that name: 68; several: 64, with the ones there are. One wrong letter harms nobody else's box.
    """
    births(broker, Told("cong", "to-1", ROOT.ward), Told("cong", "to-2", ROOT.ward))

    assert os.EX_NOHOST == station.command("cang", "siren")
    assert "cang: no box of this name has ever connected to this broker" in station.err
    assert os.EX_USAGE == station.command("cong", "siren")
    assert "say which of to-1/cong, to-2/cong" in station.err
    assert {"ambiguous", "unknown-box"} == {row.failure for row in station.log}


def test_boxes_are_named_by_their_place(station: Station, broker: Broker) -> None:
    """
    Two of one name are told by place and group, and so is one that does not answer; also for a program.
    """
    with publisher(broker.port) as publish:
        publish([replace(told.birth(title="Chợ Cũ"), retained=True)
                 for told in (Told("cong", "to-1", ROOT.ward), Told("cong", "to-2", ROOT.ward))])

    assert os.EX_USAGE == station.command("cong", "siren")
    assert "say which of Chợ Cũ (to-1/cong), Chợ Cũ (to-2/cong)" in station.err
    assert os.EX_UNAVAILABLE == station.command("to-1/cong", "siren")
    assert "sent to Chợ Cũ (to-1/cong)" in station.err
    assert "Chợ Cũ (to-1/cong): the broker took the command, and nobody listens" in station.err


def test_a_connection_that_breaks_after_sending(station: Station, broker: Broker) -> None:
    """
    Whether the box has obeyed is not known then, and so it is told.
    """
    births(broker, Told("cong", "to-1", ROOT.ward))
    listener = Subscriber(broker.port, topic=f"edge/v1/{ROOT.ward}/to-1/cong/cmd/+")

    def cut() -> None:
        until(lambda: listener.on("/cmd/siren"), "the command")
        broker.kill()

    cutting = threading.Thread(target=cut)
    cutting.start()
    assert os.EX_UNAVAILABLE == station.command("cong", "siren")
    cutting.join()
    listener.close()
    assert "broke; it is tried again" in station.err
    assert "whether it has obeyed is not known" in station.err
    assert [("no-answer", 1)] == [(row.failure, row.signings) for row in station.log]


def test_a_box_that_does_not_answer(station: Station, broker: Broker) -> None:
    """
    Nobody listens: told at once. Somebody listens and says nothing: told after the time, as not known.
    """
    births(broker, Told("cong", "to-1", ROOT.ward))
    assert os.EX_UNAVAILABLE == station.command("to-1/cong", "siren")
    assert "nobody listens for it: the box is not connected, or its config has no" in station.err

    silent = Subscriber(broker.port, topic=f"edge/v1/{ROOT.ward}/to-1/cong/cmd/+")
    assert os.EX_UNAVAILABLE == station.command("to-1/cong", "siren", timeout="3s")
    until(lambda: silent.on("/cmd/siren"), "the command")
    silent.close()
    assert "whether it has obeyed is not known" in station.err
    assert "still waiting for to-1/cong" in station.err
    assert ["no-answer", "unclaimed"] == [row.failure for row in station.log]


def test_no_way_to_the_broker(station: Station, broker: Broker) -> None:
    """
    Told as by the receiver, with the option to look at; the attempt is in the log.
    """
    broker.stop()
    assert os.EX_UNAVAILABLE == station.command("box-1", "siren")
    assert "check the port of --broker, and whether the broker runs" in station.err
    assert ["no-way"] == [row.failure for row in station.log]


def test_a_broker_that_forbids_it(keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A user who may read and not write: told so, exit code 77.
    """
    for file in keys.iterdir():
        shutil.copy(file, tmp_path)
    made = mosquitto(tmp_path / "broker", acl="topic readwrite edge/v1/ward-1/+/+/birth\n"
                                              "topic read edge/v1/ward-1/#\n")
    with running(made):
        births(made, Told("cong", "to-1", ROOT.ward))
        station = Station(tmp_path, made.port, capsys)
        assert os.EX_NOPERM == station.command("cong", "siren"), station.err
    assert "the broker does not let us send this" in station.err
    assert "check its ACL" in station.err


def test_with_certificates_and_no_more_rights_than_it_needs(
        keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Mutual TLS, and an ACL that lets the station write commands alone: the command goes through.
    """
    for file in keys.iterdir():
        shutil.copy(file, tmp_path)
    ward = Authority(tmp_path / "ca")
    desk = ward.issue("desk")
    inner = "edge/v1/ward-1/+/+"
    made = mosquitto(tmp_path / "broker", server=ward.issue("broker"), ca=ward.ca, acl=(
        f"user desk\ntopic read {inner}/birth\ntopic read {inner}/status\ntopic read {inner}/cmd-result\n"
        f"topic write {inner}/cmd/+\nuser box\ntopic readwrite edge/v1/ward-1/group-1/box-1/#\n"))
    papers = ward.issue("box")
    with running(made), obeying(tmp_path / "box", made.port, tmp_path / "ward.key", tls={
            "tls": True, "ca_file": ward.ca, "cert_file": papers.cert, "key_file": papers.key}) as panel:
        station = Station(tmp_path, made.port, capsys)
        until(lambda: station.tls("box-1", "siren", ward, desk) == os.EX_OK, "the box", 40)
    assert 1 == len(panel.asked)


def test_a_broker_of_the_older_version(keys: Path, tmp_path: Path,
                                       capsys: pytest.CaptureFixture[str]) -> None:
    """
    MQTT 3.1.1 by itself, as the receiver.
    """
    for file in keys.iterdir():
        shutil.copy(file, tmp_path)
    made = amqtt(tmp_path / "broker")
    with running(made), obeying(tmp_path / "box", made.port, tmp_path / "ward.key") as panel:
        station = Station(tmp_path, made.port, capsys)
        is_there(made.port)
        assert os.EX_OK == station.command(BOX, "siren", timeout="60s"), station.err
    assert 1 == len(panel.asked)


def test_what_is_not_logged_is_not_sent(station: Station, broker: Broker) -> None:
    """
    A store that cannot be written: nothing leaves, and one line says why.
    """
    (station.folder / "data").write_text("no folder")
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key") as panel:
        is_there(broker.port)
        assert os.EX_IOERR == station.command("box-1", "siren")
    assert [] == panel.asked
    assert "cannot be made" in station.err.splitlines()[-1]


def test_for_programs(station: Station, broker: Broker) -> None:
    """
    One JSON object, also where nothing came of it; the exit code is the same.
    """
    with obeying(station.folder / "box", broker.port, station.folder / "ward.key", YES,
                 Answer(False, Refusal.BUSY)):
        is_there(broker.port)
        assert os.EX_OK == station.command("box-1", "siren", "--json")
        first: dict[str, Any] = json.loads(station.out)
        assert os.EX_NOPERM == station.command("box-1", "selftest", "--json")
        second = json.loads(station.out)
    assert os.EX_NOHOST == station.command("nowhere", "siren", "--json")

    assert {"accepted": True, "box": BOX, "name": "siren", "alarm_id": ALARM_ID, "reason": None,
            "signed_again": None}.items() <= first.items()
    assert 0 < first["answered_in_s"] < 20
    assert (False, "busy") == (second["accepted"], second["reason"])
    assert (None, "unknown-box") == (json.loads(station.out)["accepted"], json.loads(station.out)["reason"])


def test_options_from_a_file(station: Station, broker: Broker) -> None:
    """
    What is always the same stands in a file: `edgebox-ward command @FILE BOX siren --for 30s`.
    """
    folder = station.folder
    (folder / "ward options").write_text(
        f"# the station\n--ward {ROOT.ward} --no-tls\n--broker 127.0.0.1:{broker.port}\n"
        f"--command-key '{folder}/ward.key'\n--passphrase-file {folder}/words\n--issuer 'Trung uý Lan'\n")
    with obeying(folder / "box", broker.port, folder / "ward.key") as panel:
        is_there(broker.port)
        assert os.EX_OK == main(["command", f"@{folder}/ward options", "box-1", "siren", "--for", "30s"])
    assert ["Trung uý Lan"] == [request.actor.name for request in panel.asked]


@pytest.mark.parametrize(("words", "said"), [
    (["box-1", "dance"], "argument WHAT: invalid choice: 'dance'"),
    (["Box 1", "siren"], "argument BOX: want GROUP/BOX, or BOX where its name tells which"),
    (["a/b/c", "siren"], "argument BOX: want GROUP/BOX"),
    (["box-1", "siren", "--for", "30"], "argument --for: want a time such as 30s, 2m or 1m30s, got '30'"),
    (["box-1", "siren", "--for", "nan s"], "want a time such as 30s"),
    (["box-1", "siren", "--for", "4m"], "siren for 240 s: want more than 0 s, at most 180 s"),
    (["box-1", "siren", "--for", "0s"], "siren for 0 s: want more than 0 s"),
    (["box-1", "arm", "--for", "30s"], "arm takes no duration"),
    (["box-1", "siren", "--with-siren"], "only selftest is quiet unless told"),
    (["box-1", "siren", "--issuer", " \t"], "argument --issuer: want a name of 1 to 60 printable characters"),
    (["box-1", "siren", "--timeout", "10m"], "argument --timeout: want 1s to 5m"),
])
def test_wrong_usage_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str],
                             said: str) -> None:
    """
    One line that names the option, what it wants and what it got; 64.
    """
    given = ["command", *words, "--ward", "w", "--broker", "h", "--command-key", str(tmp_path / "k")]
    try:
        code = main(given)
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else -1
    assert os.EX_USAGE == code
    assert said in capsys.readouterr().err.splitlines()[-1]
