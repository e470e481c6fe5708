"""A technician's test of every output and input, alone at the box or with the phone in the hand."""

from __future__ import annotations

import contextlib
import math
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from edge.base.supervisor import Supervisor
from edge.base.words import Words, is_yes
from edge.config.model import EdgeSettings, InputKind, InputSettings, OutputKind, OutputSettings
from edge.gpio.inputs import Inputs
from edge.gpio.outputs import OutputError, Outputs
from edge.gpio.pins import HEADER_PIN, Pins

CATALOGUE = "edge.gpio.trial"
_ORDER = (OutputKind.FLOOD, OutputKind.STROBE, OutputKind.BEACON, OutputKind.BUZZER, OutputKind.SIREN)
_PRESS = {InputKind.REMOTE: "press-remote", InputKind.KEY: "press-key", InputKind.TAMPER: "press-tamper",
          InputKind.MAINS: "press-mains"}
_CHIRP_S = 0.1
_LOOK_S = 0.1           # how soon Enter is seen


class TrialOutcome(StrEnum):
    WORKS = "works"
    DRIVEN = "driven"       # an output that nobody looked at
    FAILED = "failed"
    NO_SIGNAL = "no-signal"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    kind: str
    gpio: int
    outcome: TrialOutcome
    fault: str = ""

    @property
    def is_bad(self) -> bool:
        return self.outcome in (TrialOutcome.FAILED, TrialOutcome.NO_SIGNAL)


@dataclass(frozen=True, slots=True)
class TrialPlan:
    on_s: float             # of each output
    wait_s: float           # for each input
    siren: bool
    ask: bool               # False: take yes for every answer


class Console(Protocol):
    """The technician's screen and keys."""

    def say(self, text: str) -> None: ...

    def count(self, text: str) -> None:
        """Shown until the next line, where a line can be overwritten."""
        ...

    def ask(self, question: str) -> str | None:
        """The answer; None where there is nobody to answer."""
        ...

    def entered(self, timeout_s: float) -> bool:
        """Whether Enter is pressed within this time."""
        ...


class Trial:
    """One run over everything that is configured. Leaves all outputs off, whatever happens."""

    def __init__(self, settings: EdgeSettings, pins: Pins, plan: TrialPlan, console: Console,
                 words: Words) -> None:
        self._settings, self._pins, self._plan = settings, pins, plan
        self._console, self._words = console, words

    def run(self) -> tuple[list[Result], list[Result]]:
        """Outputs, then inputs. Raises PinsError where pins cannot be claimed, KeyboardInterrupt early."""
        outputs = Outputs.open(self._settings.outputs, self._pins)
        try:
            return self._outputs(outputs), self._inputs(outputs)
        finally:
            outputs.close()

    def _outputs(self, outputs: Outputs) -> list[Result]:
        todo = sorted(self._settings.outputs.items(), key=lambda item: _ORDER.index(item[1].kind))
        if todo:
            self._console.say(self._words("lights-first", seconds=self._plan.on_s))
        return [self._output(outputs, name, it) for name, it in todo]

    def _output(self, outputs: Outputs, name: str, it: OutputSettings) -> Result:
        if it.kind is OutputKind.SIREN and not self._may_sound():
            return Result(name, it.kind, it.pin, TrialOutcome.SKIPPED)
        self._console.say(self._words("output", **self._place(name, it)))
        try:
            with _on(outputs, name):
                time.sleep(self._plan.on_s)
        except OutputError as exc:
            return Result(name, it.kind, it.pin, TrialOutcome.FAILED, str(exc))
        answer = self._console.ask(self._words("seen")) if self._plan.ask else None
        if answer is None:
            return Result(name, it.kind, it.pin, TrialOutcome.DRIVEN)
        seen = not answer.strip() or is_yes(answer)
        return Result(name, it.kind, it.pin, TrialOutcome.WORKS if seen else TrialOutcome.FAILED)

    def _may_sound(self) -> bool:
        if not self._plan.siren or not self._plan.ask:
            return self._plan.siren
        return is_yes(self._console.ask(self._words("ask-siren", seconds=self._plan.on_s)) or "")

    def _inputs(self, outputs: Outputs) -> list[Result]:
        if not self._settings.inputs:
            return []
        self._console.say(self._words("inputs"))
        heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        supervisor = Supervisor()
        inputs = Inputs.open(self._settings.inputs, self._pins, lambda name, *_: heard.put(name), supervisor)
        try:
            results = [self._input(outputs, heard, name, it) for name, it in self._settings.inputs.items()]
        finally:
            inputs.close()
        supervisor.raise_failure()
        return results

    def _input(self, outputs: Outputs, heard: queue.SimpleQueue[str], name: str, it: InputSettings) -> Result:
        while not heard.empty():        # what was let go of after the last one
            heard.get()
        try:
            outcome = self._hear(heard, name, it)
        except KeyboardInterrupt:
            outcome = TrialOutcome.SKIPPED
        if outcome is TrialOutcome.WORKS:
            self._console.say(self._words("heard"))
            self._chirp(outputs)
        return Result(name, it.kind, it.pin, outcome)

    def _hear(self, heard: queue.SimpleQueue[str], name: str, it: InputSettings) -> TrialOutcome:
        """Any change will do: a key may be turned already, the mains be there."""
        what = self._words(_PRESS.get(it.kind, "press"))
        self._console.say(self._words("input", **self._place(name, it), what=what))
        end_s = time.monotonic() + self._plan.wait_s
        while (left_s := end_s - time.monotonic()) > 0:
            self._console.count(self._words("left", left=math.ceil(left_s)))
            with contextlib.suppress(queue.Empty):
                other = heard.get_nowait()
                if other == name:
                    return TrialOutcome.WORKS
                self._console.say(self._words("other", name=other, gpio=self._settings.inputs[other].pin))
            if self._console.entered(min(_LOOK_S, left_s)):
                return TrialOutcome.SKIPPED
        return TrialOutcome.NO_SIGNAL

    def _chirp(self, outputs: Outputs) -> None:
        """Tell whoever stands at a far button that it was heard."""
        for name, it in self._settings.outputs.items():
            if it.kind in (OutputKind.BUZZER, OutputKind.BEACON):
                with contextlib.suppress(OutputError), _on(outputs, name):
                    time.sleep(_CHIRP_S)

    def _place(self, name: str, it: OutputSettings | InputSettings) -> dict[str, object]:
        return {"kind": wired_word(it.kind, self._words), "name": name, "gpio": it.pin,
                "header": HEADER_PIN[it.pin]}


def wired_word(kind: str, words: Words) -> str:
    """The term for a kind of output or input."""
    return words(f"output-{kind}" if kind in set(OutputKind) else f"input-{kind}")


@contextlib.contextmanager
def _on(outputs: Outputs, name: str) -> Iterator[None]:
    try:
        outputs.apply({name: True})
        yield
    finally:
        outputs.apply({name: False})
