"""`./run demo`: the two ways that people try it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dev.demo_box import PROGRAMS
from edge.gpio.simulated import changes, press
from edge.journal.store import Journal
from tests.brokers import until
from tests.e2e.stage import END_S, MIB, REPOSITORY, surroundings

pytestmark = [pytest.mark.usefixtures("model", "footage"), pytest.mark.timeout(300)]
MARK = "EDGEBOX_TEST_OF_THE_DEMO"
BEACON, PANIC = 23, 5          # of dev/demo.toml


@contextmanager
def demo(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`./run demo` as from a terminal, in a process group of its own; all that it leaves is in `folder`.

    One at a time: each looks for free ports some seconds before it uses them.
    """
    folder.mkdir()
    alone = (Path(tempfile.gettempdir()) / "edgebox-tests-of-the-demo.lock").open("w")
    fcntl.flock(alone, fcntl.LOCK_EX)
    with (folder / "said").open("w", encoding="utf-8") as said:
        process = subprocess.Popen([REPOSITORY / "run", "demo", "--keep", str(folder / "kept"), *words],
                                   stdout=said, stderr=said, text=True, start_new_session=True,
                                   env=surroundings({MARK: str(folder)}))
    try:
        yield process
    finally:
        for left in company(folder):
            left.kill()
        process.wait(END_S)
        alone.close()


def company(folder: Path) -> list[psutil.Process]:
    """The demo and all that it started, children or orphans: they inherited the mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(folder):
                found.append(process)
    return found


def text(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf-8")


def check_logs(folder: Path) -> None:
    """No bug of ours; amqtt, the demo's broker, tells of each client that speaks MQTT 5 by a traceback."""
    logs = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "kept").glob("*.log")}
    assert {"broker", "ward", *PROGRAMS} == logs.keys()
    assert {"broker", "ward", *PROGRAMS} == logs.keys()
    assert not [name for name, log in logs.items() if name != "broker" and "Traceback" in log]


def test_once_plays_and_proves_that_nothing_is_missing(tmp_path: Path) -> None:
    """
    Both recordings once, then a summary; exit code 0 only since the ward has all that the box made.
    """
    folder = tmp_path / "demo"
    with demo(folder, "--once") as process:
        assert 0 == process.wait(100), text(folder)

    said = text(folder)
    assert "demo: the ward has all that the box made" in said
    figures = dict(re.findall(r"^  (\S.*?)\s{2,}(.+)$", said, re.MULTILINE))
    made, at_ward = map(int, figures["events made, at the ward"].split(","))
    assert made == at_ward >= 20
    assert ("0", "0") == (figures["losses"], figures["gaps in seq"])
    assert said.count("  new  ") == made                        # a line for each, as it arrived
    assert int(figures["inferences"]) >= 30
    check_logs(folder)


def test_a_press_of_the_button_is_drawn_and_on_the_wards_page_at_once(tmp_path: Path) -> None:
    """
    The panic button held: the terminal shows siren and lights on and later off, the ward's page says who
    called, guard keeps the call until the ward has signed for it; and the group's page, whose address holds
    an invite, asks for a credential.
    """
    folder = tmp_path / "demo"
    pins = folder / "kept" / "pins"
    with demo(folder) as process:
        until(lambda: process.poll() is not None or "Ctrl-C ends it" in text(folder), "the demo to start", 60)
        # A button that is down when a box boots is left out: not before guard has looked at it.
        until(lambda: "guarding" in (folder / "kept" / "guard.log").read_text("utf-8")
              and (pins / "inputs.sock").exists(), "guard to hold the pins", 30)
        until(lambda: blinked(pins, BEACON), "guard to go its rounds", 30)
        press(pins, PANIC, "low")
        until(lambda: "[SIREN]" in text(folder), "the siren", 30)
        press(pins, PANIC, "high")
        ward, group = re.findall(r"https?://\S+", text(folder))[:2]
        until(lambda: "gate-button" in fetched(ward), "the alarm on the ward's page", 30)
        until(lambda: "the ward has records of alarms" in (folder / "kept/guard.log").read_text("utf-8"),
              "guard to be told by a signed ack", 30)
        assert re.fullmatch(r"https://127\.0\.0\.1:\d+/join#[0-9A-Z]{20,}", group)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetched(group.partition("/join")[0])
        until(lambda: "[" not in drawn(folder)[-1], "siren and lights to go off by themselves", 60)
        os.killpg(process.pid, signal.SIGINT)
        assert 0 == process.wait(20), text(folder)
    check_logs(folder)


def drawn(folder: Path) -> list[str]:
    """The box's outputs as the terminal showed them, line by line."""
    return [line for line in text(folder).splitlines() if line.startswith("box: ")]


def blinked(pins: Path, gpio: int, times: int = 3) -> bool:
    """Whether a pin has blinked so often."""
    return sum(change.gpio == gpio for change in changes(pins)) > times


def fetched(address: str) -> str:
    """The page there, whoever has signed its certificate."""
    open_to_any = ssl._create_unverified_context()
    with urllib.request.urlopen(address, timeout=60, context=open_to_any) as page:
        html: str = page.read().decode()
    return html


def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """
    While it loops, its page answers; Ctrl-C, pressed twice by the impatient, ends everything within 15 s,
    exit code 0, no process left, and the journal whole.
    """
    folder = tmp_path / "demo"
    with demo(folder) as process:
        until(lambda: process.poll() is not None or "  new  " in text(folder), "the first event", 60)
        found = re.search(r"http://\S+", text(folder))
        assert found, text(folder)
        with urllib.request.urlopen(found[0], timeout=60) as page:
            assert b"<html" in page.read()
        everybody = 3 + len(PROGRAMS)                           # itself, broker, ward
        assert everybody == len(company(folder))

        os.killpg(process.pid, signal.SIGINT)                   # as a terminal does
        until(lambda: len(company(folder)) < everybody, "the first to end")
        os.killpg(process.pid, signal.SIGINT)
        assert 0 == process.wait(60), text(folder)
        assert [] == company(folder)

    assert "demo: stopped" in text(folder)
    assert "Traceback" not in text(folder)
    check_logs(folder)
    journal = Journal.open(folder / "kept" / "state" / "uplink" / "journal.db", 512 * MIB)
    assert journal.last_seq() > 0
    assert "lost" not in " ".join(journal.counters())
    journal.close()
