"""edgebox-ward: the police station's tool.

A message, once received, is on disk before the broker hears so; stop or kill this program when you
like. `receive` collects, `page` shows, `run` does both in one process; `list` and `summary` read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from edge.arguments import ArgumentParser
from edge.contract.topics import is_slug
from edge.errors import EdgeError, FatalError
from edge.log import set_up
from edge.worker import Crew
from ward.broker import BrokerSettings
from ward.export import event_json, event_line, summary_json
from ward.receive import Receiver
from ward.store.database import FILE_NAME
from ward.store.intake import EventRecord, Incoming
from ward.store.reader import Reader
from ward.store.rows import Cursor, EventFilter
from ward.store.writer import Store

_LIST_PAGE = 500


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (sysexits.h)."""
    args = _parser().parse_args(argv)
    set_up(args.verbose)
    try:
        command: Callable[[argparse.Namespace], int] = args.command
        return command(args)
    except EdgeError as exc:
        print(f"edgebox-ward: {exc}", file=sys.stderr)
        return exc.exit_code
    except BrokenPipeError:            # `edgebox-ward list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return os.EX_OK


def _receive(args: argparse.Namespace) -> int:
    crew = _new_crew()
    _start_receiver(crew, args)
    return _until_stopped(crew)


def _page(args: argparse.Namespace) -> int:
    crew = _new_crew()
    _start_page(crew, args)
    return _until_stopped(crew)


def _run(args: argparse.Namespace) -> int:
    crew = _new_crew()
    _start_page(crew, args)            # first: once "receiving" is printed, both are there
    _start_receiver(crew, args)
    return _until_stopped(crew)


def _list(args: argparse.Namespace) -> int:
    reader, before, left = _existing(args.data), None, args.limit or sys.maxsize
    while left > 0:
        rows = reader.events(EventFilter(), min(left, _LIST_PAGE), before)
        for row in rows:
            print(json.dumps(event_json(row), ensure_ascii=False) if args.json else event_line(row))
        if len(rows) < _LIST_PAGE:
            break
        before, left = Cursor(rows[-1].time_ms, rows[-1].event_id), left - len(rows)
    return os.EX_OK


def _summary(args: argparse.Namespace) -> int:
    summary = _existing(args.data).summary()
    if args.json:
        print(json.dumps(summary_json(summary)))
        return os.EX_OK
    for name, value in asdict(summary).items():
        if isinstance(value, dict):
            value = " ".join(f"{key}={count}" for key, count in value.items()) or "-"
        print(f"{name:22} {value}")
    return os.EX_OK


def _start_receiver(crew: Crew, args: argparse.Namespace) -> None:
    """The store belongs to the thread that writes it, from opening to closing."""
    settings = _broker(args)

    def receive(stop: threading.Event) -> None:
        store = Store(args.data, args.ward)
        try:
            tell, connected = (_print_events, lambda: print(f"receiving: {settings.name}", flush=True)
                               ) if args.print else (None, None)
            Receiver(settings, args.ward, store, args.keep_days, tell, connected).run(stop)
        finally:
            store.close()

    crew.start("receive", receive)


def _start_page(crew: Crew, args: argparse.Namespace) -> None:
    # Imported here: the receiver alone runs without the web libraries.
    from ward.page.server import PageServer, PageSettings

    settings = PageSettings(args.host, args.port, args.timezone, args.no_sign_in)
    server = PageServer(settings, Reader(args.data))
    print(f"page: {server.address}", flush=True)
    crew.start("page", server.run)


def _new_crew() -> Crew:
    """Threads that end when the process is asked to."""
    crew = Crew()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: crew.stop.set())
    return crew


def _until_stopped(crew: Crew) -> int:
    crew.stop.wait()
    stuck = crew.join()
    if crew.failure is not None:
        raise crew.failure
    return os.EX_SOFTWARE if stuck else os.EX_OK


def _print_events(fresh: Sequence[Incoming]) -> None:
    for incoming in fresh:
        if isinstance(incoming, EventRecord):
            data = incoming.data
            print(f"{data.t.decided:%H:%M:%S}  {data.severity.value:7}  {data.phase.value:6}  "
                  f"{incoming.box}/{data.camera}  {data.kind} {data.object.label} x{data.object.count}  "
                  f"score={data.object.score:.2f}  event={data.event_id}", flush=True)


