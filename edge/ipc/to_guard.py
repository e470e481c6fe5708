"""How watch and uplink speak to guard: what is said is taken or refused; while guard is away, said again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Annotated

from pydantic import Field, TypeAdapter

from edge.base.errors import RetryableError
from edge.base.retry import Retry
from edge.base.sockets import Client
from edge.base.supervisor import beat
from edge.ipc.messages import Done, Message, Refused, ask

log = logging.getLogger("to-guard")

ANSWERS: TypeAdapter[Done | Refused] = TypeAdapter(Annotated[Done | Refused, Field(discriminator="kind")])
_WITHIN_S = 10.0


def say(client: Client, message: Message) -> Done | Refused:
    """Say `message` to guard; what it refuses for good is logged and returned.

    Raises RetryableError: guard is away, or refuses for now.
    """
    answer = ask(client, message, ANSWERS, _WITHIN_S)
    if isinstance(answer, Refused):
        if answer.again:
            raise RetryableError(f"edgebox guard refuses for now: {answer.why}")
        log.error("message refused by guard: kind=%s error=\"%s\"", type(message).__name__, answer.why)
    return answer


def keep_saying(stop: threading.Event, wake: threading.Event, answering: Retry, step: Callable[[], None],
                turn_s: float) -> None:
    """Call `step` at each `wake` and once in `turn_s`, later where guard gave no answer, until `stop`."""
    while not stop.is_set():
        beat()
        now_ns = time.monotonic_ns()
        if answering.run(step, now_ns):
            wake.wait(turn_s)
            wake.clear()
        else:
            stop.wait(answering.wait_s(now_ns))
