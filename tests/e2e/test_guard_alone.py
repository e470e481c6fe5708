"""Guard without uplink, or with one whose journal cannot be had: the alarm stands, and nothing is lost."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import shutil
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from dev.trial_config import ROOT
from edge.gpio.simulated import changes, levels, press
from edge.ipc.channels import CHANNELS, Program
from edge.journal.entry import Rank
from edge.journal.store import Journal
from tests.brokers import free_port
from tests.e2e.notifications import Ear
from tests.e2e.stage import MIB, REPOSITORY, Actor, Stage, surroundings
from tests.mounts import own_card
from tests.subscriber import Subscriber

BUTTON, SIREN, BEACON = 5, 17, 22
BOX = """
[alarm]
siren_s = 120
[outputs]
siren = { kind = "siren", pin = 17 }
beacon = { kind = "beacon", pin = 22 }
[inputs.gate-button]
kind = "panic"
pin = 5
hold_s = 0.1
[cameras.gate]
source = "rtsp://127.0.0.1/gate"
"""
GUARDING = f"guarding {ROOT.path}"
# Root reads and writes whatever the mode says, unless these are taken from it.
AS_ORDINARY_USER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


class Box:
    """Guard as systemd would run it, uplink beside it, and whoever presses the button."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.ear, self.pins = stage, Ear(stage.folder, watchdog_s=1.5), stage.folder / "pins"
        self.wire = Subscriber(stage.broker.port, "looker", "#")
        self.page_port = free_port()
        self.journal = stage.state / "uplink" / "journal.db"
        config = stage.config(BOX)
        text = config.read_text().replace(f'runtime_dir = "{stage.state}/run"',
                                          f'runtime_dir = "{stage.folder}/run"')
        config.write_text(text.replace("enabled = false", f'port = {self.page_port}\nhost = "127.0.0.1"'))
        self.config = config

    def guard(self) -> Actor:
        """Started, whatever becomes of it."""
        return self._start("guard", {**self.ear.environment, "EDGEBOX_PINS": f"simulated:{self.pins}",
                                     "PYTHONPATH": f"{REPOSITORY}:{self.ear.library}"})

    def uplink(self) -> Actor:
        return self._start("uplink", {})

    def start(self) -> tuple[Actor, Actor]:
        """Guard, ready, and uplink."""
        guard = self.guard()
        self.until(lambda: self.ear.ready, "guard to be ready")
        return guard, self.uplink()

    def _start(self, name: str, changed: dict[str, str]) -> Actor:
        actor = Actor(name, [*AS_ORDINARY_USER, sys.executable, "-m", "edge.cli", name, "--config",
                             str(self.config)], self.stage.folder / f"{name}.log",
                      {**surroundings(), **changed}, None)
        self.stage.actors.append(actor)
        return actor

    def until_status(self, part: str) -> None:
        self.until(lambda: part in self.ear.status, f"the status to say {part!r}")

    def until(self, holds: Callable[[], object], what: str) -> None:
        self.stage.until(holds, what, 60.0)

    def sound(self) -> None:
        """Somebody presses until the siren is heard."""
        press(self.pins, BUTTON, "high")
        press(self.pins, BUTTON, "low")
        self.until(lambda: levels(self.pins).get(SIREN), "the siren to sound")

    def silenced(self) -> int:
        """How often the siren went off after it had sounded."""
        heard = [change.level for change in changes(self.pins) if change.gpio == SIREN]
        return sum(before and not now for before, now in itertools.pairwise(heard))

    def page(self) -> int:
        """The status with which the group's page, started now, answers a phone that it does not know."""
        page = self.stage.page(self.config)
        self.until(lambda: "group page: address" in page.text, "the page")
        self.until(lambda: "roster open" in (self.stage.folder / "guard.log").read_text(), "the members")
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        link = http.client.HTTPSConnection("127.0.0.1", self.page_port, context=anybody)
        link.request("GET", "/")
        with link.getresponse() as answer:
            return answer.status

    def told(self) -> list[str]:
        """What the ward has heard of alarms."""
        return [it.json["data"]["phase"] for it in self.wire.on("/alarm")]


@pytest.fixture
def box(stage: Stage) -> Box:
    return Box(stage)


