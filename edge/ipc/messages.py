"""Typed messages between programs: a pydantic model each, told apart by `kind`, one line of JSON on the wire.

Each room declares the union of what it takes from one sender beside the handler of it:

    Request = Annotated[Beat | Wish, Field(discriminator="kind")]
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from edge.base.errors import RetryableError
from edge.base.sockets import Client

log = logging.getLogger("ipc")

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class Message(BaseModel):
    """What a program says to another. Unknown keys are refused: both are of one release."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Done(Message):
    """Taken, and where the request says so durable."""

    kind: Literal["done"] = "done"


class Refused(Message):
    """Not taken: `again` says whether the same request may be taken later (a full disk, a busy program)."""

    kind: Literal["refused"] = "refused"
    why: str
    again: bool = False


def encode(message: Message) -> bytes:
    """One line of JSON, without the newline."""
    return message.model_dump_json().encode()


class Handler(Generic[Asked]):
    """What `Server` calls with a line: it is read as one of the union `asked` and given to `answer`.

    A line that is no such message is counted in `unread`, logged (once in a while) and answered with
    `Refused`; a RetryableError of `answer` becomes `Refused(again=True)`. Any thread.
    """

    def __init__(self, channel: str, asked: TypeAdapter[Asked], answer: Callable[[Asked], Message]) -> None:
        self._channel, self._asked, self._answer = channel, asked, answer
        self._mutex = threading.Lock()
        self.unread = 0

    def __call__(self, line: bytes) -> bytes:
        try:
            message = self._asked.validate_json(line)
        except ValidationError as exc:
            return encode(self._refuse(exc))
        try:
            return encode(self._answer(message))
        except RetryableError as exc:
            return encode(Refused(why=str(exc), again=True))

    def _refuse(self, exc: ValidationError) -> Refused:
        with self._mutex:
            self.unread += 1
            count = self.unread
        why = exc.errors(include_url=False, include_input=False)[0]["msg"]
        if count & (count - 1) == 0:        # the first, second, fourth...: a flood fills no log
            log.warning("message dropped: channel=%s error=\"%s\" dropped=%d", self._channel, why, count)
        return Refused(why=f"not a message of {self._channel}: {why}")


def ask(client: Client, message: Message, answers: TypeAdapter[Answered], timeout_s: float) -> Answered:
    """Send `message`; return the answer as one of the union `answers`.

    Raises RetryableError: the receiver is away, or gives an answer that cannot be read. That it refuses is an
    answer like others.
    """
    line = client.ask(encode(message), timeout_s)
    try:
        return answers.validate_json(line)
    except ValidationError as exc:
        why = exc.errors(include_url=False, include_input=False)[0]["msg"]
        raise RetryableError(f"answer to {type(message).__name__} cannot be read: {why}") from exc
