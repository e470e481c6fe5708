"""`./run demo`: the real thing on this machine, with nothing to configure.

Two cameras on recordings, `edgebox watch`, `guard`, `uplink` and `page` as processes of their own, a broker,
the ward's receiver and its page, the group's page for phones, and a siren made of words. With --once the
recordings are played once, and the exit code says whether the ward has all that the box made.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from dev.demo_box import (
    CACHE,
    PROGRAMS,
    alone,
    free_port,
    invite,
    make_ack_key,
    make_command_key,
    write_config,
)
from dev.footage import fetch_footage
from dev.house import House
from dev.troupe import Troupe
from edge.config.load import load
from edge.contract.messages import Phase
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from edge.journal.store import Journal
from ward.command.keys import public_path

WARD = "phan-dinh-phung"
DELIVERY_LIMIT_S = 60.0


def say(text: str = "") -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--once", action="store_true",
                        help="play the recordings once, print a summary, exit 0 if the ward has all")
    parser.add_argument("--port", type=_port, default=8800, help="of the ward's page (default: %(default)s)")
    parser.add_argument("--lan", action="store_true",
                        help="let phones on this network reach the group's page, not only this machine")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep journal, ward data and logs here")
    args = parser.parse_args()
    folder = (args.keep or CACHE / "demo").resolve()
    with alone(folder, "demo"):
        if args.keep is None:
            shutil.rmtree(folder)
            folder.mkdir()
        try:
            return _play(args, folder)
        except KeyboardInterrupt:
            say("\ndemo: stopped")
            return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"want a port, 1 to 65535, got {text!r}")
    return int(text)


def _play(args: argparse.Namespace, folder: Path) -> int:
    """Weights and footage first, with progress; both are there on a second run."""
    subprocess.run([sys.executable, "-m", "edge.cli", "models", "fetch", "--quiet-if-there"], check=True)
    footage = fetch_footage(CACHE / "footage")
    broker_port, page_port = free_port(), free_port(args.port)
    key, passphrase = make_command_key(folder)
    signing, signed_by = make_ack_key(folder)
    config = write_config(folder, {
        **footage, "port": broker_port, "at_end": "stop" if args.once else "loop",
        "group_host": "::" if args.lan else "127.0.0.1", "group_port": free_port(8443),
        "command_key": public_path(key), "ack_key": signed_by})
    pins = folder / "pins"
    with Troupe(folder, "demo") as troupe:
        troupe.start("broker", ["dev.broker", str(broker_port)], ready="listening")
        troupe.start("ward", ["ward.cli", "run", "--ward", WARD, "--no-tls", "--print",
                              "--broker", f"127.0.0.1:{broker_port}", "--data", str(folder / "ward"),
                              "--port", str(page_port), "--command-key", str(key), "--ack-key", str(signing),
                              "--passphrase-file", str(passphrase)], ready="receiving: ", on_line=_event_line)
        box = {name: troupe.start(name, ["edge.cli", name, "--config", str(config)],
                                  environment={PINS_VARIABLE: f"{SIMULATED}{pins}"}) for name in PROGRAMS}
        watch = box["watch"]
        say(f"demo: the ward's page: http://127.0.0.1:{page_port}/    logs: {folder}")
        if not args.once:
            say(f"demo: the group's page: {invite(config, 'demo')}")
            say("      its certificate is its own, so a browser warns once; the invite is for one phone")
            house = House(pins, load(config).settings, lambda text: say(f"box:  {text}"))
            house.start()
            if keys := house.explained():
                say(f"demo: {keys}")
            say("demo: Ctrl-C ends it\n")
            try:
                troupe.wait_for(lambda: watch.poll() is not None)
            finally:
                house.stop()
            say("demo: watch ended by itself")
            return 1
        troupe.wait_for(lambda: watch.poll() is not None)
        return _settle(troupe, folder)


def _event_line(line: str) -> None:
    """Print those of the ward's lines, one per record, that begin an event."""
    if f"  {Phase.NEW.value} " in line:
        say(line)


def _settle(troupe: Troupe, folder: Path) -> int:
    """Wait until the ward has signed for all that was made, then compare that with what the ward has."""
    journal = Journal.open(folder / "state" / "uplink" / "journal.db", 1 << 30)
    try:
        if not troupe.wait_for(lambda: not _owed(journal), DELIVERY_LIMIT_S):
            say(f"demo: after {DELIVERY_LIMIT_S:.0f} s the box still owes {_owed(journal)} messages")
        made = journal.counters()
    finally:
        journal.close()
    return _judge(made, _ward_summary(folder))


def _owed(journal: Journal) -> int:
    depth = journal.depth()
    return depth.records + depth.pictures


def _ward_summary(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "ward.cli", "summary", "--data", str(folder / "ward"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def _judge(made: dict[str, int], ward: dict[str, Any]) -> int:
    """Print the summary; 0 when the ward lacks nothing."""
    begun, records = _total(made, "events"), sum(ward["records"].values())
    losses = sum(value for name, value in made.items() if name.startswith("lost_") or name == "journal_lost")
    rows = {
        "frames decoded": _total(made, "frames_decoded"),
        "frames analysed": _total(made, "analysed"),
        "frames still": _total(made, "still"),
        "frames skipped": _total(made, "skipped"),
        "inferences": _total(made, "inferred"),
        "events made, at the ward": f"{begun}, {ward['events']}",
        "records made, at the ward": f"{made.get('event_records', 0)}, {records} ({_told(ward['records'])})",
        "images made, at the ward": f"{made.get('pictures', 0)}, {ward['images']}",
        "losses": losses,
        "gaps in seq": sum(ward["gaps"].values()),
        "JSON bytes at the ward": f"{ward['json_bytes']}, at most {ward['max_event_json_bytes']} an event",
        "image bytes at the ward": ward["image_bytes"],
    }
    say()
    for name, value in rows.items():
        say(f"  {name:28}{value}")
    whole = (begun == ward["events"] and made.get("event_records", 0) == records and losses == 0
             and made.get("pictures", 0) == ward["images"]
             and not any(ward["gaps"].values()) and begun > 0
             and not ward["images_pending"] and not ward["quarantined"])
    say(f"\ndemo: {'the ward has all that the box made' if whole else 'THE WARD LACKS SOMETHING'}")
    return 0 if whole else 1


def _total(counts: dict[str, int], kind: str) -> int:
    """The sum over all cameras: counters are named `kind.camera`."""
    return sum(value for name, value in counts.items() if name.startswith(f"{kind}."))


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
