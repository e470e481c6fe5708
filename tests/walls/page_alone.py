"""The group's page in a process of its own, its panel in memory: `python -m tests.walls.page_alone DIR PORT`.

Prints "ready" once it listens, and a line for each call that reaches the panel. Ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from edge.base import log
from edge.ipc.panel import Answer, Request
from tests.edge.page.panels import MemoryPanel
from tests.edge.page.stand import Stand


class PrintingPanel(MemoryPanel):
    """Tells its parent what it is asked for."""

    def request(self, request: Request, timeout_s: float = 5.0) -> Answer:
        answer = super().request(request, timeout_s)
        print(f"{time.monotonic():.3f} {type(request).__name__} {answer.accepted}", flush=True)
        return answer


def main(folder: Path, port: int) -> None:
    log.set_up()
    stand = Stand(folder, PrintingPanel(), port=port)
    stand.start_guard()
    stand.start()
    print("ready", flush=True)
    ending = threading.Thread(target=sys.stdin.read, name="end", daemon=True)
    ending.start()
    while ending.is_alive() and not stand.ended.is_set():
        ending.join(0.1)
    stand.stop()
    stand.stop_guard()
    if stand.failure:
        raise stand.failure[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