def test_nothing_of_the_alarm_needs_an_uplink(box: Box) -> None:
    """
    There is none: guard is ready at once, feeds the watchdog, and siren and page work. When one comes the
    ward hears of the call.
    """
    guard = box.guard()
    box.until(lambda: box.ear.ready, "guard to be ready")
    fed = box.ear.meals
    box.sound()
    box.until(lambda: box.ear.meals > fed + 2, "the watchdog to be fed")
    assert http.HTTPStatus.UNAUTHORIZED == box.page()
    assert [] == box.told()

    box.uplink()
    box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")

    assert (1, 0) == (guard.text.count("guarding: "), box.silenced())
    assert 0 == guard.stop()


def test_an_uplink_that_hangs_hinders_nothing(box: Box) -> None:
    """
    It is stopped with a connection open: the siren sounds, guard tells what is wrong with it, and the ward
    hears once it goes on.
    """
    _, uplink = box.start()
    box.until(lambda: "ward connected" in uplink.text, "uplink to be connected")
    process = psutil.Process(uplink.pid)
    process.suspend()
    began_s = time.monotonic()
    box.sound()
    assert time.monotonic() - began_s < 2.0
    box.until_status("journal: journal-bad: edgebox uplink does not run or hangs")
    assert [] == box.told()

    process.resume()
    box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")
    box.until(lambda: box.ear.status == GUARDING, "everything to work")
    assert 0 == box.silenced()


def test_a_call_outlives_the_journal_that_had_it(box: Box) -> None:
    """
    Uplink said that the call is durable, and then its journal was lost before the ward had it: guard has kept
    the call and hands it to the next uplink. Once the ward has it, guard keeps it no more.
    """
    ledger = box.stage.state / "guard/calls.json"
    box.stage.broker.stop()
    _, uplink = box.start()
    box.until(lambda: box.journal.exists(), "a journal")
    box.sound()
    box.until(lambda: box.stage.book.owed(9, ranks=[Rank.ALARM]), "the call to be durable")
    box.stage.close_book()
    uplink.kill()
    for path in box.journal.parent.glob("journal.*"):
        path.unlink()
    assert "raised" in ledger.read_text()

    box.stage.broker.start()
    wire = Subscriber(box.stage.broker.port, "looker-2", "#")
    box.uplink()
    box.until(lambda: wire.on("/alarm"), "the ward to hear of the alarm")
    box.until(lambda: "raised" not in ledger.read_text(), "guard to hear that it did")


@pytest.mark.skipif(bool(AS_ORDINARY_USER) and not shutil.which("setpriv"), reason="root needs setpriv")
def test_a_folder_without_rights_keeps_nothing_from_sounding(box: Box) -> None:
    """
    Nobody may write the folder: guard is ready and soon says why the ward hears nothing, the siren sounds;
    once it may be written, the same processes store the alarm and the ward hears of it.
    """
    box.stage.state.mkdir(mode=0)
    guard, _ = box.start()
    box.until_status(f"journal: journal-bad: journal: box.state_dir {box.stage.state}")
    assert box.ear.status.startswith(f"{GUARDING}, but: ")
    box.sound()
    assert [] == box.told()

    box.stage.state.chmod(0o700)
    box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")
    box.until(lambda: box.ear.status == GUARDING, "everything to work")

    assert (1, 0) == (guard.text.count("guarding: "), box.silenced())
    assert 0 == guard.stop()


def test_a_journal_of_a_newer_version_is_told_and_not_touched(box: Box) -> None:
    """
    It holds what is owed to the ward, and an uplink of that version will come again: guard sounds without.
    """
    box.journal.parent.mkdir(parents=True)
    Journal.open(box.journal, 64 * MIB).close()
    with contextlib.closing(sqlite3.connect(box.journal, isolation_level=None)) as db:
        db.execute("ALTER TABLE item ADD COLUMN of_tomorrow TEXT")
        db.execute("PRAGMA user_version = 7")
    before = box.journal.read_bytes()

    box.start()

    box.until_status(f"journal: journal-bad: journal: {box.journal}: ")
    assert "newer" in box.ear.status
    box.sound()
    assert before == box.journal.read_bytes()


