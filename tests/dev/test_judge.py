"""`./run demo --once` says that the ward has all only where it has."""

from __future__ import annotations

from typing import Any

import pytest

from dev.demo import _judge

MADE = {"events.cam": 3, "event_records": 7, "pictures": 4}
WARD: dict[str, Any] = {
    "events": 3, "records": {"new": 3, "end": 3, "update": 1}, "images": 4, "images_pending": 0,
    "quarantined": 0, "gaps": {"g/b": 0}, "json_bytes": 9000, "max_event_json_bytes": 3000,
    "image_bytes": 50_000}


def test_all_there() -> None:
    """
    Equal numbers and no loss: exit code 0.
    """
    assert 0 == _judge(MADE, WARD)


@pytest.mark.parametrize("lack", [
    {"records": {"new": 3, "end": 2, "update": 1}}, {"events": 2}, {"images": 3}, {"images_pending": 1},
    {"quarantined": 1}, {"gaps": {"g/b": 2}}])
def test_anything_that_lacks_fails(lack: dict[str, Any]) -> None:
    """
    A missing tail, picture or number, or a picture that does not match: exit code 1.
    """
    assert 1 == _judge(MADE, WARD | lack)


@pytest.mark.parametrize("loss", ["lost_update", "lost_recorder_image", "journal_lost"])
def test_a_counted_loss_fails(loss: str) -> None:
    """
    What the box itself gave up is lacking too, and so is everything where nothing was made.
    """
    assert 1 == _judge(MADE | {loss: 1}, WARD)
    assert 1 == _judge({}, WARD | {"events": 0, "records": {}, "images": 0})
