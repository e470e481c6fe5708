"""From a message to the panel and back to the journal: real journal, real files, no network."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge.base.clock import Stamp
from edge.base.values import NS_PER_S
from edge.config.camera_model import CameraSettings
from edge.contract.command import Command, CommandRefusal, CommandResultData
from edge.contract.signing import kid_of
from edge.guard.commands.answers import REFUSALS_PER_MINUTE, UNANSWERED
from edge.guard.commands.handler import LESSONS_PER_MINUTE, WAITING_MAX, CommandHandler
from edge.guard.commands.lessons import LessonBook
from edge.guard.commands.replay_guard import FILE, KEPT, ReplayGuard
from edge.guard.commands.verification import CommandScope
from edge.ipc.panel import Answer, Cancel, Raise, Refusal
from edge.journal.entry import Rank
from edge.journal.store import Journal
from edge.uplink.envelope import of_owed
from tests.brokers import until
from tests.edge.contract.samples import COMMAND, NOT_THAT
from tests.edge.contract.test_asyncapi import schema_of
from tests.edge.guard.commands.orders import INJECTED, KEY, SECRET, Ward, forgeries, signed
from tests.edge.journal.entries import MIB, ROOT, make_entry
from tests.edge.uplink.panel import FakePanel

BOOT = "1c9e3f6a-5d0e-4b62-8f0d-2f5f3d9e7a11"
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WARD = Ward(ROOT, BOOT, NOW)
CAMERAS: dict[str, CameraSettings] = {}
KEYS = {kid_of(KEY.public_key()): KEY.public_key()}


class Clock:
    """The box's clocks, moved by hand."""

    def __init__(self) -> None:
        self.late_s = 0.0

    def __call__(self) -> Stamp:
        return Stamp(NOW + timedelta(seconds=self.late_s), round((1000 + self.late_s) * NS_PER_S), BOOT, True)


