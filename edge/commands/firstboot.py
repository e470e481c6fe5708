"""`edgebox firstboot`: from a bundle on the card to a provisioned box.

A composition root, run by systemd as root. By hand, `edgebox firstboot --once` says what is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base import log
from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor, stop_at_signals
from edge.commands.check import model_faults
from edge.config.load import Config, load
from edge.health.last_result import FILE as DOCTOR
from edge.upkeep.firstboot.light import LEDS, Signals, board_lights
from edge.upkeep.firstboot.places import ANCHOR, CARD, STATE, CardPlaces
from edge.upkeep.firstboot.report import SetupState
from edge.upkeep.firstboot.run import Clock, FirstBoot
from edge.upkeep.firstboot.selftest import SelfTestProgram
from edge.upkeep.firstboot.services import restart_running
from models.store import default_dir

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_GOOD_SHOWN_S, _BAD_SHOWN_S = 6.0, 20.0       # two winks
_SILENT_S = 120.0           # a step waits for the network, for systemd-creds or for the disk, never longer


def add_parser(subparsers: Subparsers) -> None:
    """Add `firstboot` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "firstboot", help="provision this box from the bundle on its card",
        description="Verifies the bundle, installs its config, makes this box's key, fetches its certificate "
                    "and erases the code. Can be repeated at any time; goes on where a power cut ended it.")
    parser.add_argument("--card", type=Path, default=CARD, metavar="DIR",
                        help="where edge-bundle lies and report.json is written; default: %(default)s")
    parser.add_argument("--state-dir", type=Path, default=STATE, metavar="DIR",
                        help="the data partition's folder; default: %(default)s")
    parser.add_argument("--anchor", type=Path, default=ANCHOR, metavar="FILE",
                        help="the ward's root certificate; default: %(default)s")
    parser.add_argument("--leds", type=Path, default=LEDS, metavar="DIR",
                        help="where the kernel shows the board's light; default: %(default)s")
    test = parser.add_mutually_exclusive_group()
    test.add_argument("--self-test-unit", metavar="UNIT",
                      help="the service that does the self-test; without it, it is done here")
    test.add_argument("--no-self-test", action="store_true", help="leave the self-test out")
    parser.add_argument("--once", action="store_true", help="try once and say what is wrong")
    parser.add_argument("--restart", action="append", default=[], metavar="UNIT",
                        help="a service to restart in the end, if it runs")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the box is provisioned. Raises FirstbootError with --once."""
    log.set_up(args.verbose)
    notifier, supervisor = Notifier(), Supervisor()
    stop_at_signals(supervisor.stop)
    signals = Signals(board_lights(args.leds))
    places = CardPlaces(args.card, args.state_dir, args.anchor)
    boot = FirstBoot(places, _judged, _self_test(args, places), signals, notifier.status, Clock())
    try:
        supervisor.start("light", signals.run)
        if args.once:
            boot.attempt(supervisor.stop)
        else:
            supervisor.start("firstboot", lambda stop: _work(boot, supervisor), silent_s=_SILENT_S)
            notifier.ready("first boot")
            supervisor.hold(notifier.feed, notifier.feed_every_s)
    finally:
        notifier.stopping()
        supervisor.stop.set()
        supervisor.join(_SILENT_S)
        signals.close()
    supervisor.raise_failure()
    if boot.report.state is not SetupState.PROVISIONED:
        return os.EX_TEMPFAIL
    restart_running(args.restart)
    return os.EX_OK


def _work(boot: FirstBoot, supervisor: Supervisor) -> None:
    """Then let whoever stands before the box see how it ended, before guard takes the pins."""
    if boot.run(supervisor.stop):
        supervisor.stop.wait(_GOOD_SHOWN_S if boot.report.fault is None else _BAD_SHOWN_S)
    supervisor.stop.set()


def _judged(path: Path) -> Config:
    return load(path, lambda root: model_faults(root, default_dir()))


def _self_test(args: argparse.Namespace, places: CardPlaces) -> SelfTestProgram:
    command: tuple[str, ...] = (sys.executable, "-m", "edge.cli", "doctor", "--json", "--no-siren",
                                "--config", str(places.config_file))
    if args.self_test_unit:
        command = ("systemctl", "start", args.self_test_unit)
    return SelfTestProgram(() if args.no_self_test else command, places.state / DOCTOR)