def _existing(folder: Path) -> Reader:
    if not (folder / FILE_NAME).exists():
        raise FatalError(f"{folder}: no {FILE_NAME} there; name the --data folder of the receiver",
                         os.EX_NOINPUT)
    return Reader(folder)


def _broker(args: argparse.Namespace) -> BrokerSettings:
    found = re.fullmatch(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]/@\s]+))(?::(?P<port>\d{1,5}))?",
                         args.broker)
    port = int(found["port"]) if found and found["port"] else 1883 if args.no_tls else 8883
    if found is None or not 0 < port < 65536:
        raise FatalError(f"--broker {args.broker!r}: want HOST or HOST:PORT, e.g. mqtt.ward.example:8883 "
                         "or [::1]:8883",
                         os.EX_USAGE)
    if not is_slug(args.ward):
        raise FatalError(f"--ward {args.ward!r}: want 1 to 48 of a-z 0-9 and -, as in the boxes' config",
                         os.EX_USAGE)
    if (args.cert is None) != (args.key is None):
        raise FatalError("--cert and --key go together: the receiver's certificate and its private key",
                         os.EX_USAGE)
    if args.no_tls and (args.ca or args.cert):
        raise FatalError("--ca, --cert and --key need TLS: leave out --no-tls", os.EX_USAGE)
    if args.password_file and args.username is None:
        raise FatalError("--password-file needs --username", os.EX_USAGE)
    return BrokerSettings(
        host=found["six"] or found["host"], port=port,
        client_id=args.client_id or f"edgebox-ward-{args.ward}",
        tls=not args.no_tls, ca_file=args.ca, cert_file=args.cert, key_file=args.key, username=args.username,
        password_file=args.password_file)


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(prog="edgebox-ward", description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    receive = commands.add_parser("receive", help="collect events and pictures from the broker")
    page = commands.add_parser("page", help="show them on a web page on this machine")
    both = commands.add_parser("run", help="receive and page in one process")
    lister = commands.add_parser("list", help="print the stored events, newest first")
    summary = commands.add_parser("summary", help="print the store in numbers")
    for command, run in ((receive, _receive), (page, _page), (both, _run), (lister, _list),
                         (summary, _summary)):
        command.set_defaults(command=run)
        command.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS,
                             help="log more")
        command.add_argument("--data", type=Path, required=True, metavar="DIR",
                             help="folder of the store: ward.db, images/ and quarantine/")
    for command in (receive, both):
        _add_broker_options(command)
    for command in (page, both):
        _add_page_options(command)
    for command in (lister, summary):
        command.add_argument("--json", action="store_true", help="for programs")
    lister.add_argument("--limit", type=_count, metavar="N", help="the newest N only (default: all)")
    return parser


def _add_broker_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--ward", required=True, metavar="NAME", help="as in the boxes' config, e.g. phan-dinh-phung")
    add("--broker", required=True, metavar="HOST[:PORT]",
        help="the port is 8883 if not given, or 1883 with --no-tls; [::1]:8883 for IPv6")
    add("--ca", type=Path, metavar="FILE",
        help="certificate of who signed the broker's (PEM; default: the system's)")
    add("--cert", type=Path, metavar="FILE", help="the receiver's own certificate (PEM), with --key")
    add("--key", type=Path, metavar="FILE", help="its private key (PEM, without a password), with --cert")
    add("--username", metavar="NAME", help="where the broker asks for one")
    add("--password-file", type=Path, metavar="FILE",
        help="a file whose first line is the password, with --username")
    add("--no-tls", action="store_true", help="plain MQTT: only for a broker on this machine")
    add("--client-id", metavar="ID", help="one per receiver (default: edgebox-ward-WARD)")
    add("--keep-days", type=_days, default=30, metavar="N",
        help="delete events and pictures after N days (default: %(default)s)")
    add("--print", action="store_true", help="one line per new record on standard output")


def _add_page_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8800, metavar="N",
        help="0 takes any that is free (default: %(default)s)")
    add("--timezone", default="Asia/Ho_Chi_Minh", metavar="NAME",
        help="of the times shown (default: %(default)s)")
    add("--i-know-there-is-no-sign-in", dest="no_sign_in", action="store_true",
        help="listen on an address that others can reach, although everybody there may look")


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 10**9):
        raise argparse.ArgumentTypeError(f"want a number from 1 up, got {text!r}")
    return int(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"want 0 to 65535, got {text!r}")
    return int(text)


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"want 1 to 3650 days, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
