"""What `edgebox alarm` prints: wiring and levels, or the outcome of a test; as a table or as plain facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.base.words import Words
from edge.config.model import EdgeSettings, InputSettings, OutputSettings
from edge.gpio.pins import HEADER_PIN
from edge.gpio.trial import Result, wired_word

Wired = OutputSettings | InputSettings
Levels = Mapping[int, bool]


def wiring(settings: EdgeSettings, levels: Levels, words: Words) -> str:
    """One line per output and input; `levels` has the pins that could be read."""
    rows = [[*_place(name, it.kind, it.pin, words), _how(it, words), _level(it, levels, words)]
            for name, it in _wired(settings)]
    return _table([*_place_heads(words), words("wiring"), words("level")], rows) if rows else words("nothing")


def wiring_facts(settings: EdgeSettings, levels: Levels) -> dict[str, object]:
    return {"outputs": {name: _facts(it, levels) for name, it in settings.outputs.items()},
            "inputs": {name: _facts(it, levels) for name, it in settings.inputs.items()}}


def outcomes(results: Sequence[Result], words: Words) -> str:
    rows = [[*_place(it.name, it.kind, it.gpio, words),
             f"{words(it.outcome)}: {it.fault}" if it.fault else words(it.outcome)] for it in results]
    return _table([*_place_heads(words), words("result")], rows) if rows else words("nothing")


def outcome_facts(outputs: Sequence[Result], inputs: Sequence[Result]) -> dict[str, object]:
    return {"ok": not any(it.is_bad for it in (*outputs, *inputs)),
            "outputs": [_as_dict(it) for it in outputs], "inputs": [_as_dict(it) for it in inputs]}


def _wired(settings: EdgeSettings) -> list[tuple[str, Wired]]:
    return [*settings.outputs.items(), *settings.inputs.items()]


def _place_heads(words: Words) -> list[str]:
    return [words("name"), words("kind"), "GPIO", words("pin")]


def _place(name: str, kind: str, gpio: int, words: Words) -> list[str]:
    return [name, wired_word(kind, words), str(gpio), str(HEADER_PIN[gpio])]


def _how(it: Wired, words: Words) -> str:
    level = "high" if _active_high(it) else "low"
    if isinstance(it, OutputSettings):
        return words(f"active-{level}")
    return f"{words(f'pull-{it.pull}')}, {words(f'means-{level}')}"


def _level(it: Wired, levels: Levels, words: Words) -> str:
    if it.pin not in levels:
        return words("unknown")
    active = levels[it.pin] is _active_high(it)
    state = ("off", "on") if isinstance(it, OutputSettings) else ("rest", "active")
    return f"{words('high' if levels[it.pin] else 'low')} = {words(state[active])}"


def _facts(it: Wired, levels: Levels) -> dict[str, object]:
    known = it.pin in levels
    return {"kind": it.kind, "gpio": it.pin, "header_pin": HEADER_PIN[it.pin],
            "level": int(levels[it.pin]) if known else None,
            "active": levels[it.pin] is _active_high(it) if known else None}


def _active_high(it: Wired) -> bool:
    return it.active_high if isinstance(it, OutputSettings) else it.active == "high"


def _as_dict(it: Result) -> dict[str, object]:
    return {"name": it.name, "kind": it.kind, "gpio": it.gpio, "header_pin": HEADER_PIN[it.gpio],
            "outcome": it.outcome, "fault": it.fault}


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
