"""The command line of our tools: argparse, with the exit code that sysexits.h has for wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from typing import NoReturn


class ArgumentParser(argparse.ArgumentParser):
    """Exits 64 with one line after the usage. Its subcommands are parsed by the same class."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\n")


def rate_fps(text: str) -> float:
    """A `type` of add_argument, as those below."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 60:
        raise argparse.ArgumentTypeError(f"want a number above 0, at most 60, got {text!r}")
    return value


def labels(text: str) -> tuple[str, ...]:
    """`person, car` as its parts, none of them empty."""
    parts = tuple(part.strip() for part in text.split(","))
    if not all(parts):
        raise argparse.ArgumentTypeError(f"want labels such as person,car, got {text!r}")
    return parts


def moment(text: str) -> datetime:
    """ISO 8601, with or without a zone."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = datetime.min
    if not 1970 <= value.year <= 9000:      # beyond, a zone or a long recording leads out of the calendar
        raise argparse.ArgumentTypeError(f"want a time such as 2026-11-23T22:00, got {text!r}")
    return value
