"""`edgebox check`: every fault of a config with its place, or what the box would go by.

A composition root: the config is judged together with the models that there are.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.errors import ConfigError, FatalError
from edge.base.finding_words import FindingWords
from edge.config import render, schema
from edge.config.checks import classes_in
from edge.config.load import Config, fault_lines, load, read_text
from edge.config.model import ModelSettings
from edge.config.nearest import nearest
from edge.config.notes import notes_of
from edge.config.tables import KeyFault, table_in
from edge.config.wording import got, unknown_label
from edge.upkeep.doctor.reach import Needs
from edge.upkeep.doctor.sight import ASSUMED_PX, sights
from models.store import default_dir, known_entry, known_names

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
    """Check `args.file`; 0 when it is good, 78 for faults. Raises FatalError (64) without a file."""
    if args.schema:
        sys.stdout.write(schema.text())
        return os.EX_OK
    if args.file is None:
        raise FatalError("check: want FILE or --schema", os.EX_USAGE)
    try:
        config = load(args.file, lambda root: model_faults(root, default_dir()))
        notes = fault_lines(notes_of(config.settings), read_text(args.file), args.file.name)
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(_shown(config, args.json), end="")
    if not args.json:
        print(*_sights(config), sep="\n")
    return os.EX_OK


def model_faults(root: Mapping[str, object], folder: Path) -> Iterator[KeyFault]:
    """A model that there is none of, and classes that it cannot see; `root` is a whole file as parsed.

    Raises:
        FatalError: the entry of an installed model cannot be read.
    """
    name = table_in(root, "model").get("name", ModelSettings().name)
    if not isinstance(name, str):
        return          # told by its type
    entry = known_entry(name, folder)
    if entry is None:
        yield KeyFault(("model", "name"), _no_such_model(name, known_names(folder)))
        return
    for key, label in classes_in(root):
        if label not in entry.labels:
            yield KeyFault(key, unknown_label(label, name, entry.labels))


def needs_of(model: ModelSettings, folder: Path) -> Needs:
    """What is known of how large things must be for this model; nothing of one that nobody has measured."""
    entry = known_entry(model.name, folder)
    if entry is None:
        return Needs({}, model.input_px)
    return Needs(entry.reliable, model.input_px, {
        label: each.least_height_ratio for label, each in entry.classes.items()})


def _sights(config: Config) -> Iterator[str]:
    """How small and how far things may be, as comments, so that the whole output stays TOML."""
    words, needs = FindingWords("en"), needs_of(config.settings.model, default_dir())
    width_px, height_px = ASSUMED_PX
    yield ""
    yield (f"# What is told, if pictures have {width_px}x{height_px}: `edgebox doctor` sees the real ones. "
           "See docs/rules.md")
    for name, camera in config.settings.cameras.items():
        for finding in sights(name, camera, needs):
            yield f"# {words.title(finding)}: {words.found(finding)}"


def _no_such_model(name: str, there_are: list[str]) -> str:
    near = nearest(name, there_are)
    hint = f", did you mean {near!r}?" if near else f"; there are {', '.join(there_are)}"
    return f"no model {got(name, ('model', 'name'))}{hint}"


def _shown(config: Config, as_json: bool) -> str:
    if as_json:
        return render.as_json(config.settings) + "\n"
    return f"# config {config.short_hash}\n{render.as_toml(config.settings)}"