class Desk:
    """A desk with all that it needs; `restart` is what a kill of guard does to it."""

    def __init__(self, folder: Path, *answers: Answer, per_minute: int = 600) -> None:
        self.folder, self.per_minute, self.clock = folder, per_minute, Clock()
        self.journal = Journal.open(folder / "journal.db", 64 * MIB)
        self.journal._db.execute("PRAGMA synchronous = OFF")
        self.panel = FakePanel(*answers)
        self.restart()

    def restart(self, boot_id: str = BOOT) -> None:
        seen = ReplayGuard.load(self.folder / "run" / FILE, boot_id, self.clock().utc)
        identity = CommandScope(ROOT, boot_id, KEYS)
        self.lessons = LessonBook.load(self.folder / "lessons.json", CAMERAS)
        self.desk = CommandHandler(identity, self.panel, self.journal, seen, self.lessons, self.per_minute,
                                   self.clock)

    def send(self, payload: bytes, name: str = "siren", retained: bool = False) -> None:
        """One message, dealt with at once."""
        self.desk.arrived(ROOT.command(name), payload, retained)
        self.desk.step(0.0)

    def answers(self) -> list[dict[str, Any]]:
        """What the journal owes to the ward, in order."""
        return [json.loads(owed.payload) for owed in self.journal.owed(2000)]

    def reasons(self) -> list[str | None]:
        return [answer.get("reason") for answer in self.answers()]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def box_that_answers(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(*answers: Answer, per_minute: int = 600) -> Desk:
        made.append(Desk(tmp_path, *answers, per_minute=per_minute))
        return made[-1]
    yield make
    made[-1].journal.close()


def test_a_command_is_asked_of_the_panel_and_answered(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    The answer names the command, its issuer, the alarm and the box's time; one line of the log says the same.
    """
    caplog.set_level("INFO", "commands")
    order = WARD.document()

    box.send(json.dumps(signed(order)).encode())

    asked, = box.panel.asked
    assert isinstance(asked, Raise)
    assert order["cmd_id"] == asked.request_id
    assert [{"cmd_id": order["cmd_id"], "name": "siren", "accepted": True, "alarm_id": "alarm-1",
             "issuer": "Trực ban Phường 5", "at": "2026-03-01T08:00:00Z",
             "clock_synchronised": True}] == box.answers()
    assert [f'command obeyed: name=siren cmd={order["cmd_id"]} issuer="Trực ban Phường 5" '
            "alarm=alarm-1"] == caplog.messages


def test_the_answer_is_a_record_of_the_contract(box: Desk) -> None:
    """
    In the alarms' rank, so before everything else; on cmd-result, not retained; as the published schema says.
    """
    box.journal.append(make_entry(1))
    box.send(WARD.order())
    box.send(b"", "disarm")

    obeyed, refused, event = box.journal.owed(10)
    assert [Rank.ANSWER, Rank.ANSWER, Rank.NEW] == [obeyed.rank, refused.rank, event.rank]
    for owed in (obeyed, refused):
        message = of_owed(owed, ROOT, box.clock(), box.journal.epoch())
        jsonschema.validate(json.loads(message.payload), schema_of("cmd-result"))
        assert (ROOT.command_result, 1, False) == (message.topic, message.qos, message.retain)
        assert ("edgebox.command.result", "box-1") == (owed.type, owed.subject)
        CommandResultData.model_validate(json.loads(message.payload)["data"])
    assert obeyed.id != refused.id


@pytest.mark.parametrize("refusal", list(Refusal))
def test_what_the_panel_refuses_is_answered_with_its_word(
        box_that_answers: Callable[..., Desk], refusal: Refusal) -> None:
    """
    The panel's own reason, with the issuer, and the alarm where there is one.
    """
    box = box_that_answers(Answer(False, refusal, "alarm-7"))

    box.send(WARD.command("silence"), "silence")

    assert isinstance(box.panel.asked[0], Cancel)
    answer, = box.answers()
    assert (False, refusal.value, "alarm-7", "Trực ban Phường 5") == (
        answer["accepted"], answer["reason"], answer["alarm_id"], answer["issuer"])


def test_no_forged_command_is_obeyed(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    Over 60 kinds of forgery, one after the other: the panel hears nothing, each is answered once with its
    reason and logged in one line, which holds nothing that the forger wrote.
    """
    caplog.set_level("INFO", "commands")
    forged = list(forgeries(WARD))
    for forgery in forged:
        box.send(forgery.payload, forgery.name, forgery.retained)

    assert [] == box.panel.asked
    assert [forgery.reason.value for forgery in forged] == box.reasons()
    assert len(forged) == len(caplog.messages)
    written = "".join(caplog.messages)
    assert written.isprintable()
    for foreign in (SECRET, "20.0", INJECTED[1:12], *(json.loads(forgery.payload)["sig"]
                                                      for forgery in forged if forgery.signed)):
        assert foreign not in written
        assert foreign not in json.dumps(box.answers(), ensure_ascii=False)
    assert all(re.fullmatch(r'command refused: name=\S+ cmd=\S+ issuer=("[^"]*"|-) reason=[a-z-]+', line)
               for line in caplog.messages)


def test_a_command_is_obeyed_once(box: Desk) -> None:
    """
    Replayed at once, after a restart, after a kill amid it: refused each time, and told with its issuer.
    """
    order = WARD.order()
    box.send(order)
    box.send(order)
    box.restart()
    box.send(order)
    box.send(WARD.order())

    assert 2 == len(box.panel.asked)
    assert [None, "repeated", "repeated", None] == box.reasons()


def test_it_is_written_down_before_it_is_obeyed(box: Desk) -> None:
    """
    A guard that is killed while the panel works does not obey the same command again.
    """
    order = WARD.order()
    box.panel.go.clear()
    box.desk.arrived(ROOT.command("siren"), order, False)
    killed = threading.Thread(target=box.desk.step, args=(0.0,))
    killed.start()
    until(lambda: box.panel.asked, "the panel to be asked")
    box.restart()                           # beside the old one, which never comes back
    box.send(order)

    assert ["repeated"] == box.reasons()
    box.panel.go.set()
    killed.join(60.0)
    assert 1 == len(box.panel.asked)


def test_another_boot_forgets(box: Desk) -> None:
    """
    What an earlier boot obeyed is refused by its boot_id already; its file does not stand in the way.
    """
    box.send(WARD.order())
    box.restart("another-boot")
    box.send(WARD.order())
    box.send(Ward(ROOT, "another-boot", NOW).order())

    assert [None, "other-boot", None] == box.reasons()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"boot_id": 7}'])
def test_a_damaged_memory_lets_nothing_old_through(box: Desk, content: bytes) -> None:
    """
    Where it cannot be known what was obeyed, nothing is that was issued before; what comes after is.
    """
    order = WARD.order()
    box.send(order)
    (box.folder / "run" / FILE).write_bytes(content)
    box.restart()
    box.send(order)
    box.clock.late_s = 1.0
    box.send(WARD.order(issued=WARD.at(0.5)))

    assert [None, "repeated", None] == box.reasons()


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, -1, 389])
def test_a_full_memory_forgets_nothing_that_could_come_again(box: Desk, step: int) -> None:
    """
    The file stays small, and whichever of all commands so far comes again, in whatever order they came, with
    whatever clock: it is refused.
    """
    box.restart()
    seen = box.desk._seen
    orders = [json.dumps(signed(WARD.document(issued=WARD.at(number * step % (KEPT + 50) / 100),
                                              cmd_id=f"00000000-0000-0000-0000-{number:012}"))).encode()
              for number in range(KEPT + 50)]
    commands = [Command.model_validate_json(order) for order in orders]
    for command in commands:
        seen.note(command)
    again = ReplayGuard.load(box.folder / "run" / FILE, BOOT, NOW)

    assert all(again.knows(command) for command in commands)
    assert (box.folder / "run" / FILE).stat().st_size < 100 * KEPT
    fresh = Command.model_validate_json(WARD.order(issued=WARD.at(30)))
    assert not again.knows(fresh)


