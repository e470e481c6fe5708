"""`edgebox logs`: what the services say, from systemd's journal."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from edge.base.errors import FatalError
from edge.upkeep.status.service_log import SERVICES, journalctl
from edge.upkeep.status.units import booted

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SINCE = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def add_parser(subparsers: Subparsers) -> None:
    """Add `logs` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser("logs", help="what the services say",
                                   description="The services' lines from systemd's journal, the newest last.")
    parser.add_argument("services", nargs="*", metavar="SERVICE",
                        help=f"of {', '.join(SERVICES)}; all without one")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new ones")
    parser.add_argument("--since", type=_since, metavar="TIME", default=None,
                        help="such as 10m, 1h, 2d, or a time that journalctl takes")
    parser.add_argument("-n", "--lines", type=int, metavar="N", default=None, help="the last so many")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """journalctl's exit code. Raises FatalError where there is no journal of systemd."""
    unknown = [name for name in args.services if name not in SERVICES]
    if unknown:
        raise FatalError(f"logs {unknown[0]}: no such service; there are {', '.join(SERVICES)}", os.EX_USAGE)
    if not booted() or shutil.which("journalctl") is None:
        raise FatalError("logs: there is no systemd here, so no journal; a service that was started by hand "
                         "says its lines on its own terminal", os.EX_UNAVAILABLE)
    command = journalctl(args.services, args.since, args.lines)
    return subprocess.run([*command, *(["--follow"] if args.follow else [])], check=False).returncode


def _since(text: str) -> str:
    """A `type` of add_argument: `1h` as journalctl has it."""
    found = _SINCE.fullmatch(text)
    return f"{found[1]} {_UNITS[found[2]]} ago" if found else text
