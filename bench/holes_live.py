"""The live part of `bench holes`: the real `edgebox watch` loses a real RTSP camera amid events."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.result import Figure
from edge.base.values import NS_PER_S
from edge.contract.messages import Ending, EventData
from edge.journal.store import Journal
from tests import rtsp_server

SOON_S = 4.0            # the default of track.lost_s, and two seconds
AWAY_S = 12.0           # for which the camera is away


def lost_live(folder: Path, video: Path, form: str) -> Iterator[Figure]:
    """How soon its events end, as what, and what its return gives.

    `form` is a config with rules of kinds enter and dwell, in which {folder}, {source} and {more} stand for
    the state's folder, the camera's address and more of its keys.
    """
    with rtsp_server.RtspServer(video) as camera:
        password = folder / "password"
        password.write_text(camera.password + "\n")
        password.chmod(0o600)
        config = folder / "edge.toml"
        more = f'username = "{camera.username}"\npassword_file = "{password}"\nstall_s = 3.0'
        config.write_text(form.format(folder=folder, source=camera.url, more=more))
        processes = [subprocess.Popen([sys.executable, "-m", "edge.cli", name, "--config", str(config)],
                                      stderr=subprocess.DEVNULL) for name in ("uplink", "watch")]
        try:
            yield from _lose(folder, camera)
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _lose(folder: Path, camera: rtsp_server.RtspServer) -> Iterator[Figure]:
    book = _journal(folder)
    try:
        _until(lambda: len(book.open_events()) >= 3)
        camera.kill()
        gone_ns = time.monotonic_ns()
        _until(lambda: not book.open_events())
        took_s = (time.monotonic_ns() - gone_ns) / NS_PER_S
        yield Figure("live: last event ends after the last picture", took_s, "s", SOON_S)
        before = {event.event_id for event in _events(book)}
        lost = sum(event.ended is Ending.VIEW_LOST for event in _events(book))
        yield Figure("live: events lost from view", lost, "", 3, "higher")
        time.sleep(max(0.0, AWAY_S - (time.monotonic_ns() - gone_ns) / NS_PER_S))
        camera.start()
        _until(lambda: any(event.event_id not in before for event in _events(book)))
        time.sleep(2)
        after = [event for event in _events(book) if event.event_id not in before and event.rev == 0]
        kinds = Counter(event.kind for event in after)
        yield Figure("live: entries after its return", kinds["enter"], "", 1, "higher")
        yield Figure("live: dwells when it is back", kinds["dwell"], "", 0)
    finally:
        book.close()


def _events(book: Journal) -> list[EventData]:
    return [EventData.model_validate_json(owed.payload) for owed in book.owed(10_000)
            if owed.type.startswith("edgebox.event.") and owed.seq is not None]


def _journal(folder: Path) -> Journal:
    path = folder / "uplink" / "journal.db"
    _until(path.exists)
    time.sleep(1)           # until its tables are there
    return Journal.open(path, 1 << 30)


def _until(holds: Callable[[], object]) -> None:
    """Wait for up to a minute. Raises TimeoutError."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError("bench holes: what was waited for did not come within a minute")
