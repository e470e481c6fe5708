"""What a technician should know of alarm, outputs, inputs, page and commands that is not wrong in itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.config.camera_model import CameraHealthSettings, RuleSettings
from edge.config.model import (
    Confirm,
    EdgeSettings,
    InputKind,
    InputSettings,
    LightFirstSettings,
    OutputKind,
    OutputSettings,
)
from edge.config.schedule import open_spans
from edge.config.spans import Span, overlap
from edge.config.tables import KeyFault
from edge.contract.messages import AlarmWish

BUTTONS = (InputKind.PANIC, InputKind.SILENT, InputKind.REMOTE)
SHOWN = (OutputKind.SIREN, OutputKind.STROBE, OutputKind.FLOOD)     # what a neighbourhood sees or hears

_OF_BUTTONS = ("confirm", "hold_s", "second_press_s", "stuck_s")
_CONSOLE = (14, 15)
_OPEN_CONTACTS = (("up", "low"), ("down", "high"))      # open while inactive, as a cut cable is
# What a rule may set off, and the outputs of which one is enough for it.
ANSWERS = {AlarmWish.LIGHT: (OutputKind.FLOOD,), AlarmWish.SIREN: (OutputKind.SIREN, OutputKind.STROBE)}


def alarm_notes(settings: EdgeSettings) -> Iterator[KeyFault]:
    """Keys from the root of the file."""
    for name, output in settings.outputs.items():
        for note in (*_console(output.pin), *_of_output(output, settings.alarm.siren_s)):
            yield note.under("outputs", name)
    shown = any(output.kind in SHOWN for output in settings.outputs.values())
    for name, contact in settings.inputs.items():
        for note in (*_console(contact.pin), *_of_input(contact, shown)):
            yield note.under("inputs", name)
    yield from _of_light(settings)
    if settings.outputs and not settings.commands.keys:
        yield KeyFault(("commands", "keys"), "none, so no ward can command this box; its own people can")
    yield from _of_rules(settings)


def _console(pin: int) -> Iterator[KeyFault]:
    if pin in _CONSOLE:
        yield KeyFault(("pin",), f"GPIO {pin} is the serial console's, which moves it while the Pi starts; "
                                 "take another, or make sure that the console is off")


def _of_output(output: OutputSettings, siren_s: float) -> Iterator[KeyFault]:
    if not output.active_high and output.kind is not OutputKind.BEACON:
        yield KeyFault(("active_high",), f"a {output.kind} that is on at low may come on at power-on, when "
                                         "edgebox ends or a wire breaks; better a relay that is off at low")
    if output.kind is OutputKind.SIREN and output.max_on_s is not None and output.max_on_s < siren_s:
        yield KeyFault(("max_on_s",), "this siren falls silent before the alarm ends, "
                                      f"alarm.siren_s = {siren_s:g}")


def _of_input(contact: InputSettings, shown: bool) -> Iterator[KeyFault]:
    for key in _OF_BUTTONS:
        reason = _no_effect(contact, key)
        if key in contact.model_fields_set and reason is not None:
            yield KeyFault((key,), f"has no effect: {reason}")
    if contact.kind in (InputKind.PANIC, InputKind.REMOTE) and not shown:
        yield KeyFault((), "calls the ward alone: there is no siren, strobe or flood under outputs")
    if contact.kind is InputKind.TAMPER and (contact.pull, contact.active) in _OPEN_CONTACTS:
        other = "high" if contact.active == "low" else "low"
        yield KeyFault(("active",), "a cut cable goes unnoticed; take a contact that is closed while all is "
                                    f"well, and active = {other!r}")


def _no_effect(contact: InputSettings, key: str) -> str | None:
    if contact.kind not in BUTTONS:
        return f"a {contact.kind} input is no button"
    match key, contact.confirm, contact.kind:
        case ("hold_s", Confirm.SECOND_PRESS, _) | ("second_press_s", Confirm.HOLD, _):
            return f"confirm = '{contact.confirm}'"
        case "hold_s", _, InputKind.REMOTE:
            return "a remote is held at its sender"
    return None


def _of_light(settings: EdgeSettings) -> Iterator[KeyFault]:
    alarm = settings.alarm
    for key in LightFirstSettings.model_fields:
        wait_s = getattr(alarm.light_first_s, key)
        if alarm.light_s < wait_s:
            yield KeyFault(("alarm", "light_s"), "lights alone go out sooner than those that come before a "
                                                 f"siren, light_first_s.{key} = {wait_s:g}")


def _of_rules(settings: EdgeSettings) -> Iterator[KeyFault]:
    by_hand = bool(settings.page.enabled or settings.commands.keys
                   or any(contact.kind is InputKind.KEY for contact in settings.inputs.values()))
    hours = settings.alarm.schedule
    armed = open_spans(()) if by_hand else open_spans(hours) if hours else []
    kinds = {output.kind for output in settings.outputs.values()}
    for camera_id, camera in settings.cameras.items():
        for note in _of_camera_health(camera.health, kinds):
            yield note.under("cameras", camera_id, "health")
        for name, rule in camera.rules.items():
            for note in _of_rule(rule, kinds, armed):
                yield note.under("cameras", camera_id, "rules", name)


def _of_camera_health(health: CameraHealthSettings, kinds: set[OutputKind]) -> Iterator[KeyFault]:
    if health.alarm is not None and kinds.isdisjoint(wanted := ANSWERS[health.alarm]):
        yield KeyFault(("alarm",), f"nothing here can do it: want an output of kind {' or '.join(wanted)}")


def _of_rule(rule: RuleSettings, kinds: set[OutputKind], armed: Sequence[Span]) -> Iterator[KeyFault]:
    """`armed` is when the box can be, within a week."""
    if rule.alarm is None:
        return
    if "person" in rule.classes and not rule.riders:
        yield KeyFault(("alarm",), "an intruder who rides in on a two-wheeler is not seen by this rule: say "
                                   "riders = true")
    wanted = ANSWERS[rule.alarm]
    if kinds.isdisjoint(wanted):
        yield KeyFault(("alarm",), f"nothing here can do it: want an output of kind {' or '.join(wanted)}")
    if not armed:
        yield KeyFault(("alarm",), "has no effect: nothing arms this box; give alarm.schedule, an input of "
                                   "kind key, the page or commands.keys")
    elif (hours := open_spans(rule.schedule)) and not overlap(hours, armed):
        yield KeyFault(("alarm",), "has no effect: alarm.schedule alone arms this box, and never in this "
                                   "rule's hours")
