"""A box that obeys commands: the box's own delivery, judge and journal, with a panel that says yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge.base import clock
from edge.base.clock import Stamp
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.contract.messages import AlarmWish
from edge.contract.signing import VerifyKey, load_keys
from edge.guard.commands.handler import CommandHandler
from edge.guard.commands.lessons import LessonBook
from edge.guard.commands.replay_guard import FILE, ReplayGuard
from edge.guard.commands.verification import CommandScope
from edge.ipc.panel import Answer
from edge.journal.store import Journal
from tests.edge.journal.entries import MIB, ROOT
from tests.edge.uplink.box import Box, plain
from tests.edge.uplink.panel import FakePanel
from ward.command.keys import CommandKey, make_key, open_key, public_path

PASSPHRASE = "một câu đủ dài để giữ khoá"
BOX = f"{ROOT.group}/{ROOT.box}"
CAMERAS = {"cong-truoc": CameraSettings(source="x.mp4", rules={
    "vao-san": RuleSettings(kind=RuleKind.ENTER),
    "loud": RuleSettings(kind=RuleKind.ENTER, alarm=AlarmWish.SIREN)})}
"""Of the box, for what it is taught."""


def new_key(path: Path) -> CommandKey:
    make_key(path, PASSPHRASE)
    return open_key(path, PASSPHRASE)


@contextmanager
def obeying(folder: Path, port: int, key_file: Path | None, *answers: Answer,
            now: Callable[[], Stamp] = clock.now, boot_id: str | None = None,
            tls: Mapping[str, object] | None = None) -> Iterator[FakePanel]:
    """A box at the broker of `port`; what its panel was asked.

    Args:
        key_file: the ward's private key, whose public half the box was given; None: none was.
        answers: of its panel, one after the other; then yes.
        now: its clock.
        boot_id: what it takes itself for; its birth tells the machine's own.
        tls: its settings for that; plain MQTT without.
    """
    keys: Mapping[str, VerifyKey] = load_keys([public_path(key_file)] if key_file else [])
    identity = CommandScope(ROOT, boot_id or clock.boot_id(), keys)
    folder.mkdir()
    journal, panel = Journal.open(folder / "journal.db", 64 * MIB), FakePanel(*answers)
    journal._db.execute("PRAGMA synchronous = OFF")
    seen = ReplayGuard.load(folder / FILE, identity.boot_id, now().utc)
    lessons = LessonBook(folder / "lessons.json", CAMERAS)
    desk = CommandHandler(identity, panel, journal, seen, lessons, 600, now)
    try:
        with Box(journal, plain(port, **(tls or {})), desk=desk):
            yield panel
    finally:
        journal.close()
