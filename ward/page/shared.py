"""Answers that many desks ask for at the same moment, worked out once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")


class SharedAnswers:
    """Lives in one event loop. An answer is handed out for a while, under a key that says all that it depends
    on but the time; a failure to those alone who wait for it.
    """

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._answers: dict[Hashable, tuple[asyncio.Task[Any], float]] = {}      # and until when it is good

    async def get(self, key: Hashable, work: Callable[[], T], kept_s: float) -> T:
        """What `work` returns, or raises, in a thread for the first who asks with `key`; others wait for it,
        or get what it was up to `kept_s` ago.
        """
        now_s = self._monotonic_s()
        for old in [it for it, (task, until_s) in self._answers.items() if _is_over(task, until_s <= now_s)]:
            del self._answers[old]
        found = self._answers.get(key)
        if found is None:
            # A task of its own: it goes on for the others when the desk that began it is closed.
            found = asyncio.create_task(run_in_threadpool(work)), now_s + kept_s
            self._answers[key] = found
        answer: T = await asyncio.shield(found[0])
        return answer


def _is_over(task: asyncio.Task[Any], is_old: bool) -> bool:
    return task.done() and (is_old or task.cancelled() or task.exception() is not None)