def test_what_cannot_be_written_down_is_not_obeyed(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    With no room in the runtime folder a command is refused, and may be sent again when there is.
    """
    order = WARD.order()
    (box.folder / "run").write_text("a file where the folder should be")
    box.send(order)
    (box.folder / "run").unlink()
    box.send(order)

    assert ["unready", None] == box.reasons()
    assert 1 == len(box.panel.asked)
    assert "box.runtime_dir" in caplog.text


def test_too_many_commands_are_refused(box_that_answers: Callable[..., Desk]) -> None:
    """
    Of good commands so many a minute as configured; a refused one may come again when there is room, and
    forged ones take no room of theirs.
    """
    box = box_that_answers(per_minute=3)
    for _ in range(20):
        box.send(b"{}")
    orders = [WARD.order() for _ in range(4)]
    for order in orders:
        box.send(order)
    box.clock.late_s = 59.5
    box.send(orders[3])
    box.clock.late_s = 60.0
    box.send(WARD.order(issued=WARD.at(30), expires=WARD.at(90)))

    assert [None, None, None, "too-many", "too-many", None] == box.reasons()[20:]


def test_teaching_crowds_out_no_siren(box_that_answers: Callable[..., Desk]) -> None:
    """
    "Not that" has a limit of its own and its share of the room: however much of it comes, a siren is obeyed.
    """
    box = box_that_answers(per_minute=1)

    lesson = {key: NOT_THAT[key] for key in NOT_THAT.keys() - COMMAND.keys()}

    def teaching(**changes: object) -> bytes:
        return WARD.command("notthat", **lesson, **changes)

    for _ in range(100):
        box.desk.arrived(ROOT.command("notthat"), teaching(), False)
    box.send(WARD.order())
    for _ in range(LESSONS_PER_MINUTE):
        box.send(teaching(), "notthat")

    assert 1 == len(box.panel.asked)
    reasons = Counter(box.reasons())
    assert LESSONS_PER_MINUTE == reasons["no-such-rule"]
    assert 100 == reasons["too-many"]
    box.clock.late_s = 60.0
    box.send(teaching(issued=WARD.at(30), expires=WARD.at(90)), "notthat")
    assert "no-such-rule" == box.reasons()[-1]


def test_a_flood_is_bounded(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    Of a thousand forged messages so many are answered and logged as a minute may have; the rest is a counter,
    and one line. A good command among them is obeyed.
    """
    for number in range(1000):
        box.send(b"x" * number)
        if number == 900:
            box.send(WARD.order())
    box.clock.late_s = 61.0
    box.send(b"x")

    assert 1 == len(box.panel.asked)
    assert Counter({"malformed": REFUSALS_PER_MINUTE + 1, None: 1}) == Counter(box.reasons())
    assert 1000 - REFUSALS_PER_MINUTE == box.journal.counters()[UNANSWERED]
    assert 1 == caplog.text.count("refused without an answer")


def test_a_slow_panel_holds_nobody_up(box: Desk) -> None:
    """
    While the panel works, messages are put down at once; those beyond the room are answered "too-many".
    """
    stop = threading.Event()
    thread = threading.Thread(target=box.desk.run, args=(stop,))
    box.panel.go.clear()
    box.desk.arrived(ROOT.command("siren"), WARD.order(), False)
    thread.start()
    until(lambda: box.panel.asked, "the panel to be asked")
    for _ in range(WAITING_MAX + 5):
        box.desk.arrived(ROOT.command("light"), WARD.command("light"), False)
    box.panel.go.set()
    until(lambda: len(box.answers()) == 1 + WAITING_MAX + 5, "all answers")
    stop.set()
    thread.join(60.0)

    assert 1 + WAITING_MAX == len(box.panel.asked)
    assert ["too-many"] * 5 == box.reasons()[-5:]


def test_what_comes_at_the_end_is_answered(box: Desk) -> None:
    """
    A command that waits while guard stops is not begun, and its sender is told.
    """
    box.desk.arrived(ROOT.command("siren"), WARD.order(), False)
    stop = threading.Event()
    stop.set()
    box.desk.run(stop)

    assert [] == box.panel.asked
    assert ["stopping"] == box.reasons()


def test_a_busy_journal_delays_the_answer_alone(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    The panel is asked whatever the disk does; the answers follow, in their order, once it takes them.
    """
    blocker = sqlite3.connect(box.folder / "journal.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    box.journal._db.execute("PRAGMA busy_timeout = 1")
    box.send(WARD.order())
    box.send(WARD.command("silence"), "silence")
    asked = len(box.panel.asked)
    blocker.execute("ROLLBACK")
    blocker.close()
    box.clock.late_s = 31.0
    box.desk.step(0.0)

    assert 2 == asked
    assert ["siren", "silence"] == [answer["name"] for answer in box.answers()]
    assert 1 == caplog.text.count("answers to commands wait")


@pytest.mark.parametrize("topic", [
    ROOT.alarm, ROOT.command_result, ROOT.topic("cmd"), ROOT.topic("cmd/siren/now"), ROOT.path, "",
    "edge/v1/ward-1/group-1/box-2/cmd/siren", "edge/v2/ward-1/group-1/box-1/cmd/siren"])
def test_what_is_no_command_to_this_box_is_passed_over(box: Desk, topic: str) -> None:
    """
    Whatever somebody has subscribed our session to: no answer, so that no answer can answer itself.
    """
    box.desk.arrived(topic, WARD.order(), False)
    box.desk.step(0.0)

    assert [] == box.panel.asked
    assert [] == box.answers()


def test_a_topic_of_foreign_text_is_not_repeated(box: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """
    The last part of a topic is anybody's text.
    """
    box.send(WARD.order(), f"siren {INJECTED}")

    assert [("", CommandRefusal.OTHER_NAME.value)] == [(answer["name"], answer["reason"])
                                                       for answer in box.answers()]
    assert "command refused: name=- cmd=" in caplog.text
    assert "".join(caplog.messages).isprintable()
