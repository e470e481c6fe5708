"""What guard hears of uplink: the ward's commands and acks, what the broker has, how link and journal are.

Uplink may have been taken over, so nothing of it is believed beyond what it can do anyway: commands and acks
are verified by whoever takes them, the rest is shown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from edge.ipc.messages import Done, Message
from edge.ipc.uplink_guard import AckPayload, Asked, Delivered, JournalFigures, UplinkState, WardCommand

SILENT_AFTER_S = 35.0           # three times that it is to say how it is


class Calls(Protocol):
    """The store of alarm records, which keeps them until whoever acknowledges has them."""

    def delivered(self, ids: tuple[str, ...]) -> None: ...

    def hand_over_again(self) -> None: ...


class UplinkMonitor:
    """`answer` is called by the threads that serve uplink's socket; the rest is for any thread."""

    def __init__(self, calls: Calls, on_command: Callable[[str, bytes, bool], None],
                 on_ack: Callable[[bytes], None]) -> None:
        self._calls, self._on_command, self._on_ack = calls, on_command, on_ack
        self._mutex = threading.Lock()
        self._state: UplinkState | None = None
        self._heard_s = time.monotonic()        # silence counts from here

    def answer(self, message: Asked) -> Message:
        match message:
            case WardCommand():
                with self._mutex:               # the desk takes from one thread at a time
                    self._on_command(message.topic, message.payload, message.retained)
            case AckPayload():
                self._on_ack(message.payload)
            case Delivered():
                self._calls.delivered(message.ids)
            case UplinkState():
                self._take(message)
        return Done()

    @property
    def ward_connected(self) -> bool:
        """Whether the ward is connected, as uplink said last; False while uplink is silent."""
        with self._mutex:
            return self._state is not None and self._state.ward_connected and not self._is_silent

    @property
    def journal(self) -> JournalFigures | None:
        """How the journal is; None while it is away, or uplink."""
        with self._mutex:
            return None if self._state is None or self._is_silent else self._state.journal

    @property
    def unacknowledged(self) -> bool:
        """Whether the broker has taken everything for an hour and the ward acknowledged nothing."""
        with self._mutex:
            return self._state is not None and self._state.unacknowledged and not self._is_silent

    def fault(self) -> str:
        """What of it does not work, in English, for technicians; "" where all does."""
        with self._mutex:
            if self._is_silent:
                return "edgebox uplink does not run or hangs: the ward hears nothing until it is back"
            return f"journal: {self._state.fault}" if self._state and self._state.fault else ""

    def _take(self, state: UplinkState) -> None:
        with self._mutex:
            is_another = self._state is None or self._state.run != state.run
            self._state, self._heard_s = state, time.monotonic()
        if is_another:
            self._calls.hand_over_again()

    @property
    def _is_silent(self) -> bool:
        return time.monotonic() - self._heard_s >= SILENT_AFTER_S
