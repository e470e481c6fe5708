from __future__ import annotations

from dataclasses import asdict

from edge.ipc.records import CountAll
from edge.ipc.watch_guard import MAX_CAMERAS
from edge.watch.enlarger import LargerOutcome
from edge.watch.pipeline import Counts


def test_the_counts_of_as_many_cameras_as_there_may_be_fit_into_one_message() -> None:
    """
    Each of 64 cameras counts everything at once: uplink is told of all of it.
    """
    kinds = [*asdict(Counts()), "frames_decoded", "late", "evidence_cpu_ms",
             *(f"evidence_{outcome}" for outcome in LargerOutcome)]
    counts = {f"{kind}.camera-{number}": 1 for kind in kinds for number in range(MAX_CAMERAS)}
    assert len(counts) == len(CountAll(counts=counts, gauges=dict.fromkeys(counts, 1.0)).counts)
