"""`edgebox-provision ward`: the command line. What each does is in acts.py."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from edge.base.arguments import ArgumentParser
from edge.base.security_contact import contact_fault
from edge.base.words import LANGUAGES, Words
from edge.contract.topics import is_slug
from provisioning.ward import acts
from provisioning.ward import settings as ward_settings
from provisioning.ward.broker_files import MAY
from provisioning.ward.controller import KEEP_DAYS_MAX, line_fault
from provisioning.ward.folder import WardFolder, open_folder

_WHY_MAX = 200
_Add = Callable[..., object]


def add_parser(subparsers: argparse._SubParsersAction[ArgumentParser]) -> None:
    parser = subparsers.add_parser("ward", help="keys of a ward: make, list, revoke, serve enrolment",
                                   description="The ward's keys and certificates: docs/ward-keys.md.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_init(actions)
    _add(actions, "client", acts.client, "a certificate for one of the ward's own programs", _client_options)
    _add(actions, "ack-key", acts.ack_key, "make the receiver's key for acks if there is none, or change it",
         lambda add: add("--change", choices=("begin", "end"), default="",
                         help="begin: make the next one, for new bundles; end: the receiver takes that one"))
    _add(actions, "broker-files", acts.broker_files, "write mosquitto's files anew and reload it",
         _place_options)
    _add(actions, "crl", acts.crl, "make a new revocation list, for 30 days: run it daily", _key_options)
    _add(actions, "revoke", acts.revoke, "take back what a box or client holds, and cut its connection",
         _revoke_options)
    _add(actions, "status", acts.status, "how long everything holds; exit code 0 good, 1 due, 2 outage",
         lambda add: add("--json", action="store_true", help="for programs"))
    _add(actions, "controller", acts.controller,
         "who answers for the personal data: on signs and for whoever found a hole", _controller_options)
    _add(actions, "serve", acts.serve, "the enrolment server (EST); renews list and server certificates",
         _serve_options)


def _add(actions: argparse._SubParsersAction[ArgumentParser], name: str,
         run: Callable[[argparse.Namespace, WardFolder, Words], int], text: str,
         options: Callable[[_Add], object]) -> None:
    parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the ward's folder")
    options(parser.add_argument)
    _language_option(parser.add_argument, "en" if run is acts.serve else LANGUAGES[0])
    parser.set_defaults(
        run=lambda args: run(args, open_folder(args.folder), Words(args.lang, "provisioning.words.ward")))


def _add_init(actions: argparse._SubParsersAction[ArgumentParser]) -> None:
    parser = actions.add_parser("init", help="make all keys of a new ward", description=(
        "Make root, issuing CA, bundle signer, the keys for commands and acks, and the broker's files, all "
        "or nothing. What is not given is asked for."))
    add = parser.add_argument
    add("folder", metavar="DIR", type=Path, help="a folder that is empty or not there")
    add("--ward", metavar="SLUG", help="as in the boxes' config, e.g. phuong-5")
    add("--broker-host", metavar="HOST[:PORT]", help="where boxes find the broker; port 8883 if not given")
    add("--est-host", metavar="HOST[:PORT]", help="where boxes enrol; port 8443 if not given")
    add("--station-port", type=int, default=ward_settings.STATION_PORT, metavar="PORT",
        help="of the broker, on its own machine, for the ward's programs (default: %(default)s)")
    add("--broker-folder", default=ward_settings.BROKER_FOLDER, metavar="DIR",
        help="of the broker's machine, for its files (default: %(default)s)")
    add("--reload-command", default=ward_settings.RELOAD, metavar="COMMAND",
        help="where that folder is on this machine (default: %(default)s)")
    add("--root-passphrase-file", type=Path, metavar="FILE", help="its first line; else it is asked for")
    _key_options(add)
    _language_option(add)
    parser.set_defaults(run=lambda args: acts.init(args, Words(args.lang, "provisioning.words.ward")))


def _language_option(add: _Add, default: str = LANGUAGES[0]) -> None:
    """A server's is that of its log."""
    add("--lang", choices=LANGUAGES, default=default,
        help="of questions and answers (default: %(default)s)")


def _key_options(add: _Add) -> None:
    add("--passphrase-file", type=Path, metavar="FILE",
        help="its first line opens the issuing key (default: systemd's credential issuing-passphrase, else "
             "it is asked for)")
    _place_options(add)


def _place_options(add: _Add) -> None:
    add("--to", type=Path, metavar="DIR", help="write the broker's files there as well (default: the "
                                               "broker's folder in ward.toml, where this machine has it)")
    add("--reload", metavar="COMMAND", help="then run this (default: that in ward.toml)")
    add("--pid-file", type=Path, metavar="FILE", help="then send SIGHUP to this mosquitto instead")


def _client_options(add: _Add) -> None:
    add("name", metavar="NAME", type=_slug, help="of the program, e.g. receiver or command")
    add("--may", type=_may, required=True, metavar="WHAT",
        help="receive (edgebox-ward receive, page), command (edgebox-ward command), or receive,command")
    _key_options(add)


def _controller_options(add: _Add) -> None:
    add("--name", type=_line, metavar="TEXT",
        help='as people read it, e.g. "Công an phường 5"; none of these flags: show what is set')
    add("--address", type=_line, metavar="TEXT", help="where people can ask")
    add("--phone", type=_line, metavar="TEXT", help="by which people can ask")
    add("--keep-days", type=_keep_days, metavar="N",
        help="so long the receiver keeps events: as its own --keep-days")
    add("--security-contact", type=_contact, metavar="URI",
        help="whom to tell of a security hole: mailto:, tel: or https:; stands in bundles from now on")


def _revoke_options(add: _Add) -> None:
    add("name", metavar="NAME", help="WARD.GROUP.BOX, or GROUP/BOX, or WARD.NAME of a client")
    add("--why", required=True, metavar="TEXT", type=_why, help="kept in the book, e.g. \"stolen 3 May\"")
    add("--reloaded", action="store_true", help="the broker has read the new files already: cut now")
    add("--broker", metavar="HOST[:PORT]", help="cut there (default: the broker in ward.toml)")
    _key_options(add)


def _serve_options(add: _Add) -> None:
    add("--listen", default="[::]", metavar="HOST[:PORT]",
        help="default: all addresses, the port of ward.toml")
    _key_options(add)


def _line(text: str) -> str:
    if (fault := line_fault(text)) is not None:
        raise argparse.ArgumentTypeError(f"{fault}, got {text!r}")
    return text.strip()


def _keep_days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= KEEP_DAYS_MAX:
        raise argparse.ArgumentTypeError(f"want 1 to {KEEP_DAYS_MAX} days, got {text!r}")
    return int(text)


def _contact(text: str) -> str:
    if (fault := contact_fault(text)) is not None:
        raise argparse.ArgumentTypeError(f"{fault}; got {text!r}")
    return text


def _slug(text: str) -> str:
    if not is_slug(text):
        raise argparse.ArgumentTypeError(f"want 1 to 48 of a-z 0-9 and -, got {text!r}")
    return text


def _may(text: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(parts) <= set(MAY):
        raise argparse.ArgumentTypeError(f"want {' or '.join(MAY)} or both with a comma, got {text!r}")
    return parts


def _why(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _WHY_MAX:
        raise argparse.ArgumentTypeError(f"want a reason of at most {_WHY_MAX} characters on one line")
    return text.strip()
