"""How far the word of an alarm has come, for the phones of those who called. Pure.

Of an alarm count its beginning and what people have asked of it since: with a rule that joins every few
seconds the word would never arrive. While a silent call is open, everybody but its callers is shown the same
of the record by which the alarm became loud and of what people asked for aloud since: how the others fare
would tell of the call, and so would a press of one's own that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.contract.messages import AlarmCause, AlarmData, AlarmPhase
from edge.ipc.panel import CallProgress, CallStage

_STAGES = tuple(CallStage)          # the least far first


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """How far one record of an alarm has come."""

    rev: int
    is_call: bool
    progress: CallProgress

    @classmethod
    def of(cls, data: AlarmData, progress: CallProgress) -> RecordProgress:
        return cls(data.rev, _is_call(data), progress)


def progress_of(records: Iterable[RecordProgress], revs: frozenset[int] | None,
                final: CallStage) -> CallProgress:
    """The progress of an alarm that is on.

    Args:
        records: of this alarm, as far as they are remembered.
        revs: of the records that count; None: all that are calls do.
        final: how far a record has come that is remembered no longer.
    """
    counted = [it.progress for it in records if (it.is_call if revs is None else it.rev in revs)]
    if not counted:
        return CallProgress(final)
    least = min((it.stage for it in counted), key=_STAGES.index)
    return CallProgress(least, max(it.since_utc for it in counted if it.stage is least))


def _is_call(data: AlarmData) -> bool:
    who = data.by or data.raised_by
    return data.phase is AlarmPhase.RAISED or (
        data.phase is AlarmPhase.JOINED and who.cause in (AlarmCause.BUTTON, AlarmCause.MEMBER))
