"""What all open pages are told, as guard tells it: one question for all phones that listen, asked for ever.

Lives in one event loop. While nobody listens, guard is asked nothing; while guard is away, that is told too.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Protocol

import anyio.to_thread
from anyio import CapacityLimiter

from edge.base.errors import RetryableError
from edge.ipc.page_guard import MAX_PHONES, Follow, Followed
from edge.ipc.shown import Shown
from edge.page.guard_link import StrangerError
from edge.web.feed import ChangeFeed

FOLLOW_S = 1.0                 # a phone that has just opened a page is among those asked for after it
_AGAIN_S = 0.3                 # while guard is away


class Following(Protocol):
    """The link to guard, as far as the feed needs it."""

    def follow(self, asked: Follow) -> Followed: ...


class Feed(ChangeFeed):
    """Follows guard for the group's page, and wakes the streams of the phones whose view has changed."""

    def __init__(self, guard: Following) -> None:
        super().__init__(MAX_PHONES)
        self._guard = guard
        self.is_away = False                    # guard is
        self._phones: Counter[str] = Counter()  # open streams by credential
        self._shown: Shown | None = None        # to everybody
        self._own: dict[str, Shown] = {}        # to those who may see more, by credential
        self._standing: dict[str, str] = {}     # of the phones that guard was asked for
        self._threads = CapacityLimiter(1)      # its own: no request keeps it waiting

    def enter(self, credential: str) -> None:
        """A phone listens from now on, until `leave`."""
        self.listeners += 1
        self._phones[credential] += 1
        if self.listeners == 1:
            self._wake()

    def leave(self, credential: str) -> None:
        """It listens no more."""
        self.listeners -= 1
        self._phones[credential] -= 1
        self._phones += Counter()               # without those who are gone

    def shown_to(self, credential: str) -> Shown | None:
        """None until guard was asked for this phone."""
        return self._own.get(credential, self._shown) if credential in self._standing else None

    def standing_of(self, credential: str) -> str:
        """"gone", "member" or "keeper"; "" until guard was asked for this phone."""
        return self._standing.get(credential, "")

    async def run(self) -> None:
        """Follow guard until `close`."""
        mark = ""
        while not self.closed:
            if not self._phones:
                self._shown, self._own, self._standing = None, {}, {}
                await self.wait(self.number, FOLLOW_S)
                continue
            asked = Follow(credentials=tuple(self._phones), seen=mark, timeout_s=FOLLOW_S)
            try:
                followed = await anyio.to_thread.run_sync(self._guard.follow, asked, limiter=self._threads)
            except StrangerError:
                self._note(self._shown, {}, dict.fromkeys(asked.credentials, "gone"), False)
                await asyncio.sleep(_AGAIN_S)
            except RetryableError:
                self._note(self._shown, self._own, self._standing, True)
                await asyncio.sleep(_AGAIN_S)
            else:
                mark = followed.mark
                own = {asked.credentials[place]: shown for place, shown in followed.own.items()}
                self._note(followed.shown, own,
                           dict(zip(asked.credentials, followed.standing, strict=True)), False)

    def _note(self, shown: Shown | None, own: dict[str, Shown], standing: dict[str, str],
              is_away: bool) -> None:
        """Keep what guard said, and wake the phones; that somebody merely came or went is no news to the
        others.
        """
        before = (_version(self._shown), self._own.keys(), [*map(_version, self._own.values())], self.is_away)
        now = (_version(shown), own.keys(), [*map(_version, own.values())], is_away)
        is_other = any(standing.get(phone, was) != was for phone, was in self._standing.items())
        is_first = any(phone not in self._standing for phone in standing)
        self._shown, self._own, self._standing, self.is_away = shown, own, standing, is_away
        if before != now or is_other:
            self.change_to(self.number + 1)
        elif is_first:
            self._wake()

    def _wake(self) -> None:
        """Those who wait look again, though nothing has changed for all."""
        self.change_to(self.number)


def _version(shown: Shown | None) -> tuple[str, int]:
    return ("", 0) if shown is None else (shown.run, shown.number)
