"""The pins, kept working: what fails is tried again, and everything else goes on meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from edge.base.errors import RetryableError
from edge.base.findings import Finding, Kind, State
from edge.base.retry import Retry
from edge.config.model import OutputKind, OutputSettings
from edge.gpio.outputs import OutputError, Outputs
from edge.gpio.pins import Pins, PinsError
from edge.guard.alarm.exchange import Changed

log = logging.getLogger("alarm")

PIN_FAILURES = (RetryableError, PinsError)      # a box without pins still calls the ward


class SharedPins:
    """The pins, opened once for outputs and inputs, by whichever thread comes first."""

    def __init__(self, open_pins: Callable[[], Pins]) -> None:
        self._open, self._lock = open_pins, threading.Lock()
        self._pins: Pins | None = None

    def get(self) -> Pins:
        """Raises PinsError."""
        with self._lock:
            if self._pins is None:
                self._pins = self._open()
            return self._pins

    def close(self) -> None:
        with self._lock:
            if self._pins is not None:
                self._pins.close()
                self._pins = None


class FirstTeller:
    """Tells of every input how it is when it is opened, once: a restart has not seen it change meanwhile."""

    def __init__(self, put: Callable[[Changed], None]) -> None:
        self._put, self._lock = put, threading.Lock()
        self._reported = set[str]()

    def report(self, input_id: str, active: bool, mono_ns: int, is_first: bool) -> None:
        with self._lock:
            is_new = is_first and input_id not in self._reported
            self._put(Changed(input_id, active, mono_ns, is_first=is_new))
            self._reported.add(input_id)

    def report_rest(self, input_ids: Iterable[str]) -> None:
        """All are open: what was told by none is inactive."""
        with self._lock:
            for input_id in input_ids:
                if input_id not in self._reported:
                    self._put(Changed(input_id, False, time.monotonic_ns(), is_first=True))
                    self._reported.add(input_id)


def output_fault(name: str, kind: OutputKind, why: str) -> Finding:
    """An output that could not be brought to its level."""
    about = Kind.SIREN if kind is OutputKind.SIREN else Kind.LIGHT
    return Finding(about, name, State.BAD, "output-bad", {"error": why}, kind)


class Driver:
    """The outputs, kept at the levels that were asked for last. The alarm's thread owns it."""

    def __init__(self, settings: Mapping[str, OutputSettings], pins: SharedPins) -> None:
        self._settings, self._pins = settings, pins
        self._outputs: Outputs | None = None
        self._asked: Mapping[str, bool] | None = None
        self._retry = Retry("outputs failing", "outputs working again", log, failures=PIN_FAILURES)

    @property
    def fault(self) -> str:
        """Why the outputs do not follow; "" while they do."""
        return self._retry.fault

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What does not follow: single outputs, or all of them where their pins cannot be had."""
        if isinstance(self._retry.error, OutputError):
            return tuple(output_fault(name, self._settings[name].kind, why)
                         for name, why in self._retry.error.faults.items())
        why = self.fault
        return (Finding(Kind.PINS, "", State.BAD, "outputs-bad", {"error": why}),) if why else ()

    @property
    def retry_ns(self) -> int | None:
        return self._retry.at_ns if self._retry.fault else None

    def drive(self, levels: Mapping[str, bool], now_ns: int) -> None:
        """Bring the outputs to `levels`: at once where these are new, else when a retry is due."""
        if not self._settings or (levels == self._asked and not self._retry.is_due(now_ns)):
            return
        self._asked = dict(levels)
        self._retry.run(lambda: self._apply(levels), now_ns)

    def close(self) -> None:
        """Everything off."""
        if self._outputs is not None:
            try:
                self._outputs.close()
            except RetryableError as exc:
                log.error("outputs not off at the end: error=\"%s\"", exc)

    def _apply(self, levels: Mapping[str, bool]) -> None:
        if self._outputs is None:
            self._outputs = Outputs.open(self._settings, self._pins.get())
        self._outputs.apply(levels)
