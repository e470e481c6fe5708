"""What the alarm may do on this box: its settings in nanoseconds, cut to the hard limits once more.

The config refuses what is over a limit. This does not rely on it: settings that came any other way are cut
here, so that no output and no pause goes by a number that `edge.base.limits` does not allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.base import limits
from edge.base.values import NS_PER_S
from edge.config.model import (
    AlarmSettings,
    Confirm,
    InputKind,
    InputSettings,
    LightFirstSettings,
    OutputKind,
    OutputSettings,
    Pattern,
)
from edge.config.wiring import MAX_ON_S
from edge.contract.messages import AlarmCause, AlarmMode, Severity
from edge.ipc.panel import Actor

LOUD = (OutputKind.SIREN, OutputKind.STROBE)
BUTTONS = (InputKind.PANIC, InputKind.SILENT, InputKind.REMOTE)

_TEST_ORDER = (OutputKind.BEACON, OutputKind.FLOOD, OutputKind.STROBE, OutputKind.BUZZER, OutputKind.SIREN)
_TEST_S, _TEST_SIREN_S = 1.5, 0.5


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    kind: OutputKind
    pattern: Pattern
    max_on_ns: int         # counted from the request that turned it on


@dataclass(frozen=True, slots=True)
class Input:
    """A button or a tamper switch."""

    name: str
    kind: InputKind
    confirm: Confirm
    confirm_ns: int        # HOLD: down so long; SECOND_PRESS: pressed again within
    stuck_ns: int

    @property
    def mode(self) -> AlarmMode:
        """The mode of the alarm that this button raises."""
        return AlarmMode.SILENT if self.kind is InputKind.SILENT else AlarmMode.SIREN


@dataclass(frozen=True, slots=True)
class TestTurn:
    """One output's turn in a self-test, from its beginning."""

    output: str
    from_ns: int
    until_ns: int


@dataclass(frozen=True, slots=True)
class Policy:
    outputs: tuple[Output, ...]
    inputs: Mapping[str, Input]        # without key switches and mains: these are no matter of the machine
    longest_s: Mapping[AlarmMode, float]
    light_first: LightFirstSettings
    pause_ns: int                      # rest after a sounding
    max_per_hour: int
    entry_delay_ns: int
    exit_delay_ns: int
    tamper: AlarmMode

    @classmethod
    def of(cls, alarm: AlarmSettings, outputs: Mapping[str, OutputSettings],
           inputs: Mapping[str, InputSettings]) -> Policy:
        return cls(
            outputs=tuple(_output(name, outputs[name]) for name in sorted(outputs)),
            inputs={name: _input(name, it) for name, it in inputs.items()
                    if it.kind in BUTTONS or it.kind is InputKind.TAMPER},
            longest_s={AlarmMode.SIREN: min(alarm.siren_s, limits.SIREN_MAX_S),
                       AlarmMode.LIGHT: min(alarm.light_s, limits.LIGHT_MAX_S),
                       AlarmMode.SILENT: alarm.silent_s},
            light_first=alarm.light_first_s,
            pause_ns=_ns(max(alarm.cooldown_s, limits.PAUSE_MIN_S)),
            max_per_hour=min(alarm.max_per_hour, limits.PER_HOUR_MAX),
            entry_delay_ns=_ns(alarm.entry_delay_s),
            exit_delay_ns=_ns(alarm.exit_delay_s),
            tamper=alarm.tamper)

    def duration_ns(self, mode: AlarmMode, asked_s: float | None) -> int:
        """How long an alarm is on: as asked, at most as configured."""
        longest_s = self.longest_s[mode]
        return _ns(min(asked_s, longest_s) if asked_s is not None and asked_s > 0 else longest_s)

    def light_first_ns(self, actor: Actor, severity: Severity) -> int:
        """How long the lights are on alone before this one's siren."""
        match actor.cause:
            case AlarmCause.BUTTON | AlarmCause.TIME:
                return _ns(self.light_first.button)
            case AlarmCause.MEMBER:
                return _ns(self.light_first.member)
            case AlarmCause.WARD:
                return _ns(self.light_first.ward)
            case AlarmCause.TAMPER:
                return _ns(self.light_first.tamper)
            case AlarmCause.RULE:
                return _ns(self._rule_light_first_s(severity))

    def _rule_light_first_s(self, severity: Severity) -> float:
        return {Severity.INFO: self.light_first.rule_info, Severity.WARNING: self.light_first.rule_warning,
                Severity.ALERT: self.light_first.rule_alert}[severity]

    def test_turns(self, with_siren: bool) -> tuple[TestTurn, ...]:
        """A self-test: one output after the other, lights before noise, sirens last if at all."""
        turns: list[TestTurn] = []
        at_ns = 0
        for output in sorted(self.outputs, key=lambda output: (_TEST_ORDER.index(output.kind), output.name)):
            is_siren = output.kind is OutputKind.SIREN
            if is_siren and not with_siren:
                continue
            turn_s = min(_TEST_SIREN_S if is_siren else _TEST_S, limits.TEST_MAX_S)
            turn_ns = min(_ns(turn_s), output.max_on_ns)
            turns.append(TestTurn(output.name, at_ns, at_ns + turn_ns))
            at_ns += turn_ns
        return tuple(turns)


def _output(name: str, settings: OutputSettings) -> Output:
    longest_s = MAX_ON_S[settings.kind]
    return Output(name, settings.kind, settings.pattern, _ns(min(settings.max_on_s or longest_s, longest_s)))


def _input(name: str, settings: InputSettings) -> Input:
    if settings.confirm is Confirm.SECOND_PRESS:
        confirm_ns = _ns(settings.second_press_s)
    elif settings.kind is InputKind.REMOTE:
        confirm_ns = 0      # who pressed it has held it at the sender
    else:
        confirm_ns = _ns(min(settings.hold_s, limits.HOLD_MAX_S))
    return Input(name, settings.kind, settings.confirm, confirm_ns, _ns(settings.stuck_s))


def _ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
