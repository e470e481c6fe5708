"""`edgebox camera confirm`: what a camera shows now is right, says who looks at it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.errors import FatalError
from edge.base.words import LANGUAGES, Words
from edge.config.folders import state_folder
from edge.config.load import load
from edge.ipc.channels import Program
from edge.upkeep.camera.confirming import LEARN_S, Confirmed, confirm
from edge.upkeep.camera.screen import CATALOGUE

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_confirm(actions: Subparsers) -> None:
    """Add `confirm` to the actions of `edgebox camera`."""
    parser = actions.add_parser(
        "confirm", help="say that a camera shows what it should",
        description="Look first (edgebox camera snapshot). From then on the box tells by this view when the "
                    "camera is turned, covered or out of focus; without it, by what it saw first. Where it "
                    "was turned on purpose, the new view is taken within a minute. No picture is kept. "
                    "Exits 1 when it has not been confirmed yet.")
    parser.add_argument("camera", metavar="CAMERA", help="a name in the config")
    parser.add_argument("--seconds", type=float, default=LEARN_S, help="wait so long; default: %(default)s")
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi", help="default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask, wait and say what came of it. Raises ConfigError, FatalError."""
    settings, words = load(args.config).settings, Words(args.lang, CATALOGUE)
    if args.camera not in settings.cameras:
        raise FatalError(words("confirm-unknown", name=args.camera, names=", ".join(settings.cameras)),
                         os.EX_USAGE)
    folder = state_folder(settings, Program.WATCH)
    try:
        came = confirm(folder, args.camera, args.seconds)
    except OSError as exc:
        raise FatalError(words("confirm-folder", folder=str(folder), error=exc), os.EX_NOPERM) from exc
    print(words(f"confirm-{came}", name=args.camera))
    return os.EX_OK if came is Confirmed.DONE else 1
