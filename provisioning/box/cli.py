"""`edgebox-provision box`: the command line. What each does is in acts.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from edge.base.arguments import ArgumentParser
from edge.base.words import LANGUAGES, Words
from provisioning.box import acts
from provisioning.box.flags import add_flags, add_names
from provisioning.box.label import Size
from provisioning.box.office import CODE_DAYS, CODE_DAYS_MAX
from provisioning.box.sign import Paper
from provisioning.ward.folder import WardFolder, open_folder

_Add = Callable[..., object]


def add_parser(subparsers: argparse._SubParsersAction[ArgumentParser]) -> None:
    parser = subparsers.add_parser("box", help="prepare boxes: bundles on cards, labels, inventory",
                                   description="Prepares boxes; docs/guides/ walks through it.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add(actions, "new", acts.new, "prepare a new box, or many by --csv; asks what no flag tells", _new)
    _add(actions, "renew", acts.renew, "a new code and bundle for a box that has its name", _renew)
    _add(actions, "label", acts.label, "print labels again", _label)
    _add(actions, "sign", acts.sign, "print the sign that says whose cameras these are, and what for", _sign)
    _add(actions, "list", acts.listing, "every box and what became of it",
         lambda add: add("--json", action="store_true", help="for programs"))
    _add(actions, "verify", acts.verify, "whether the inventory is as it was written; 1 where it is not",
         lambda add: None)
    table = actions.add_parser("csv-template", help="an empty table for `box new --csv`",
                               description="Write an empty table for `box new --csv`, with an example.")
    table.add_argument("file", metavar="FILE", type=Path, help="a name that ends in .csv")
    _language(table.add_argument)
    table.set_defaults(run=lambda args: acts.csv_template(args, Words(args.lang, "provisioning.words.box")))


def _add(actions: argparse._SubParsersAction[ArgumentParser], name: str,
         run: Callable[[argparse.Namespace, WardFolder, Words], int], text: str,
         options: Callable[[_Add], object]) -> None:
    parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("folder", metavar="WARD_DIR", type=Path, help="the ward's folder")
    options(parser.add_argument)
    _language(parser.add_argument)
    parser.set_defaults(
        run=lambda args: run(args, open_folder(args.folder), Words(args.lang, "provisioning.words.box")))


def _language(add: _Add) -> None:
    add("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="of questions and answers (default: vi)")


def _new(add: _Add) -> None:
    add_names(add)
    add_flags(add)
    add("--csv", type=Path, metavar="FILE", help="many boxes; `box csv-template` makes an empty table. With "
                                                 "--out, which gets a folder for each")
    add("--same-place", action="store_true", help="also where a box of that group has that title already")
    add("--yes", action="store_true", help="ask nothing: for scripts")
    _place(add)
    _labels(add)


def _renew(add: _Add) -> None:
    add("name", metavar="BOX", help="WARD.GROUP.BOX, or GROUP/BOX")
    add_flags(add)
    add("--yes", action="store_true", help="ask nothing: as it was, but for what flags tell")
    _place(add)


def _place(add: _Add) -> None:
    add("--card", type=Path, metavar="DIR", help="where the card is mounted; found by itself without")
    add("--out", type=Path, metavar="DIR", help="instead: a folder, which gets edge-bundle")
    add("--image", type=Path, metavar="FILE", help="instead: an unpacked image, or a card that is "
                                                     "not mounted")
    add("--replace", action="store_true", help="where another box's bundle is already")
    add("--days", type=_days, default=CODE_DAYS, metavar="N",
        help="so long the one-time code can be used (default: %(default)s)")
    add("--passphrase-file", type=Path, metavar="FILE",
        help="its first line opens the ward's daily keys; else it is asked for")


def _labels(add: _Add) -> None:
    add("--label", type=Size, choices=[*Size], metavar="SIZE",
        help="62 (roll, mm), 50x30 or a4; 62 without, a4 with --csv")


def _label(add: _Add) -> None:
    add("boxes", nargs="*", metavar="BOX", help="WARD.GROUP.BOX or GROUP/BOX; all without")
    add("--to", type=Path, metavar="FILE", required=True, help="the PDF")
    add("--skip", type=int, default=0, metavar="N", choices=range(24),
        help="of an A4 sheet, so many labels are gone already")
    _labels(add)


def _sign(add: _Add) -> None:
    add("boxes", nargs="*", metavar="BOX", help="WARD.GROUP.BOX or GROUP/BOX; all without")
    add("--to", type=Path, metavar="FILE", required=True, help="the PDF")
    add("--size", type=Paper, choices=[*Paper], default=Paper.A4, metavar="SIZE",
        help="a4 or a5 (default: %(default)s)")


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= CODE_DAYS_MAX:
        raise argparse.ArgumentTypeError(f"want 1 to {CODE_DAYS_MAX} days, got {text!r}")
    return int(text)
