"""What all pages are told, while guard comes and goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from edge.contract.messages import PanelPhase
from edge.ipc.health import Surroundings
from edge.ipc.page_guard import Follow, Followed
from edge.ipc.panel import PanelView
from edge.ipc.shown import Shown
from edge.page.feed import Feed
from edge.page.guard_link import AwayError, StrangerError

CALM = Shown("run-1", 1, PanelView(1, PanelPhase.IDLE, True), Surroundings(title="Tổ 12"), None, {}, 0)
OWN = replace(CALM, run="run-1-own")


class Guard:
    """Answers what a test has laid ready, at once; raises it where it is an error."""

    def __init__(self) -> None:
        self.shown = CALM
        self.own: dict[str, Shown] = {}
        self.gone: set[str] = set()
        self.error: Exception | None = None
        self.asked: list[tuple[str, ...]] = []
        self.changed = threading.Event()

    def follow(self, asked: Follow) -> Followed:
        self.changed.wait(0.02)
        self.asked.append(asked.credentials)
        if self.error is not None:
            raise self.error
        own = {place: self.own[phone] for place, phone in enumerate(asked.credentials) if phone in self.own}
        return Followed(mark="x", shown=self.shown, own=own, standing=tuple(
            "gone" if phone in self.gone else "member" for phone in asked.credentials))


async def seen(feed: Feed, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await feed.wait(feed.number, 0.05)


def play(script: Callable[[Feed, Guard], object]) -> None:
    """Run the coroutine `script` beside a feed."""
    async def run() -> None:
        guard = Guard()
        feed = Feed(guard)
        running = asyncio.create_task(feed.run())
        await script(feed, guard)       # type: ignore[misc]
        feed.close()
        await running
        assert {asyncio.current_task()} == asyncio.all_tasks()

    asyncio.run(run())


def test_guard_is_asked_for_those_who_listen_and_for_nobody_else() -> None:
    """
    Without an open page guard is asked nothing; a phone that has left is asked for no more.
    """
    async def script(feed: Feed, guard: Guard) -> None:
        await asyncio.sleep(0.1)
        assert [] == guard.asked
        feed.enter("lan")
        feed.enter("hung")
        await seen(feed, lambda: feed.shown_to("lan") == CALM)
        feed.leave("hung")
        await asyncio.sleep(0.1)
        assert ("lan",) == guard.asked[-1]
        assert 1 == feed.listeners

    play(script)


def test_guard_away_is_news_and_so_is_its_return() -> None:
    """
    While guard gives no answer, what was seen last stays and is told as old; then all is well again.
    """
    async def script(feed: Feed, guard: Guard) -> None:
        feed.enter("lan")
        await seen(feed, lambda: feed.shown_to("lan") == CALM)
        number, guard.error = feed.number, AwayError("guard does not answer")
        await seen(feed, lambda: feed.is_away)
        assert (number + 1, CALM) == (feed.number, feed.shown_to("lan"))
        guard.error = None
        await seen(feed, lambda: not feed.is_away)
        assert number + 2 == feed.number

    play(script)


def test_who_may_see_more_sees_more_and_nobody_else() -> None:
    """
    The caller of a silent call is shown it; what the others are shown does not change.
    """
    async def script(feed: Feed, guard: Guard) -> None:
        feed.enter("lan")
        feed.enter("hung")
        await seen(feed, lambda: feed.shown_to("hung") == CALM)
        guard.own = {"lan": OWN}
        await seen(feed, lambda: feed.shown_to("lan") == OWN)
        assert feed.shown_to("hung") == CALM

    play(script)


def test_a_revoked_phone_is_known_as_gone() -> None:
    """
    Whether it is one of several or the last one that listens.
    """
    async def script(feed: Feed, guard: Guard) -> None:
        feed.enter("lan")
        feed.enter("hung")
        await seen(feed, lambda: feed.standing_of("hung") == "member")
        guard.gone = {"lan"}
        await seen(feed, lambda: feed.standing_of("lan") == "gone")
        assert "member" == feed.standing_of("hung")
        guard.error = StrangerError("nobody's")
        await seen(feed, lambda: feed.standing_of("hung") == "gone")

    play(script)
