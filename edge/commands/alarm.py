"""`edgebox alarm`: what a technician, and the unit's ExecStopPost, do with the alarm's pins.

A composition root. `off` reads the config without judging it and imports next to nothing, so that a siren
goes off at once, also when the config is what broke.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edge.base.errors import ConfigError, FatalError
from edge.base.limits import TEST_MAX_S
from edge.config.folders import runtime_folder
from edge.gpio.pins import HEADER_PIN, PinsError, hold, open_factory, present_levels, remembered
from edge.ipc.channels import Program

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_RUNTIME_DIR = "/run/edgebox"       # where the config names none; BoxSettings says the same


def add_parser(subparsers: Subparsers) -> None:
    """Add `alarm` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser("alarm", help="test outputs and inputs, put outputs off, show the wiring",
                                   description="The alarm's pins, for technicians.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument("--lang", choices=("vi", "en"), default="vi", help="default: %(default)s")
    spoken.add_argument("--json", action="store_true", help="print the result as JSON; talk on stderr")

    test = actions.add_parser("test", parents=[shared, spoken], help="try every output, then every input",
                              description="Switches each output on in turn, lights before sirens, then waits "
                                          "for each input. Exits 0 when nothing failed, 1 otherwise.")
    test.add_argument("--yes", action="store_true", help="ask nothing; the siren sounds")
    test.add_argument("--no-siren", action="store_true", help="pass over sirens")
    test.add_argument("--on", type=_seconds(TEST_MAX_S), default=1.0, metavar="S", dest="on_s",
                      help="how long each output is on; default: %(default)s")
    test.add_argument("--wait", type=_seconds(600.0), default=20.0, metavar="S", dest="wait_s",
                      help="how long to wait for each input; default: %(default)s")
    test.set_defaults(run=run_test)
    off = actions.add_parser("off", parents=[shared], help="put every output off, at once",
                             description="Puts off what the config names and what guard last drove. Also "
                                         "with a config that has faults.")
    off.set_defaults(run=run_off)
    show = actions.add_parser("show", parents=[shared, spoken], help="list pins, wiring and present levels",
                              description="Claims no pin: guard may run. Levels come from `pinctrl` "
                                          "and are left out where it is missing.")
    show.set_defaults(run=run_show)


def run_off(args: argparse.Namespace) -> int:
    """Put everything off that can be. Raises FatalError in the end for what could not."""
    offs, runtime_dir, fault = _offs(args.config)
    offs = remembered(runtime_dir) | offs
    faults: list[FatalError] = [fault] if fault else []
    if offs:
        pins = open_factory(runtime_dir)
        for gpio, level in offs.items():
            try:
                pins.output(gpio, level)
            except PinsError as exc:
                faults.append(exc)
        pins.close()
        print("outputs off:", " ".join(f"GPIO{gpio}" for gpio in sorted(offs)))
    if faults:
        raise FatalError("\n".join(map(str, faults)), faults[0].exit_code)
    return os.EX_OK


def run_show(args: argparse.Namespace) -> int:
    from edge.base.words import Words
    from edge.config.load import load
    from edge.gpio import tables
    from edge.gpio.trial import CATALOGUE

    settings = load(args.config).settings
    levels = present_levels((*(it.pin for it in settings.outputs.values()),
                             *(it.pin for it in settings.inputs.values())))
    if args.json:
        print(json.dumps(tables.wiring_facts(settings, levels), indent=2))
    else:
        print(tables.wiring(settings, levels, Words(args.lang, CATALOGUE)))
    return os.EX_OK


def run_test(args: argparse.Namespace) -> int:
    from edge.base.words import Words
    from edge.config.load import load
    from edge.gpio import tables
    from edge.gpio.trial import CATALOGUE, Trial, TrialPlan

    settings, words = load(args.config).settings, Words(args.lang, CATALOGUE)
    for number in (signal.SIGTERM, signal.SIGHUP):      # a lost connection must not leave a siren on
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    plan = TrialPlan(args.on_s, args.wait_s, siren=not args.no_siren, ask=not args.yes)
    console = Terminal(sys.stderr if args.json else sys.stdout, sys.stdin.fileno())
    folder = runtime_folder(settings, Program.GUARD)
    with hold(folder):
        pins = open_factory(folder)
        try:
            outputs, inputs = Trial(settings, pins, plan, console, words).run()
        finally:
            pins.close()
    if args.json:
        print(json.dumps(tables.outcome_facts(outputs, inputs), indent=2))
    else:
        print(tables.outcomes((*outputs, *inputs), words))
    return int(any(result.is_bad for result in (*outputs, *inputs)))


class Terminal:
    """The technician's terminal, or a pipe."""

    def __init__(self, out: TextIO, source: int) -> None:
        self._out, self._source = out, source
        self._typed = b""
        self._counted = ""

    def say(self, text: str) -> None:
        self._wipe()
        print(text, file=self._out, flush=True)

    def count(self, text: str) -> None:
        if text != self._counted and self._out.isatty():
            self._wipe()
            print(text, end="\r", file=self._out, flush=True)
            self._counted = text

    def ask(self, question: str) -> str | None:
        print(question, end=" ", file=self._out, flush=True)
        line = self._line(None)
        if not os.isatty(self._source):
            print(file=self._out)
        return line

    def entered(self, timeout_s: float) -> bool:
        return self._line(timeout_s) is not None

    def _wipe(self) -> None:
        if self._counted:
            print(" " * len(self._counted), end="\r", file=self._out)
            self._counted = ""

    def _line(self, timeout_s: float | None) -> str | None:
        """What was typed up to Enter; None when the time is over, or at the end of a pipe."""
        while b"\n" not in self._typed:
            if self._source < 0:
                time.sleep(timeout_s or 0)
                return None
            if not select.select([self._source], [], [], timeout_s)[0]:
                return None
            read = os.read(self._source, 1024)
            self._typed += read
            if not read:
                self._source = -1       # nobody is there, nor will be
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace")


def _offs(path: Path) -> tuple[dict[int, bool], Path, FatalError | None]:
    """GPIO -> off level as far as the file tells, guard's runtime folder, and why it does not tell."""
    try:
        root = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as exc:
        fault = ConfigError(f"{path}: {exc}; only what guard last drove was put off")
        return {}, Path(_RUNTIME_DIR) / Program.GUARD, fault
    outputs = [it for it in _dict(root.get("outputs")).values() if isinstance(it, dict)]
    wired = [(it.get("pin"), it.get("active_high", True)) for it in outputs]
    folder = _dict(root.get("box")).get("runtime_dir")
    runtime_dir = path.absolute().parent / (folder if isinstance(folder, str) else _RUNTIME_DIR)
    offs = {pin: active_high is False for pin, active_high in wired
            if isinstance(pin, int) and pin in HEADER_PIN}
    return offs, runtime_dir / Program.GUARD, None


def _dict(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) else {}


def _seconds(most: float) -> Callable[[str], float]:
    def seconds(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"want seconds above 0, at most {most:g}, got {text!r}")
        return value
    return seconds
