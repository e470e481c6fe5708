"""The whole receiver: both lanes and the housekeeping, each in a thread. One that dies ends the process.

A damaged ward.db ends nothing, since calls for help have a file of their own: its lane waits for another one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.base.backoff import Backoff
from edge.base.errors import RetryableError
from edge.base.mqtt_values import BrokerSettings
from edge.base.supervisor import Supervisor, beat
from ward.ack import EVERY_S, AckBook, AckKey
from ward.lanes import CallLane, Lane, MainLane
from ward.receive import Receiver
from ward.store.database import StoreDamagedError
from ward.store.incoming import Incoming
from ward.store.retention import run_sweeps

log = logging.getLogger("receive")

_DAMAGED_S, _TURN_S = 60.0, 5.0


def _wait_a_minute(stop: threading.Event) -> None:
    until_s = time.monotonic() + _DAMAGED_S
    while time.monotonic() < until_s and not stop.wait(_TURN_S):
        beat()


@dataclass(frozen=True, slots=True)
class Station:
    """One ward's receiver.

    Args:
        keep_days: older events, pictures and alarms are deleted.
        ack_key: signs acks; None: none are sent, and boxes must be set to rely on the broker.
        ack_every_s: an ack that says nothing new is sent so often.
    """

    folder: Path
    ward: str
    keep_days: int
    ack_key: AckKey | None = None
    ack_every_s: float = EVERY_S


def start_station(supervisor: Supervisor, settings: BrokerSettings, station: Station,
                  tell: Callable[[Sequence[Incoming]], None] | None = None,
                  connected: Callable[[str], None] | None = None) -> None:
    """Start the threads. Each opens the store for itself, since a lane belongs to its thread.

    Args:
        tell: called after each commit with what was new in it, by either lane's thread.
        connected: called with a lane's name when the broker has taken its subscription.
    """
    if station.ack_key is None:
        log.warning("no acks are sent, boxes rely on the broker's disk: name a key with --ack-key")
    acks = AckBook(station.ward, station.ack_every_s)

    def receive(open_lane: Callable[[], Lane], stop: threading.Event) -> None:
        lane = opened(open_lane, stop, Backoff(first_s=0.5, cap_s=5.0))
        if lane is not None:
            with closing(lane):
                Receiver(settings, lane, tell, connected and (lambda: connected(lane.name))).run(stop)

    supervisor.start("receive-calls", lambda stop: receive(
        lambda: CallLane(station.folder, station.ward, acks, station.ack_key), stop))
    supervisor.start("receive", lambda stop: unless_damaged(lambda: receive(
        lambda: MainLane(station.folder, station.ward, acks), stop), stop))
    supervisor.start("sweep", lambda stop: run_sweeps(station.folder, station.keep_days, stop))


def unless_damaged(receive: Callable[[], None], stop: threading.Event,
                   wait: Callable[[threading.Event], None] = _wait_a_minute) -> None:
    """Run `receive` until `stop`, again each minute while its file is damaged: somebody moves it away."""
    while not stop.is_set():
        try:
            receive()
        except StoreDamagedError as exc:
            log.error("alarms alone are received: error=\"%s\" retry_in_s=%.0f", exc, _DAMAGED_S)
            wait(stop)


def opened(open_lane: Callable[[], Lane], stop: threading.Event, backoff: Backoff) -> Lane | None:
    """The lane, tried until its file can be used: who holds one file ends not the lane of the other.

    None where `stop` came first. Raises StoreError.
    """
    while not stop.is_set():
        try:
            return open_lane()
        except RetryableError as exc:
            delay_s = backoff.next_s()
            log.warning("store not opened: error=\"%s\" retry_in_s=%.1f", exc, delay_s)
            stop.wait(delay_s)
    return None
