"""Buttons and contacts: what is pressed, debounced, and since when.

The debouncing is our own. gpiozero's differs from library to library: its mock pins have none, and that of
lgpio reports presses that were not (gpiozero issue 1090). A change counts once the contact has kept it for
`debounce_s`, so a press is told that long after the contact came to rest, and what is shorter is not told; a
wire that never rests is heard by its share of time, and told to chatter (`debouncer.py`).
"""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping

from edge.base.priority import favour_thread
from edge.base.supervisor import Supervisor, beat
from edge.base.values import NS_PER_S
from edge.config.model import InputSettings
from edge.gpio.debouncer import UNREST, Debouncer
from edge.gpio.pins import PinError, Pins

log = logging.getLogger("inputs")

OnChange = Callable[[str, bool, int, bool], None]
OnChatter = Callable[[str, bool], None]     # an input chatters, or does so no more
_Edge = tuple[str, bool, int]       # input, active, mono_ns

_LOOK_EVERY_NS = NS_PER_S   # at the pins themselves
_SILENT_S = 15.0            # without a turn for so long it hangs; a turn takes a second
_SETTLE_S = 5.0             # a contact that chatters longer than this at the start begins as inactive


class Inputs:
    """All inputs of a box, claimed. Their thread, "inputs", reports every change."""

    def __init__(self, settings: Mapping[str, InputSettings], factory: Pins, on_change: OnChange,
                 on_chatter: OnChatter = lambda _name, _chatters: None) -> None:
        """Use `Inputs.open`, or `run` as the body of a thread of a supervisor's."""
        self._on_change, self._on_chatter = on_change, on_chatter
        self._chattering = set[str]()
        self._edges: queue.SimpleQueue[_Edge | None] = queue.SimpleQueue()
        self._stop, self._settled = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._hurried = False
        self._unreadable: set[str] = set()
        self._active_high = {name: it.active == "high" for name, it in settings.items()}
        self._pins = {name: factory.input(it.pin, it.pull) for name, it in settings.items()}
        for name, pin in self._pins.items():
            pin.listen(functools.partial(self._edge, name))
        now_ns = time.monotonic_ns()
        self._contacts = {name: _debouncer(it, self._is_active(name), now_ns)
                          for name, it in settings.items()}

    @classmethod
    def open(cls, settings: Mapping[str, InputSettings], factory: Pins, on_change: OnChange,
             supervisor: Supervisor, on_chatter: OnChatter = lambda _name, _chatters: None) -> Inputs:
        """Claim all inputs and wait until each is still: as a rule, the longest debounce time.

        Their thread, "inputs", is one of `supervisor`'s: no box lives on deaf, so if it dies, all ends.

        `on_change(input_id, active, mono_ns, is_first)` is called from the thread "inputs", with the moment
        at which the contact came to rest, `debounce_s` ago. An input that is active when it is first still is
        told as a change with `is_first`, as a rule before this returns: whoever presses while guard restarts
        is heard. One that was at rest before is not, though others still chatter. `on_chatter` is called from
        the same thread.

        Raises:
            PinsError: one cannot be claimed.
            PinError: one cannot be read.
        """
        inputs = cls(settings, factory, on_change, on_chatter)
        inputs._thread = supervisor.start("inputs", inputs.run, silent_s=_SILENT_S)
        inputs._settled.wait(_SETTLE_S)
        return inputs

    def close(self) -> None:
        """Tell nothing any more. Not from `on_change`."""
        for pin in self._pins.values():
            pin.listen(None)
        self.end()
        if self._thread is not None:
            self._thread.join()

    def end(self) -> None:
        """The thread ends at its next turn, which is at once. From any thread."""
        self._stop.set()
        self._edges.put(None)

    def read(self) -> Mapping[str, bool]:
        """Whether each is active now, debounced: where the changes told so far have led to."""
        return {name: contact.stable is True for name, contact in self._contacts.items()}

    def _edge(self, name: str, level: bool) -> None:
        if not self._hurried:       # the library's thread, from its first edge on
            self._hurried = True
            favour_thread()
        self._edges.put((name, level is self._active_high[name], time.monotonic_ns()))

    def _is_active(self, name: str) -> bool:
        return self._pins[name].level() is self._active_high[name]

    def run(self, stop: threading.Event) -> None:
        """Turn by turn, one a second at least, until `stop` or `end`."""
        favour_thread()
        looked_ns = time.monotonic_ns()
        while not (stop.is_set() or self._stop.is_set()):
            beat()
            edges, now_ns = self._wait(), time.monotonic_ns()
            for name, active, at_ns in edges:
                self._settle(name, at_ns)
                self._contacts[name].see(active, at_ns)
            late = now_ns - looked_ns >= _LOOK_EVERY_NS
            for name, contact in self._contacts.items():
                due_ns = contact.due_ns
                if late or (due_ns is not None and due_ns <= now_ns):
                    self._look(name, now_ns)
                    self._settle(name, now_ns)
            looked_ns = now_ns if late else looked_ns
            if all(contact.stable is not None for contact in self._contacts.values()):
                self._settled.set()

    def _wait(self) -> list[_Edge]:
        """The edges there are, after waiting for one until something else is to be done."""
        due = [it.due_ns for it in self._contacts.values() if it.due_ns is not None]
        wait_ns = min([_LOOK_EVERY_NS, *(due_ns - time.monotonic_ns() for due_ns in due)])
        edges = []
        try:
            edges.append(self._edges.get(timeout=max(wait_ns, 0) / NS_PER_S))
            while True:
                edges.append(self._edges.get_nowait())
        except queue.Empty:
            return [edge for edge in edges if edge is not None]

    def _settle(self, name: str, mono_ns: int) -> None:
        contact = self._contacts[name]
        first = contact.stable is None
        if contact.settle(mono_ns) and (contact.stable or not first):
            self._on_change(name, contact.stable is True, contact.changed_ns, first)
        if contact.chatters(mono_ns) is not (name in self._chattering):
            self._chattering ^= {name}
            self._on_chatter(name, name in self._chattering)

    def _look(self, name: str, mono_ns: int) -> None:
        """The pin itself decides, should an edge ever have been lost."""
        try:
            self._contacts[name].see(self._is_active(name), mono_ns)
        except PinError as exc:
            if name not in self._unreadable:
                log.error("input cannot be read: input=%s error=\"%s\"", name, exc)
            self._unreadable.add(name)
        else:
            self._unreadable.discard(name)


def _debouncer(settings: InputSettings, active: bool, mono_ns: int) -> Debouncer:
    """A press that is held shall not be shorter than what counts as chatter."""
    unrest_s = min(UNREST * settings.debounce_s, max(2 * settings.debounce_s, settings.hold_s))
    return Debouncer(round(settings.debounce_s * NS_PER_S), active, mono_ns, round(unrest_s * NS_PER_S))
