"""The stream of the ward's page: what comes first, and what many desks cost together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.ward.samples import Box, new_event_id
from tests.ward.test_page import keep
from ward.page.feed import DeskFeed
from ward.page.shared import SharedAnswers
from ward.page.stream import DeskWords, stream
from ward.store.reader import Reader
from ward.store.rows import EventFilter

DESKS = 40


class CountedWords:
    """How often what desks are told was worked out."""

    def __init__(self) -> None:
        self.rendered = self.stood = 0

    def words(self, officer: str) -> DeskWords:
        return DeskWords("vi", self._render, self._standing, lambda standing: {
            "status": "well", "calls": f"{standing} calls, {officer}"})

    def _render(self, row: Any) -> dict[str, Any]:
        self.rendered += 1
        return {"change": row.change}

    def _standing(self) -> int:
        self.stood += 1
        return self.stood


def listening(reader: Reader, feed: DeskFeed, words: DeskWords, after: int | None = None,
              ) -> AsyncIterator[Any]:
    answer: Any = stream(reader, feed, after, EventFilter(), words)
    messages: AsyncIterator[Any] = answer.body_iterator
    return messages


async def next_of(messages: AsyncIterator[Any]) -> Any:
    return await anext(messages)


def test_calls_come_before_the_cards(tmp_path: Path) -> None:
    """
    A desk that has 49 events to catch up with rings first; cut off there, it goes on from where it was.
    """
    data, box = tmp_path / "data", Box()
    keep(data, *(box.event(new_event_id()) for _ in range(49)), box.alarm(new_event_id()))
    reader = Reader(data)

    async def told() -> list[Any]:
        messages = listening(reader, DeskFeed(reader), CountedWords().words("An"), after=0)
        return [await anext(messages) for _ in range(3)]

    calls, cards, rest = asyncio.run(told())
    assert ("0", {"calls": "1 calls, An"}) == (calls.id, json.loads(calls.data))
    assert [49, 1] == [cards.count(b"event: event"), cards.count(b"event: alarm")]
    assert ("50", {"status": "well"}) == (rest.id, json.loads(rest.data))


def test_many_desks_cost_as_one(tmp_path: Path) -> None:
    """
    Twenty changes are rendered once for all 40, and what stands on their pages is read once; each officer is
    told by name all the same.
    """
    data, box, counted = tmp_path / "data", Box(), CountedWords()
    keep(data, box.event(new_event_id()))
    reader = Reader(data)

    async def crowd() -> tuple[list[Any], list[Any]]:
        feed = DeskFeed(reader)
        feed.change_to(reader.last_change())
        desks = [listening(reader, feed, counted.words(f"desk {n}")) for n in range(DESKS)]
        await asyncio.gather(*map(anext, desks))
        waiting = [asyncio.create_task(next_of(desk)) for desk in desks]
        await asyncio.sleep(0)
        keep(data, *(box.event(new_event_id()) for _ in range(20)))
        feed.change_to(reader.last_change())
        calls = await asyncio.gather(*waiting)
        return calls, await asyncio.gather(*map(anext, desks))

    calls, cards = asyncio.run(crowd())
    assert [f"2 calls, desk {n}" for n in range(DESKS)] == [json.loads(it.data)["calls"] for it in calls]
    assert [20] * DESKS == [it.count(b"event: event") for it in cards]
    assert (20, 2) == (counted.rendered, counted.stood)


def test_an_answer_is_shared_for_a_while() -> None:
    """
    Who asks within its time gets what was worked out; later, or after a failure, it is worked out anew.
    """
    now_s, worked = [0.0], list[str]()

    def work(name: str) -> str:
        worked.append(name)
        if name == "fails":
            raise OSError(name)
        return name

    async def ask() -> list[str]:
        shared = SharedAnswers(lambda: now_s[0])
        with pytest.raises(OSError, match="fails"):
            await shared.get("key", lambda: work("fails"), 2.0)
        got = [await shared.get("key", lambda: work("first"), 2.0)]
        now_s[0] = 1.9
        got.append(await shared.get("key", lambda: work("second"), 2.0))
        now_s[0] = 2.0
        return [*got, await shared.get("key", lambda: work("third"), 2.0)]

    assert ["first", "first", "third"] == asyncio.run(ask())
    assert ["fails", "first", "third"] == worked
