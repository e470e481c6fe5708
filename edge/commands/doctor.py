"""`edgebox doctor`: is this box well? One screen, worst last; 0 good, 1 something to look at, 2 a fault."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.findings import exit_code
from edge.base.redact import json_text
from edge.base.words import LANGUAGES, Words, is_yes
from edge.commands.check import model_faults, needs_of
from edge.config.load import load
from edge.contract.messages import rfc3339
from edge.health import last_result, progress
from edge.health.system import System
from edge.upkeep.doctor.pins import PULSE_S, MaySound
from edge.upkeep.doctor.run import examine
from edge.upkeep.doctor.screen import CATALOGUE, facts, screen
from models.store import default_dir

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add `doctor` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "doctor", help="test everything: cameras, detection, siren, ward, disk, power",
        description="Opens every camera, tries the model on a picture that is known, pulses lights and, with "
                    "consent, sirens, reads buttons, sends a message to the ward; looks at certificates, "
                    "clock, disk, power and heat. Exits 0 when all is well, 1 with something to look at, 2 "
                    "with a fault. The result is kept, and result to the ward.")
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR",
                        help="where the kernel's /sys is; default: %(default)s")
    siren = parser.add_mutually_exclusive_group()
    siren.add_argument("--siren", action="store_true", default=None, help="sound sirens without asking")
    siren.add_argument("--no-siren", action="store_false", dest="siren", help="no siren; asks nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    config = load(args.config, lambda root: model_faults(root, default_dir()))
    box = config.settings.box
    with progress.reporting(box.runtime_dir) as on_step:
        findings = examine(config, System(args.root), needs_of(config.settings.model, default_dir()),
                           _consent(args), on_step)
        result = facts(findings, rfc3339(datetime.now(UTC)), f"{box.ward}/{box.group}/{box.id}", args.lang)
        try:
            last_result.write(box.state_dir, result)
        except OSError as exc:
            print(f"edgebox: {box.state_dir / last_result.FILE}: cannot keep the result: {exc.strerror}; "
                  "the ward gets none; run as root, or as one of the group edgebox", file=sys.stderr)
    if args.json:
        print(json_text(result))
    else:
        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(screen(findings, str(result["box"]), args.lang, coloured))
    return exit_code(findings)


def _consent(args: argparse.Namespace) -> MaySound:
    """Given on the command line, or asked for where somebody sits at a terminal; else nobody agreed."""
    words = Words(args.lang, CATALOGUE)

    def may_sound(name: str) -> bool:
        if args.siren is not None or args.json or not sys.stdin.isatty():
            return bool(args.siren)
        return is_yes(input(words("ask-siren", name=name, seconds=PULSE_S) + " "))
    return may_sound