def test_a_state_folder_that_cannot_be_made_keeps_nothing_from_sounding(box: Box) -> None:
    """
    Something else is in its place: the status names the key and the folder.
    """
    box.stage.state.write_text("a file")

    box.start()

    box.until_status(f"journal: box.state_dir {box.stage.state}")
    assert 1 == box.ear.status.count(f"{box.stage.state}/uplink: ")        # once, whoever found it
    box.sound()


def test_sockets_that_cannot_be_made_keep_nothing_from_sounding(box: Box) -> None:
    """
    Something else is in the place of every socket of guard: the status names each, and siren and button work.
    """
    taken = [channel for channel in CHANNELS if channel.receiver is Program.GUARD]
    for channel in taken:
        channel.path(box.stage.folder / "run").mkdir(parents=True)
    guard = box.guard()

    box.until(lambda: box.ear.ready, "guard to be ready")
    for channel in taken:
        box.until_status(f"socket {channel.name}: {channel.path(box.stage.folder / 'run')}: want to make")
    box.sound()

    assert 0 == guard.stop()


def test_a_damaged_journal_that_another_holds_keeps_nothing_from_working(box: Box) -> None:
    """
    It can be repaired only once the other lets go of it: until then siren and page work; then uplink repairs
    it by itself, and the alarm is in it.
    """
    box.journal.parent.mkdir(parents=True)
    other = Journal.open(box.journal, 512 * MIB)
    with box.journal.open("r+b") as file:
        file.write(b"a worn card ")
    guard, uplink = box.start()
    box.until_status(f"journal: journal-bad: journal: {box.journal}: damaged")
    box.sound()
    assert http.HTTPStatus.UNAUTHORIZED == box.page()

    other.close()
    box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")
    box.until(lambda: box.ear.status == GUARDING, "everything to work")

    assert "journal damaged, rebuilt" in uplink.text
    assert (1, 0) == (guard.text.count("guarding: "), box.silenced())


def test_a_journal_that_fails_later_does_not_end_the_alarm(box: Box) -> None:
    """
    The file is gone while the siren sounds: it sounds on; uplink, the same process, begins a new journal, and
    guard leaves the alarm to whichever guard comes next.
    """
    guard, uplink = box.start()
    box.until(lambda: "ward connected" in uplink.text, "uplink to be connected")
    box.sound()
    box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")

    for path in (box.stage.state / "uplink").glob("journal.db*"):
        path.unlink()
    box.until(lambda: "journal failed, it is opened anew" in uplink.text, "uplink to notice")
    box.until(lambda: "journal open again" in uplink.text, "a new journal")
    box.until(lambda: box.ear.status == GUARDING, "everything to work")

    assert (1, 0) == (guard.text.count("guarding: "), box.silenced())
    assert 0 == guard.stop()
    assert "ended" not in box.told()        # the next guard goes on with it


def test_a_bad_config_is_not_ready(box: Box) -> None:
    """
    Exit code 78 before systemd hears that anything is ready, so that it does not start guard again.
    """
    with box.config.open("a") as file:
        file.write("\n[commands]\nkeys = [\"nowhere.pub\"]\n")
    guard = box.guard()
    guard.may_fail = True

    assert os.EX_CONFIG == guard.wait(60.0)
    assert not box.ear.ready
    assert "nowhere.pub" in box.ear.status


def test_a_box_on_a_read_only_card_is_heard(box: Box) -> None:
    """
    It starts again on a card that takes nothing: siren and page work, the ward sees it online and hears of
    the call, without a number; and it is a fault.
    """
    with own_card(box.stage.state, "64m") as card:
        guard, uplink = box.start()
        box.until(lambda: "ward connected" in uplink.text, "uplink to be connected")
        box.until(lambda: "roster open" in guard.text, "the members")
        box.until(lambda: box.wire.on("/panel"), "the first record")
        assert (0, 0) == (guard.stop(), uplink.stop())
        card.make_read_only()
        box.start()
        box.sound()
        box.until(lambda: "raised" in box.told(), "the ward to hear of the alarm")
        assert http.HTTPStatus.UNAUTHORIZED == box.page()
        box.until_status("calls-unsaved")
        assert [None] == [it.json.get("seq") for it in box.wire.on("/alarm")]
        assert 2 == len(box.wire.on("/birth"))
        assert "online" == box.wire.on("/status")[-1].json["data"]["state"]
