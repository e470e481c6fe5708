"""`edgebox status` and `edgebox logs`, beside a journal that others write."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.base import clock
from edge.base.errors import RetryableError
from edge.base.findings import Finding, Kind, State
from edge.cli import main
from edge.commands.logs import _since
from edge.contract.findings import finding_data
from edge.contract.lessons import LessonsData
from edge.contract.messages import CameraState, PanelData, PanelPhase
from edge.contract.topics import Root
from edge.gpio.pins import hold
from edge.guard.alarm.records import panel_entry
from edge.guard.commands.lessons import lessons_entry
from edge.health.link import only_uplink, write_link
from edge.health.records import health_entry
from edge.journal.entry import Entry, Picture, Rank
from edge.journal.look import look
from edge.journal.store import Journal
from edge.upkeep.status import gather, units
from edge.upkeep.status.service_log import SERVICES, journalctl
from tests.edge.upkeep.doctor.house import config
from tests.edge.watch.learning.street import lesson

ROOT = Root("phuong-5", "to-12", "hop-01")
SINCE = "2026-11-23T12:00:00.000Z"


def event(number: int, phase: str = "new") -> Entry:
    return Entry(Rank.NEW, ROOT.event("gate", "enter"), "edgebox.event.enter", "gate", f"e-{number}", SINCE,
                 number, "boot", json.dumps({"camera": "gate", "rule": "night", "phase": phase,
                                             "object": {"class": "person"}}),
                 event_id=f"event-{number}", ongoing=phase != "end",
                 pictures=(Picture(ROOT.image(f"event-{number}", 0), f"event-{number}", 0, b"\xff\xd8"),))


STUCK = Finding(Kind.INPUT, "door", State.BAD, "input-stuck", what="panic")


def box_at_work(folder: Path) -> tuple[Path, Journal]:
    """As guard and watch leave it behind."""
    path = config(folder)
    (folder / "state/uplink").mkdir(parents=True, exist_ok=True)
    journal = Journal.open(folder / "state/uplink/journal.db", 1024 * 1024)
    stamp = clock.now()
    panel = PanelData(phase=PanelPhase.SOUNDING, armed=True, mains=False, faults=(STUCK.line,),
                      findings=(finding_data(STUCK),), outputs={"horn": True, "yard": False},
                      since=datetime.now(UTC))
    journal.append(health_entry(ROOT, "gate", CameraState.COVERED, "flat", stamp))
    journal.append(panel_entry(ROOT, panel, stamp))
    journal.append(event(1))
    return path, journal


def shown(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> str:
    assert 0 == main(["status", "--config", str(path), "--root", str(path.parent), *arguments])
    return capsys.readouterr().out


def test_what_the_ward_has_taught(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Each lesson that holds, with how often it kept something back; one whose time is over is not listed.
    """
    path, journal = box_at_work(tmp_path)
    empty = " ".join(shown(capsys, path, "--lang", "en").split())
    assert "Not told again none yet" in empty
    lessons = [lesson(days=1000, hours="18:00-06:00"), lesson(days=-1000, number=2)]
    data = LessonsData(lessons=tuple(it.model_copy(update={"muted": 12}) for it in lessons))
    journal.append(lessons_entry(ROOT, data, clock.now()))
    text = shown(capsys, path)
    assert "gate/enter: người, 18:00-06:00, đến" in text
    assert "do Trực ban; đã bỏ qua 12 lần" in text
    assert [lessons[0].id] == [it["id"] for it in json.loads(shown(capsys, path, "--json"))["lessons"]]


