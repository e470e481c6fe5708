"""What every handler of the machine is given, and what it gives back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.guard.alarm.policy import Policy
from edge.guard.alarm.signals import Fact
from edge.guard.alarm.state import AlarmState
from edge.ipc.panel import Answer

_COUNT_BIT = 40     # of the 62 random bits of a UUIDv7, far from those that a generator counts in


@dataclass(frozen=True, slots=True)
class Transition:
    """What the alarm is after a signal, what the ward must know of it, and the answer to a request."""

    state: AlarmState
    facts: tuple[Fact, ...] = ()
    answer: Answer | None = None

    def then(self, handler: Handler, moment: Context) -> Transition:
        """One thing after the other; the latter's answer counts, if it has one."""
        after = handler(self.state, moment)
        return Transition(after.state, self.facts + after.facts, after.answer or self.answer)


@dataclass(frozen=True, slots=True)
class Context:
    policy: Policy
    now_ns: int
    ids: Iterator[str]     # for alarms that begin in this step


Handler = Callable[[AlarmState, Context], Transition]


def ids_from(new_id: str) -> Iterator[str]:
    """`new_id`, and others made of it, should more than one alarm begin in a step; these need a UUID."""
    yield new_id
    first = uuid.UUID(new_id).int
    for count in range(1, 2 ** (62 - _COUNT_BIT)):
        yield str(uuid.UUID(int=first ^ count << _COUNT_BIT))
