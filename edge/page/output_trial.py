"""What a technician sees of outputs and inputs while trying them, as a decision. Pure.

Of a silent button there is nothing to see: whoever presses it in need must not be given away by this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.base.values import NS_PER_S
from edge.base.words import Text
from edge.config.model import InputKind, OutputKind
from edge.contract.messages import PanelPhase
from edge.ipc.panel import Contact, PanelView
from edge.page.scene import Mark, named, output_state

TICKED_S = 30 * 60.0           # a visit: what was seen within it is ticked


@dataclass(frozen=True, slots=True)
class Sighted:
    """A moment."""

    mono_s: float              # CLOCK_MONOTONIC of the box
    ago_s: float

    @property
    def is_ticked(self) -> bool:
        return self.ago_s < TICKED_S


@dataclass(frozen=True, slots=True)
class Try:
    """One output or input."""

    icon: str
    label: Text
    value: Text
    is_on: bool = False        # now
    seen: Sighted | None = None   # when it was driven, or has changed, last; None: not yet
    note: Text | None = None


_ICONS = {InputKind.PANIC: "siren", InputKind.REMOTE: "siren", InputKind.SILENT: "silent",
          InputKind.KEY: "shield", InputKind.TAMPER: "lid", InputKind.MAINS: "mains"}
_LOUD_FIRST = (OutputKind.BEACON, OutputKind.FLOOD, OutputKind.STROBE, OutputKind.BUZZER, OutputKind.SIREN)


def outputs_of(view: PanelView, kinds: Mapping[str, OutputKind], driven_ns: Mapping[str, int],
               now_ns: int) -> tuple[Try, ...]:
    """The outputs, in the order in which a self-test drives them."""
    ordered = sorted(kinds.items(), key=lambda it: (_LOUD_FIRST.index(it[1]), it[0]))
    return tuple(_output(name, kind, view, driven_ns.get(name), now_ns) for name, kind in ordered)


def _output(name: str, kind: OutputKind, view: PanelView, driven_ns: int | None, now_ns: int) -> Try:
    label = named(f"output-{kind}", name)
    value, mark = output_state(name, kind, view)
    if view.phase is PanelPhase.FAULT or name not in view.outputs:
        return Try(kind.value, label, value)
    return Try(kind.value, label, value, mark is Mark.ON, _seen(driven_ns, now_ns))


def inputs_of(view: PanelView, kinds: Mapping[str, InputKind], now_ns: int) -> tuple[Try, ...]:
    return tuple(_input(name, kind, view.inputs.get(name), now_ns) for name, kind in kinds.items())


def _input(name: str, kind: InputKind, contact: Contact | None, now_ns: int) -> Try:
    label = named(f"input-{kind}", name)
    if kind is InputKind.SILENT:
        return Try(_ICONS[kind], label, Text("input-hidden"), note=Text("input-hidden-detail"))
    if contact is None or contact.active is None:
        return Try(_ICONS[kind], label, Text("input-unread"))
    state = "on" if contact.active else "off"
    value = Text(f"mains-{state}" if kind is InputKind.MAINS else f"input-{kind}-{state}")
    return Try(_ICONS[kind], label, value, contact.active, _seen(contact.changed_mono_ns, now_ns))


def _seen(at_ns: int | None, now_ns: int) -> Sighted | None:
    return None if at_ns is None else Sighted(at_ns / NS_PER_S, max(0.0, (now_ns - at_ns) / NS_PER_S))
