"""What a change of an input means. Pure but for its own memory."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from edge.base.findings import Finding, Kind, State
from edge.base.values import NS_PER_S
from edge.config.model import InputKind, InputSettings
from edge.contract.messages import AlarmCause
from edge.guard.alarm.exchange import Changed, Chattering
from edge.guard.alarm.policy import BUTTONS
from edge.guard.alarm.signals import Pressed, Released, Scheduled, Signal
from edge.ipc.panel import Actor, Contact

log = logging.getLogger("alarm")

_SILENT_TOLD_AFTER_NS = 30 * NS_PER_S


class Contacts:
    """All inputs of a box, as last told. Not thread-safe."""

    def __init__(self, inputs: Mapping[str, InputSettings], active: Mapping[str, bool],
                 is_fresh_boot: bool) -> None:
        """Go on from `active`, as an earlier run has left it."""
        self._kinds = {name: it.kind for name, it in inputs.items()}
        self._is_fresh_boot = is_fresh_boot
        self._left_out, self._chattering_since_ns = set[str](), dict[str, int]()
        self._active = {name: level for name, level in active.items() if name in self._kinds}
        self._changed_ns: dict[str, int] = {}

    @property
    def lasting(self) -> dict[str, bool]:
        """What a restart needs to know: of contacts that stay as they are, not of buttons."""
        return {name: active for name, active in self._active.items() if self._kinds[name] not in BUTTONS}

    @property
    def mains(self) -> bool | None:
        """Whether all mains are there; None where no input tells."""
        states = [self._active.get(name) for name, kind in self._kinds.items() if kind is InputKind.MAINS]
        if False in states:
            return False
        return True if True in states else None

    @property
    def shown(self) -> dict[str, Contact]:
        """What people may see. Whoever presses a silent button must not be given away by it."""
        return {name: Contact(self._active.get(name), self._changed_ns.get(name))
                for name, kind in self._kinds.items() if kind is not InputKind.SILENT}

    def faults(self, now_ns: int, *, is_silent: bool) -> tuple[Finding, ...]:
        """Inputs that are left out until they are let go, and such as chatter.

        `is_silent`: a silent call is on. No silent button is told to chatter then, nor before a call has had
        time to begin: it would give away that somebody presses it.
        """
        told = (name for name, since_ns in sorted(self._chattering_since_ns.items())
                if self._kinds[name] is not InputKind.SILENT
                or (not is_silent and now_ns - since_ns >= _SILENT_TOLD_AFTER_NS))
        return (*(self.fault(name, "input-left-out") for name in sorted(self._left_out)),
                *(self.fault(name, "input-chatters") for name in told))

    def note(self, it: Chattering) -> None:
        if it.is_on:
            self._chattering_since_ns[it.input_id] = it.mono_ns
        else:
            self._chattering_since_ns.pop(it.input_id, None)
        log.log(logging.ERROR if it.is_on else logging.INFO, "input %s: input=%s",
                "chatters, its presses may be lost" if it.is_on else "chatters no more", it.input_id)

    def fault(self, name: str, code: str) -> Finding:
        """One of the input `name`, whatever is known of it otherwise."""
        return Finding(Kind.INPUT, name, State.BAD, code, what=self._kinds[name])

    def signal(self, change: Changed) -> Signal | None:
        """What the machine is to be told of `change`, if anything."""
        name, active = change.input_id, change.active
        known, kind = self._active.get(name), self._kinds[name]
        self._active[name] = active
        if known is not None and active != known:
            self._changed_ns[name] = change.mono_ns
        if active == known and not change.is_first:
            return None
        match kind:
            case InputKind.MAINS:
                return None
            case InputKind.KEY:
                return Scheduled(active, Actor(AlarmCause.BUTTON, name))
            case InputKind.TAMPER if known in (None, active):
                return None         # a lid that is open when the box is installed, or was before a restart
            case _ if kind in BUTTONS and self._leaves_out(change):
                return None
        return Pressed(name) if active else Released(name)

    def _leaves_out(self, change: Changed) -> bool:
        """A button that is down when the box boots is a short in its wire sooner than a hand."""
        if not change.active:
            self._left_out.discard(change.input_id)
        elif change.is_first and self._is_fresh_boot:
            log.error("button down when the box booted, left out until let go: input=%s", change.input_id)
            self._left_out.add(change.input_id)
        return change.input_id in self._left_out
