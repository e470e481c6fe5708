"""What all pages are told, while the box's disk comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from edge.base.errors import FatalError, RetryableError
from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.health import Surroundings
from edge.ipc.panel import Actor, Cancel, Raise
from edge.page.feed import Feed
from tests.edge.page.panels import MemoryPanel

CALM = Surroundings({"ngo": "ok"}, True, "Tổ 12")


class Disk:
    """What the feed looks at besides the panel, and how that fails."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.around, self.looks, self.revision = CALM, 0, 1

    def version(self) -> int:
        return self.revision

    def tend(self) -> None:
        return

    def surroundings(self) -> Surroundings:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return self.around


async def seen(feed: Feed, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await feed.wait(feed.number, 0.05)


def test_a_busy_disk_stops_nothing() -> None:
    """
    While what is around cannot be read the last of it stands, the panel is told at once all the same, and
    the news follow when the disk is back.
    """
    async def play() -> None:
        disk, panel = Disk(), MemoryPanel()
        feed = Feed(panel, disk, disk.surroundings)
        running = asyncio.create_task(feed.run())
        await seen(feed, lambda: feed.roster_version == 1)
        disk.error, disk.around = RetryableError("disk busy"), Surroundings()
        looks = disk.looks
        await seen(feed, lambda: disk.looks > looks + 1)
        panel.show(armed=False)
        await seen(feed, lambda: not feed.view.armed)
        assert CALM == feed.around
        disk.error = None
        await seen(feed, lambda: feed.around == Surroundings())
        feed.close()
        await running

    asyncio.run(play())


def test_what_cannot_go_on_comes_out_as_it_is() -> None:
    """
    A damaged file ends the feed with our own error, which guard knows, and leaves no task behind.
    """
    async def play() -> None:
        disk = Disk()
        feed = Feed(MemoryPanel(), disk, disk.surroundings)
        disk.error = FatalError("damaged")
        with pytest.raises(FatalError, match="damaged"):
            await feed.run()
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(play())


def test_the_last_alarm_is_remembered_but_for_a_silent_one() -> None:
    """
    Once over, an alarm is told as the last one, with who raised it; a silent call leaves no trace.
    """
    disk, panel = Disk(), MemoryPanel()
    feed, lan = Feed(panel, disk, disk.surroundings), Actor(AlarmCause.MEMBER, "Lan", "m-1")
    for mode in (AlarmMode.SIREN, AlarmMode.SILENT):
        panel.request(Raise(Actor(AlarmCause.MEMBER, f"Lan {mode}", "m-1"), mode))
        feed.note_view(panel.view())
        panel.request(Cancel(lan))
        feed.note_view(panel.view())
    assert feed.past is not None
    assert "Lan siren" == feed.past.actor.name
