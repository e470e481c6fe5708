"""What fails is tried again, later and later, and logged once."""

from __future__ import annotations

import logging
import random

import pytest

from edge.base.backoff import Backoff
from edge.base.errors import FatalError, RetryableError
from edge.base.retry import Retry
from edge.base.values import NS_PER_S

LOG = logging.getLogger("disk")


class Disk:
    """Fails for as long as `error` is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def write(self) -> None:
        if self.error is not None:
            raise self.error


def retry_of(**more: tuple[type[FatalError] | type[RetryableError], ...]) -> Retry:
    return Retry("disk full", "disk works again", LOG, Backoff(1.0, 4.0, random.Random(0)), **more)


def test_one_line_per_change_of_state(caplog: pytest.LogCaptureFixture) -> None:
    """
    However often it fails; and what it fails by is there to be shown.
    """
    caplog.set_level(logging.INFO)
    disk, retry = Disk(), retry_of()
    assert retry.run(disk.write, 0)
    disk.error = RetryableError("no space")
    for now_s in range(1, 6):
        assert not retry.run(disk.write, now_s * NS_PER_S)
    assert ("no space", 5) == (retry.fault, retry.attempts)
    disk.error = None
    assert retry.run(disk.write, 10 * NS_PER_S)
    assert ("", 0) == (retry.fault, retry.attempts)
    assert ["disk full", "disk works again"] == [line.split(":")[0] for line in caplog.messages]


def test_later_and_later(caplog: pytest.LogCaptureFixture) -> None:
    """
    Nothing is due before the pause is over, which grows up to the cap; what works may always be run.
    """
    disk, retry = Disk(), retry_of()
    assert retry.may_run(0)
    assert not retry.is_due(0)
    disk.error = RetryableError("no space")
    for least_s, most_s in ((0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (2.0, 4.0)):
        assert not retry.run(disk.write, 7)
        assert least_s <= retry.wait_s(7) <= most_s
        assert not retry.may_run(retry.at_ns - 1)
        assert retry.may_run(retry.at_ns)
        assert retry.is_due(retry.at_ns)


def test_what_is_not_to_be_tried_again_is_raised() -> None:
    """
    A bug, and what the caller has excepted.
    """
    class LostError(RetryableError):
        pass

    disk = Disk()
    for error, retry in ((ValueError("bug"), retry_of()), (FatalError("bad config"), retry_of()),
                         (LostError("line"), retry_of(passing=(LostError,)))):
        disk.error = error
        with pytest.raises(type(error)):
            retry.run(disk.write, 0)
    disk.error = FatalError("bad config")
    assert not retry_of(failures=(RetryableError, FatalError)).run(disk.write, 0)
