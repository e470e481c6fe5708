"""What one phone is shown of the box at one moment, as a decision. Pure.

Guard shows a silent call to those who made it and to nobody else. Whoever made it
sees a headline that tells nothing to one who looks over their shoulder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.base.findings import Finding
from edge.base.values import NS_PER_S
from edge.base.words import Text
from edge.config.model import OutputKind
from edge.contract.messages import AlarmCause, AlarmMode, CameraState, PanelPhase
from edge.ipc.health import Surroundings
from edge.ipc.panel import Actor, CallStage, Ongoing, PanelView


class Tone(StrEnum):
    """How urgent it looks; the style sheet knows these."""

    CALM = "calm"
    WATCH = "watch"        # something is about to happen
    ALARM = "alarm"
    QUIET = "quiet"        # one's own silent call
    FAULT = "fault"


class Mark(StrEnum):
    """How one line of the state is marked: by shape and word, not by colour alone."""

    GOOD = "good"
    ON = "on"
    OFF = "off"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class StateRow:
    icon: str
    label: Text
    value: Text
    mark: Mark
    fault: Finding | None = None    # what does not work, where the row is about a fault


class CallReach(StrEnum):
    """How far a call for help has come, as a caller reads it; each implies those before it."""

    BOX = "box"            # the box has it, and no connection to the ward
    WAY = "way"            # it is being passed on
    WARD = "ward"          # the ward has said that it has it


@dataclass(frozen=True, slots=True)
class Scene:
    tone: Tone
    headline: Text
    details: tuple[Text, ...] = ()
    steps: tuple[str, ...] = ()          # keys of what to do now
    alarm: Ongoing | None = None         # that this phone may know of
    left_s: float | None = None          # what the clock on the page counts down, with the text `left`
    left: str = ""
    since_s: float | None = None
    can_cancel: bool = False
    stage: CallReach | None = None       # of the alarm


_SIREN = frozenset({OutputKind.SIREN})
_LIGHTS = frozenset({OutputKind.FLOOD, OutputKind.STROBE})
_STEPS = ("step-safe", "step-call", "step-shout", "step-watch")
_STEPS_SILENT = ("step-still", "step-dim", "step-text")
_SILENT = {CallReach.BOX: "scene-silent-waits", CallReach.WAY: "scene-silent",
           CallReach.WARD: "scene-silent-told"}
_PASSED_ON = {CallReach.BOX: "ward-not-told-quiet", CallReach.WAY: "ward-being-told",
              CallReach.WARD: "ward-has-it"}


AWAY = Scene(Tone.FAULT, Text("scene-away"), (Text("scene-away-detail"),))      # guard gives no answer


def scene_of(view: PanelView, kinds: Mapping[str, OutputKind], around: Surroundings,
             now_mono_ns: int) -> Scene:
    """The scene of a view as guard shows it to this phone: what outputs do, not what was asked."""
    alarm = view.alarm
    since_s = None if alarm is None else max(0.0, (now_mono_ns - alarm.since_mono_ns) / NS_PER_S)
    if alarm is not None and alarm.mode is AlarmMode.SILENT:
        stage = _stage(alarm, around)
        return Scene(Tone.QUIET, Text(_SILENT[stage]), (Text(_PASSED_ON[stage]),), _STEPS_SILENT, alarm,
                     since_s=since_s, can_cancel=True, stage=stage)
    if alarm is not None:
        return _loud(view, alarm, kinds, around, since_s)
    match view.phase:
        case PanelPhase.FAULT:
            return Scene(Tone.FAULT, Text("scene-fault"), (Text("scene-fault-detail"),))
        case PanelPhase.TEST:
            return Scene(Tone.WATCH, Text("scene-test"), (Text("scene-test-detail"),))
        case PanelPhase.ENTRY:
            return Scene(Tone.WATCH, Text("scene-entry"), (Text("scene-entry-detail"),))
        case PanelPhase.CONFIRMING:
            return Scene(Tone.WATCH, Text("scene-confirming"))
    headline = Text("scene-over" if view.phase is PanelPhase.COOLDOWN else "scene-calm")
    return Scene(Tone.CALM, headline, (Text("scene-calm-detail"),), left_s=view.arming_in_s,
                 left="left-arming" if view.arming_in_s is not None else "")


def _loud(view: PanelView, alarm: Ongoing, kinds: Mapping[str, OutputKind], around: Surroundings,
          since_s: float | None) -> Scene:
    follows = alarm.siren_in_s is not None
    details = [raiser(alarm.actor)]
    if view.phase is PanelPhase.FAULT:
        details.append(Text("scene-fault-detail"))
    stage = _stage(alarm, around)
    if stage is CallReach.BOX:
        details.append(Text("ward-not-told"))
    return Scene(Tone.ALARM, Text(_headline(view, kinds)), tuple(details), _STEPS, alarm,
                 left_s=alarm.siren_in_s if follows else alarm.remaining_s,
                 left="left-siren" if follows else "left-end", since_s=since_s, can_cancel=True,
                 stage=stage)


def _headline(view: PanelView, kinds: Mapping[str, OutputKind]) -> str:
    on = {kinds[name] for name, is_on in view.outputs.items() if is_on and name in kinds}
    if view.phase is PanelPhase.ENTRY:
        return "scene-entry"
    if on & _SIREN:
        return "scene-siren"
    return "scene-light" if on & _LIGHTS else "scene-alarm"


def _stage(alarm: Ongoing, around: Surroundings) -> CallReach:
    """What the ward has said that it has, it has, whatever becomes of the connection."""
    if alarm.progress.stage is CallStage.WARD:
        return CallReach.WARD
    passed_on = around.ward_connected or alarm.progress.stage is CallStage.BROKER
    return CallReach.WAY if passed_on else CallReach.BOX


def raiser(actor: Actor) -> Text:
    """Who raised an alarm, by what."""
    return Text({
        AlarmCause.BUTTON: "by-button", AlarmCause.MEMBER: "by-member", AlarmCause.WARD: "by-ward",
        AlarmCause.RULE: "by-rule", AlarmCause.TAMPER: "by-tamper", AlarmCause.TIME: "by-time",
    }[actor.cause], {"name": actor.name})


def rows_of(view: PanelView, kinds: Mapping[str, OutputKind], around: Surroundings) -> tuple[StateRow, ...]:
    """The state of everything, the most important first."""
    rows = [StateRow("ward", Text("row-ward"), *((Text("ward-on"), Mark.GOOD) if around.ward_connected
                                                 else (Text("ward-off"), Mark.BAD)))]
    rows += [_output_row(name, kind, view, kinds) for name, kind in kinds.items()]
    rows += [_camera_row(name, state) for name, state in around.cameras.items()]
    if view.mains is not None:
        rows.append(StateRow("mains", Text("input-mains"),
                        *((Text("mains-on"), Mark.GOOD) if view.mains else (Text("mains-off"), Mark.BAD))))
    rows += [StateRow("fault", Text("row-fault"), Text("fault-for"), Mark.BAD, fault)
             for fault in view.faults]
    return tuple(rows)


def _output_row(name: str, kind: OutputKind, view: PanelView, kinds: Mapping[str, OutputKind]) -> StateRow:
    alone = list(kinds.values()).count(kind) == 1
    label = Text(f"output-{kind}") if alone else named(f"output-{kind}", name)
    return StateRow(kind.value, label, *output_state(name, kind, view))


def named(term: str, name: str) -> Text:
    """One of several of a kind, such as "còi hú gate"."""
    return Text("named", {"what": Text(term), "name": name})


def output_state(name: str, kind: OutputKind, view: PanelView) -> tuple[Text, Mark]:
    """A beacon that no alarm drives is not off: it tells whether the box is well."""
    if view.phase is PanelPhase.FAULT or name not in view.outputs:
        return Text("output-unknown"), Mark.BAD
    if view.outputs[name]:
        return Text("output-on-siren" if kind in _SIREN else "output-on"), Mark.ON
    if kind is OutputKind.BEACON:
        return (Text("output-unwell"), Mark.BAD) if view.faults else (Text("output-well"), Mark.GOOD)
    return Text("output-off"), Mark.OFF


def _camera_row(name: str, state: str) -> StateRow:
    value = Text(f"camera-{state}" if state in set(CameraState) else "camera-unknown")
    return StateRow("camera", Text("row-camera", {"name": name}), value,
                    Mark.GOOD if state == CameraState.OK else Mark.BAD)
