"""`edgebox status`: what the box is doing, on one screen. It touches nothing that runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.redact import json_text
from edge.base.words import LANGUAGES
from edge.config.load import load
from edge.health.system import System
from edge.upkeep.status.gather import gather
from edge.upkeep.status.screen import facts, screen

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add `status` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "status", help="what is running, last event, queue, cameras, outputs, certificates, temperature",
        description="One screen, while everything runs. As root: the journal is for its owner alone.")
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi", help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR",
                        help="where the kernel's /sys is; default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    status = gather(load(args.config), System(args.root))
    if args.json:
        print(json_text(facts(status, args.lang)))
    else:
        print(screen(status, args.lang))
    return os.EX_OK
