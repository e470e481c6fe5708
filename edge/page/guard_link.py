"""Page's connections to guard: what it asks there, in the name of the phone that asks it."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path
from typing import NoReturn, TypeVar

from edge.base.errors import EdgeError, RetryableError
from edge.ipc.channels import PAGE_CALLS_TO_GUARD, PAGE_TO_GUARD, Channel
from edge.ipc.messages import Message, Refused, ask
from edge.ipc.page_guard import (
    ANSWERS,
    Answered,
    Asked,
    CodedRequest,
    CodeRefused,
    Denied,
    Follow,
    Followed,
    RaiseAlarm,
    Stranger,
    TooSoon,
    WhoIs,
    Whose,
)
from edge.members.errors import raised
from edge.members.values import CodeCheck, PhoneSession

_ORDINARY = 6                  # connections; guard serves two more, of which one follows
_CALLS = 8
_CODES = 2                     # requests with a code at once; guard computes one hash at a time
_ANSWER_S = 5.0                # guard itself answers within 3 s; a restart of it takes one
_CALL_S = 3.5                  # within which a call is sent again and again; then the phone does so
_AGAIN_S = 0.2
_FOLLOW_MARGIN_S = 2.0

Wanted = TypeVar("Wanted", bound=Message)


class AwayError(RetryableError):
    """Guard gives no answer."""


class StrangerError(EdgeError):
    """The credential is nobody's."""


class WrongCodeError(EdgeError):
    def __init__(self, check: CodeCheck) -> None:
        super().__init__(f"code: {check.result}")
        self.check = check


class TooSoonError(EdgeError):
    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too soon by {wait_s:.1f} s")
        self.wait_s = wait_s


class GuardLink:
    """Any thread."""

    def __init__(self, runtime_dir: Path) -> None:
        self._ordinary = _Pool(PAGE_TO_GUARD, runtime_dir, _ORDINARY)
        self._calls = _Pool(PAGE_CALLS_TO_GUARD, runtime_dir, _CALLS)
        self._following = _Pool(PAGE_TO_GUARD, runtime_dir, 1)
        self._codes = threading.BoundedSemaphore(_CODES)

    def ask(self, asked: Asked, want: type[Wanted]) -> Wanted:
        """Ask, and return the answer, which is a `want` where nothing is in the way. A call for help goes
        by its own way.

        Raises:
            AwayError, RetryableError: guard is away or busy; the same may be asked again.
            StrangerError, RosterError, WrongCodeError, TooSoonError: it will not.
        """
        if isinstance(asked, RaiseAlarm):
            return _wanted(self._calls.ask_until_answered(asked, _CALL_S), want)
        if not isinstance(asked, CodedRequest):
            return _wanted(self._ordinary.ask(asked, _ANSWER_S), want)
        if not self._codes.acquire(timeout=_ANSWER_S):
            raise RetryableError("too many codes at once")
        try:
            return _wanted(self._ordinary.ask(asked, _ANSWER_S), want)
        finally:
            self._codes.release()

    def session_of(self, credential: str, *, urgent: bool = False) -> PhoneSession | None:
        """Whose phone it is; None: nobody's. `urgent`: by the way of calls. Raises RetryableError."""
        asked = WhoIs(credential=credential)
        try:
            return _wanted(self._calls.ask_until_answered(asked, _CALL_S) if urgent
                           else self._ordinary.ask(asked, _ANSWER_S), Whose).session
        except StrangerError:
            return None

    def follow(self, asked: Follow) -> Followed:
        """Ask as `ask` does, by a connection of its own, since it waits at guard. One at a time."""
        return _wanted(self._following.ask(asked, asked.timeout_s + _FOLLOW_MARGIN_S), Followed)

    def close(self) -> None:
        """Close the connections, after the last request."""
        for pool in (self._ordinary, self._calls, self._following):
            pool.close()


class _Pool:
    """So many connections of one channel; whoever finds none free waits for one."""

    def __init__(self, channel: Channel, runtime_dir: Path, size: int) -> None:
        self._clients = [channel.client(runtime_dir) for _ in range(size)]
        self._free: queue.LifoQueue[int] = queue.LifoQueue()
        for number in range(size):
            self._free.put(number)

    def ask(self, asked: Message, timeout_s: float) -> Answered:
        """Raises AwayError."""
        until_s = time.monotonic() + timeout_s
        try:
            number = self._free.get(timeout=timeout_s)
        except queue.Empty:
            raise AwayError("guard is busy with all that this page has asked before") from None
        try:
            return ask(self._clients[number], asked, ANSWERS, max(0.05, until_s - time.monotonic()))
        except RetryableError as exc:
            raise AwayError(str(exc)) from exc
        finally:
            self._free.put(number)

    def ask_until_answered(self, asked: Message, timeout_s: float) -> Answered:
        """Ask as `ask` does, again and again while guard restarts, which first refuses until its roster is
        open: for what bears being asked twice.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                answer = self.ask(asked, until_s - time.monotonic())
                if not isinstance(answer, Refused) or time.monotonic() + _AGAIN_S > until_s:
                    return answer
            except AwayError:
                if time.monotonic() + _AGAIN_S > until_s:
                    raise
            time.sleep(_AGAIN_S)

    def close(self) -> None:
        for client in self._clients:
            client.close()


def _wanted(answer: Answered, want: type[Wanted]) -> Wanted:
    if not isinstance(answer, want):
        _refuse(answer)
    return answer


def _refuse(answer: Answered) -> NoReturn:
    match answer:
        case Stranger():
            raise StrangerError("nobody's credential")
        case CodeRefused():
            raise WrongCodeError(CodeCheck(answer.result, answer.tries_left, answer.wait_s))
        case TooSoon():
            raise TooSoonError(answer.wait_s)
        case Denied():
            raise raised(answer.about, answer.reason, answer.wait_s, answer.why)
        case Refused():
            raise RetryableError(answer.why)
        case _:
            raise AssertionError(f"guard answers with {type(answer).__name__}")
