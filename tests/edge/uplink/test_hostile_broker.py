"""A box whose ward's broker was taken over: it stays small, says so, and comes again with patience."""

from __future__ import annotations

from pathlib import Path

from edge.journal.store import Journal
from tests.brokers import until
from tests.edge.journal.entries import MIB, make_entry
from tests.edge.uplink.box import start_guard
from tests.hostile_broker import HUGE_BYTES, HostileBroker, endless_publish, peak_kb


def test_a_huge_message_costs_a_box_a_reconnect(tmp_path: Path) -> None:
    """
    One PUBLISH of 256 MB at each connection: the process grows by no more than 4 MB beyond what a connection
    takes, the cause is in the log and no longer repeated after some times, and each pause is a back-off's.
    """
    path, record = tmp_path / "journal.db", tmp_path / "guard.log"
    journal = Journal.open(path, 64 * MIB)
    journal.append(make_entry(1))
    with HostileBroker(lambda _: endless_publish()) as broker:
        process = start_guard(path, broker.port, record)
        try:
            until(lambda: broker.came_s, "the first connection")
            first_kb = peak_kb(process.pid)
            until(lambda: len(broker.came_s) >= 8, "seven more connections")
            last_kb = peak_kb(process.pid)
        finally:
            process.kill()
            process.wait()

    assert last_kb - first_kb < 4096
    said = record.read_text()
    assert 1 <= said.count(f"kind=garbage error=\"the broker at 127.0.0.1:{broker.port} sends a packet of "
                           f"{HUGE_BYTES} bytes, where 65536 are the most") <= 3
    assert "cloned" not in said
    assert broker.came_s[7] - broker.came_s[0] > 7 * 0.025      # 0.05 to 0.2 s in tests, minus up to a half
    assert 1 == journal.depth().records
    journal.close()
