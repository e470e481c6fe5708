"""Sirens, lights and buttons: lights pulse first, a siren only where somebody agreed to it.

While guard runs the pins are its own: then its word is taken, and levels are read past it where they can be.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from edge.base.findings import Finding, Kind, State
from edge.base.supervisor import Supervisor
from edge.config.alarm_notes import BUTTONS
from edge.config.folders import runtime_folder
from edge.config.model import EdgeSettings, InputKind, InputSettings, OutputKind, OutputSettings
from edge.contract.findings import findings_of
from edge.gpio.inputs import Inputs
from edge.gpio.outputs import OutputError, Outputs
from edge.gpio.pins import PinError, Pins, PinsError, hold, open_factory, present_levels
from edge.health.link import guard_runs
from edge.ipc.channels import Program
from edge.journal.entry import Present

PULSE_S = 0.5
_ORDER = (OutputKind.FLOOD, OutputKind.STROBE, OutputKind.BEACON, OutputKind.BUZZER, OutputKind.SIREN)

MaySound = Callable[[str], bool]        # asked before each siren, with its name


def try_pins(settings: EdgeSettings, present: Mapping[str, Present], may_sound: MaySound) -> list[Finding]:
    """Outputs, then inputs. Leaves all outputs off, but for those of a guard that runs."""
    if not settings.outputs and not settings.inputs:
        return []
    if guard_runs(runtime_folder(settings, Program.GUARD)):
        return [*_as_guarded(settings, present)]
    try:
        with hold(runtime_folder(settings, Program.GUARD)):
            pins = open_factory(runtime_folder(settings, Program.GUARD))
            try:
                return [*_outputs(settings.outputs, pins, may_sound), *_inputs(settings.inputs, pins)]
            finally:
                pins.close()
    except (PinsError, PinError) as exc:
        return [Finding(_kind_of(it), name, State.BAD, "pins-none", {"error": exc}, it.kind)
                for name, it in _in_order(settings.outputs)] or \
               [Finding(Kind.INPUT, name, State.BAD, "pins-none", {"error": exc}, it.kind)
                for name, it in settings.inputs.items()]


def _in_order(outputs: Mapping[str, OutputSettings]) -> list[tuple[str, OutputSettings]]:
    return sorted(outputs.items(), key=lambda item: _ORDER.index(item[1].kind))


def _kind_of(it: OutputSettings) -> Kind:
    return Kind.SIREN if it.kind is OutputKind.SIREN else Kind.LIGHT


def _outputs(settings: Mapping[str, OutputSettings], pins: Pins, may_sound: MaySound) -> list[Finding]:
    outputs = Outputs.open(settings, pins)
    try:
        return [_pulsed(outputs, name, it, may_sound) for name, it in _in_order(settings)]
    finally:
        outputs.close()


def _pulsed(outputs: Outputs, name: str, it: OutputSettings, may_sound: MaySound) -> Finding:
    if it.kind is OutputKind.SIREN and not may_sound(name):
        return Finding(_kind_of(it), name, State.SKIPPED, "output-no-consent", what=it.kind)
    try:
        try:
            outputs.apply({name: True})
            time.sleep(PULSE_S)
        finally:
            outputs.apply({name: False})
    except OutputError as exc:
        return Finding(_kind_of(it), name, State.BAD, "output-bad", {"error": exc}, it.kind)
    return Finding(_kind_of(it), name, State.OK, "output-driven", {"seconds": PULSE_S}, it.kind)


def _inputs(settings: Mapping[str, InputSettings], pins: Pins) -> list[Finding]:
    supervisor = Supervisor()
    inputs = Inputs.open(settings, pins, lambda *_: None, supervisor)
    try:
        active = inputs.read()
    finally:
        inputs.close()
    supervisor.raise_failure()
    return [_input(name, it, active[name]) for name, it in settings.items()]


def _input(name: str, it: InputSettings, active: bool) -> Finding:
    """What its level means at rest, with nobody near it."""
    if active and it.kind in BUTTONS:
        return Finding(Kind.INPUT, name, State.BAD, "input-down", what=it.kind)
    if active and it.kind is InputKind.TAMPER:
        return Finding(Kind.INPUT, name, State.WARN, "input-open", what=it.kind)
    if not active and it.kind is InputKind.MAINS:
        return Finding(Kind.INPUT, name, State.WARN, "input-battery", what=it.kind)
    return Finding(Kind.INPUT, name, State.OK, "input-active" if active else "input-rest",
                   what=it.kind)


def _as_guarded(settings: EdgeSettings, present: Mapping[str, Present]) -> Iterator[Finding]:
    sent = present.get(settings.box.root.panel)
    panel = json.loads(sent.data) if sent else {"outputs": {}, "faults": []}
    faults = findings_of(panel)
    levels = present_levels(tuple(it.pin for it in settings.inputs.values()))
    for name, it in _in_order(settings.outputs):
        fault = _fault_of(faults, _kind_of(it), name) or _fault_of(faults, Kind.PINS, "")
        if fault is not None:
            yield Finding(_kind_of(it), name, State.BAD, fault.code, fault.values, it.kind)
        else:
            yield Finding(_kind_of(it), name, State.SKIPPED, "pins-held", what=it.kind)
    for name, contact in settings.inputs.items():
        fault = _fault_of(faults, Kind.INPUT, name) or _fault_of(faults, Kind.INPUT, "")
        if fault is not None:
            yield Finding(Kind.INPUT, name, State.BAD, fault.code, fault.values, contact.kind)
        elif contact.pin in levels:
            yield _input(name, contact, levels[contact.pin] is (contact.active == "high"))
        else:
            yield Finding(Kind.INPUT, name, State.SKIPPED, "input-unread", what=contact.kind)


def _fault_of(faults: Iterable[Finding], kind: Kind, name: str) -> Finding | None:
    """The alarm's own fault of this output or input; "" is all of its kind."""
    return next((fault for fault in faults if fault.kind is kind and fault.name == name), None)
