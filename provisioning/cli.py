"""`edgebox-provision`: the technician's and the ward's tool for keys, boxes and cards.

Exit codes are those of sysexits.h, but for `ward status`, which has those of monitoring tools.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from edge import __version__
from edge.base.arguments import ArgumentParser
from edge.base.errors import EdgeError
from edge.base.words import LANGUAGES
from provisioning.errors import said

TOOLS = {
    "ward": ("provisioning.ward.cli", "keys of a ward: make, list, revoke, serve enrolment"),
    "box": ("provisioning.box.cli", "prepare boxes: bundles on cards, labels, inventory"),
    "flash": ("provisioning.flash.cli", "write an image to a card and verify it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and turn our own errors into one line and an exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGINT, signal.default_int_handler)    # also where a shell has it ignored
    language = LANGUAGES[0]
    try:
        args = _parser(given[0] if given else "").parse_args(given)
        language = args.lang
        code: int = args.run(args)
    except EdgeError as exc:
        for line in said(exc, language).splitlines():
            print(f"edgebox-provision: {line}", file=sys.stderr)
        return exc.exit_code
    except (KeyboardInterrupt, EOFError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)    # a second one while this ends would be its exit code
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def _parser(command: str) -> argparse.ArgumentParser:
    """All commands by name; only the module of `command` is imported."""
    parser = ArgumentParser(prog="edgebox-provision",
                            description="Makes a ward's keys, prepares boxes, and writes their cards.")
    parser.add_argument("--version", action="version", version=f"edgebox-provision {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, text) in TOOLS.items():
        if name == command:
            importlib.import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
