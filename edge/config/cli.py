"""`edgebox check`: every fault of a config with its place, or what the box would go by."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import render, schema
from edge.config.load import Config, load, read_text, told
from edge.config.notes import notes_of
from edge.errors import ConfigError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add `check` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "check", help="say what is wrong with a config file, or show the effective one",
        description="Prints every fault with its file, line and key, and exits 78; or prints the "
                    "effective config, defaults filled in and secrets hidden, and exits 0.")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the TOML file")
    parser.add_argument("--json", action="store_true", help="print the effective config as JSON")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of such a file instead")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check `args.file`; 0 when it is good, 64 without a file, 78 for faults."""
    if args.schema:
        sys.stdout.write(schema.text())
        return os.EX_OK
    if args.file is None:
        print("check: want FILE or --schema", file=sys.stderr)
        return os.EX_USAGE
    try:
        config = load(args.file)
        notes = told(notes_of(config.settings), read_text(args.file), args.file.name)
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(_shown(config, args.json), end="")
    return os.EX_OK


def _shown(config: Config, as_json: bool) -> str:
    if as_json:
        return render.as_json(config.settings) + "\n"
    return f"# config {config.short_hash}\n{render.as_toml(config.settings)}"