def test_lessons_that_cannot_be_read_hide_nothing_else(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The journal may be of another release, or uplink taken over: the rest is shown all the same.
    """
    path, journal = box_at_work(tmp_path)
    entry = lessons_entry(ROOT, LessonsData(), clock.now())
    journal.append(replace(entry, data='{"lessons": [{"until": "2026-11-30T08:00:00"}]}'))
    told = json.loads(shown(capsys, path, "--json"))
    assert ([], "covered") == (told["lessons"], told["cameras"][0]["state"])


def test_a_box_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Cameras, alarm, outputs, faults, queue, connection and the last event, delivered or not.
    """
    path, journal = box_at_work(tmp_path)
    journal.settle([owed.row_id for owed in journal.owed(9)])
    with hold(tmp_path / "run/guard"), only_uplink(tmp_path / "run/uplink"):
        write_link(tmp_path / "run/uplink", True, SINCE)
        told = json.loads(shown(capsys, path, "--json"))
        text = shown(capsys, path, "--lang", "en")
        write_link(tmp_path / "run/uplink", False, SINCE)
        away = json.loads(shown(capsys, path, "--json"))

    assert ("covered", "flat") == (told["cameras"][0]["state"], told["cameras"][0]["detail"])
    assert {"name": "gate/night", "state": "new", "since": SINCE, "detail": "person"} == told["last_event"]
    assert (True, False, True) == (told["ward_up"], away["ward_up"], told["guard_runs"])
    assert told["alarm"]["faults"] == ["input door: input-stuck"]
    assert [("input", "door", "input-stuck")] == [
        (it["kind"], it["name"], it["code"]) for it in told["alarm"]["findings"]]
    for part in ("COVERED (flat)", "THE SIREN SOUNDS, cameras raise no alarm, POWER CUT, ON BATTERY",
                 "panic button door: down for too long", "horn: ON",
                 "yard: off", "gate/night: person", "connected since"):
        assert part in text, text
    journal.close()


def test_what_nobody_sees_now_is_not_told_as_the_present(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With guard dead no state of alarm, siren or lights stands, with watch dead none of a camera: what was told
    last is called so. In Vietnamese there is no word of systemd's or of a program's in it.
    """
    path, journal = box_at_work(tmp_path)
    journal.close()
    dead = units.Unit("edgebox-watch", "failed", "", 3, "", "oom-kill")
    spoke = units.Unit("edgebox-uplink", "active", SINCE, 0, "connected to mqtt.example", "")
    monkeypatch.setattr(gather, "units", lambda: [dead, spoke])
    text = shown(capsys, path)
    for part in ("KHÔNG RÕ: edgebox guard không chạy, nút bấm và còi không dùng được; lần cuối: CÒI ĐANG KÊU",
                 "horn: chưa rõ", "yard: chưa rõ",
                 "gate: KHÔNG RÕ: edgebox watch không chạy; lần cuối: BỊ CHE",
                 "edgebox-watch: HỎNG, đã khởi động lại 3 lần, hết bộ nhớ"):
        assert part in text, text
    assert "connected" not in text
    assert "flat" not in text


def test_a_rule_that_may_raise_makes_arming_worth_telling(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, journal = box_at_work(tmp_path)
    journal.close()
    path.write_text(f'{path.read_text()}\n[cameras.gate.rules.night]\nkind = "enter"\nalarm = "siren"\n')
    with hold(tmp_path / "run/guard"):
        assert "camera alarm: on" in shown(capsys, path, "--lang", "en")


def test_by_whose_word_records_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    The broker's, or the ward's own, and how long ago that was; also of a journal that has never had an ack.
    """
    path, journal = box_at_work(tmp_path)
    assert 'no longer (mqtt.ack = "broker")' in shown(capsys, path, "--lang", "en")
    by_ward = 'host = "127.0.0.1"\nport = 1\ntls = false\nack = "ward"\nack_keys = ["edge.toml"]'
    config(tmp_path, by_ward)
    assert "the ward has signed nothing yet" in shown(capsys, path, "--lang", "en")
    journal.close()
    signed = (datetime.now(UTC) - timedelta(minutes=7, seconds=30)).isoformat()
    with contextlib.closing(sqlite3.connect(tmp_path / "state/uplink/journal.db")) as db, db:
        db.execute("INSERT INTO ward_ack VALUES (1, ?, 's', 3, 0)", (signed,))
    assert "last signed 7 min ago" in shown(capsys, path, "--lang", "en")


@pytest.mark.parametrize(("faults", "runs", "said"), [
    ((), True, "đang báo: hộp tốt"), (("input door: stuck",), True, "đang báo: HỘP CÓ LỖI"),
    ((), False, "chưa rõ")])
def test_a_beacon_tells_how_the_box_is(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                       faults: tuple[str, ...], runs: bool, said: str) -> None:
    """
    Well or a fault while guard makes it wink, never off; without guard nobody knows.
    """
    path = config(tmp_path)
    path.write_text(path.read_text() + "\n[outputs.lamp]\nkind = \"beacon\"\npin = 23\n")
    panel = PanelData(phase=PanelPhase.IDLE, armed=True, mains=None, faults=faults, outputs={"lamp": False},
                      since=datetime.now(UTC))
    (tmp_path / "state/uplink").mkdir(parents=True, exist_ok=True)
    journal = Journal.open(tmp_path / "state/uplink/journal.db", 1024 * 1024)
    journal.append(panel_entry(ROOT, panel, clock.now()))
    journal.close()

    with hold(tmp_path / "run/guard") if runs else contextlib.nullcontext():
        assert f"đèn báo trạng thái lamp: {said}\n" in shown(capsys, path)


def test_a_box_without_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    No journal, no guard, no certificate: told, and nothing is made.
    """
    path = config(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    told = json.loads(shown(capsys, path, "--json"))

    assert (None, None, False) == (told["ward_up"], told["last_event"], told["guard_runs"])
    assert "does NOT run" in shown(capsys, path, "--lang", "en")
    assert before == sorted(tmp_path.rglob("*"))


def another_user(path: Path, asked: int, answer: int) -> None:
    """Somebody of group 4242 who owns nothing: a look for each byte that comes."""
    os.setgroups([])
    os.setgid(4242)
    os.setuid(4243)
    while os.read(asked, 1):
        try:
            seen = look(path)
            os.write(answer, str(seen.records if seen else None).encode())
        except RetryableError as exc:
            os.write(answer, str(exc).encode())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another user has to look")
def test_any_user_of_the_group_may_look() -> None:
    """
    Somebody who owns nothing but shares the group sees the journal while it is written, and after.
    """
    (asked, ask), (answered, answer) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if (child := os.fork()) == 0:           # before SQLite has the file open in this process
            os.close(ask)
            try:
                another_user(folder / "state/uplink/journal.db", asked, answer)
            finally:
                os._exit(0)

        def seen() -> str:
            os.write(ask, b"?")
            return os.read(answered, 1000).decode()

        folder.chmod(0o755)
        journal = box_at_work(folder)[1]
        (folder / "state").chmod(0o2770)
        for each in [folder / "state", *(folder / "state").rglob("*")]:
            os.chown(each, 0, 4242)
        (folder / "state" / "uplink").chmod(0o2770)

        assert "3" == seen()
        journal.append(event(2))
        assert "4" == seen()
        journal.close()
        assert "4" == seen()
        os.close(ask)
        os.waitpid(child, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another user has to look")
def test_somebody_who_may_look_into_nothing_sees_the_rest() -> None:
    """
    The folders of the programs are closed: status says which, and shows what is left without a failure.
    """
    read, write = os.pipe()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        path, journal = box_at_work(folder)
        journal.close()
        closed = [folder / "state/uplink", folder / "run/guard"]
        for each in closed:
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o700)
        if (child := os.fork()) == 0:
            os.setgroups([])
            os.setgid(4242)
            os.setuid(4243)
            with os.fdopen(write, "w") as file, contextlib.redirect_stdout(file):
                print("exit code", main(["status", "--lang", "en", "--config", str(path),
                                         "--root", str(folder)]))
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            text = answer.read()
        os.waitpid(child, 0)

    assert f"may not look into {closed[0]}, {closed[1]}; run as root" in text
    assert f"{closed[0]}/journal.db: not for this user to look at" in text
    assert "does NOT run" not in text
    assert text.endswith("exit code 0\n")


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """
    A look at a journal that is open finds what is there, and a new start can still be alone with the file.
    """
    _, journal = box_at_work(tmp_path)

    one = look(tmp_path / "state/uplink/journal.db")
    journal.append(event(2, "end"))
    two = look(tmp_path / "state/uplink/journal.db")
    journal.close()
    three = look(tmp_path / "state/uplink/journal.db")

    assert one is not None
    assert two is not None
    assert (3, 1, 1) == (one.records, one.pictures, one.open_events)
    assert (4, 6, two) == (two.records, two.last_seq, three)
    assert {"health": 1, "panel": 1, "new": 2} == dict(two.by_rank)
    (tmp_path / "state/uplink").mkdir(parents=True, exist_ok=True)
    Journal.open(tmp_path / "state/uplink/journal.db", 1024 * 1024).close()


def test_what_systemd_says() -> None:
    """
    Installed units alone, each with what it says of itself while it runs, or why it failed.
    """
    said = ("Id=edgebox-guard.service\nLoadState=loaded\nActiveState=active\nNRestarts=2\nResult=success\n"
            "StatusText=guarding edge/v1/a=b\nActiveEnterTimestamp=@1795489200\n\n"
            "Id=edgebox-watch.service\nLoadState=loaded\nActiveState=failed\nNRestarts=0\nResult=watchdog\nStatusText=stopping\n\n"
            "Id=edgebox-renew.timer\nLoadState=not-found\nActiveState=inactive\n")

    assert [units.Unit("edgebox-guard", "active", "2026-11-24T03:00:00+00:00", 2, "guarding edge/v1/a=b", ""),
            units.Unit("edgebox-watch", "failed", "", 0, "", "watchdog")] == units.read(said)


@pytest.mark.parametrize(("given", "understood"), [
    ("1h", "1 hour ago"), ("90m", "90 minute ago"), ("2d", "2 day ago"), ("today", "today")])
def test_since_when(given: str, understood: str) -> None:
    """
    Short words become journalctl's; its own stay.
    """
    assert understood == _since(given)


def test_which_lines() -> None:
    """
    Every service without a name, else those that are named.
    """
    assert len(SERVICES) == sum(word.startswith("--unit=") for word in journalctl([], None, None))
    assert ["--unit=edgebox-guard.service", "--since=1 hour ago", "--lines=5"] == \
        journalctl(["guard"], "1 hour ago", 5)[3:]


def test_a_service_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Refused as wrong usage, with the names that there are.
    """
    assert 64 == main(["logs", "gaurd"])
    assert "guard, watch, uplink, page, firstboot, renew, firewall" in capsys.readouterr().err
