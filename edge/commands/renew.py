"""`edgebox renew`: the next certificate, long before this one ends.

A composition root, run by a timer as root.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base import log
from edge.upkeep.firstboot.places import ANCHOR, CARD, STATE, CardPlaces
from edge.upkeep.firstboot.renewal import Renewal
from edge.upkeep.firstboot.services import restart_running

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add `renew` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "renew", help="fetch the next certificate when two thirds of this one's life are over",
        description="Makes a new key, has it certified with the present certificate, uses it once, and puts "
                    "both in the old one's place.")
    parser.add_argument("--state-dir", type=Path, default=STATE, metavar="DIR",
                        help="the data partition's folder; default: %(default)s")
    parser.add_argument("--force", action="store_true", help="also when it is not due")
    parser.add_argument("--restart", action="append", default=[], metavar="UNIT",
                        help="a service that reads the key when it starts; restarted afterwards, if it runs")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 also where nothing is due. Raises FirstbootError; then the old certificate is still in use."""
    log.set_up(args.verbose)
    renewal = Renewal(CardPlaces(CARD, args.state_dir, ANCHOR))
    renewal.renew(datetime.now(UTC), args.force)
    if renewal.restart_is_due:          # perhaps from a renewal that was cut
        restart_running(args.restart)
        renewal.restarted()
    return os.EX_OK
