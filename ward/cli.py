"""edgebox-ward: the police station's tool.

A message, once received, is on disk before the broker hears so; stop or kill this program when you
like. `receive` collects, `page` shows, `run` does both in one process; `list` and `summary` read; `command`
says to a box what to do. Options that are always the same may stand in a file, named as @FILE.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from edge.base.errors import EdgeError, FatalError
from edge.base.log import set_up
from edge.base.security_contact import contact_fault
from edge.base.supervisor import Supervisor, stop_at_signals, wait_for_end
from ward.ack import EVERY_S, load_ack_key
from ward.command.cli import add_command, add_key
from ward.command.keys import open_key, passphrase_for
from ward.command.send import Sender
from ward.export import event_json, event_line, place_at_end, summary_json
from ward.options import OptionsParser, add_broker_options, add_key_options, broker_settings
from ward.station import Station, start_station
from ward.station_report import REPORT
from ward.station_watchdog import add_watchdog
from ward.store.database import FILE_NAME
from ward.store.desk import Desk
from ward.store.incoming import AlarmIn, EventRecord, Incoming
from ward.store.intake import plain
from ward.store.reader import Reader
from ward.store.rows import Cursor, EventFilter

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
    supervisor = _new_crew()
    _start_receiver(supervisor, args)
    return _until_stopped(supervisor)


def _page(args: argparse.Namespace) -> int:
    supervisor = _new_crew()
    _start_page(supervisor, args)
    return _until_stopped(supervisor)


def _run(args: argparse.Namespace) -> int:
    supervisor = _new_crew()
    _start_page(supervisor, args)            # first: once "receiving" is printed, both are there
    _start_receiver(supervisor, args)
    return _until_stopped(supervisor)


def _list(args: argparse.Namespace) -> int:
    reader, before, left = _existing(args.data), None, args.limit or sys.maxsize
    while left > 0:
        rows = reader.events(EventFilter(), min(left, _LIST_PAGE), before)
        for row in rows:
            print(json.dumps(event_json(row), ensure_ascii=False) if args.json else event_line(row))
        if len(rows) < _LIST_PAGE:
            break
        before, left = Cursor(rows[-1].received_ms, rows[-1].event_id), left - len(rows)
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


def _retire(args: argparse.Namespace) -> int:
    found = _existing(args.data).boxes(args.box)
    if not found:
        raise FatalError(f"{args.box}: no box of that name was ever heard; want GROUP/BOX as on the page",
                         os.EX_NOHOST)
    now_ms = time.time_ns() // 1_000_000
    if not Desk(args.data).retire(args.box, now_ms):
        silent_s = (now_ms - found[0].heard_ms) / 1000
        raise FatalError(f"{args.box}: is there, it was heard {silent_s:.0f} s ago; switch it off first, or "
                         "`edgebox-provision ward revoke` it", os.EX_UNAVAILABLE)
    print(f"{args.box}: put away; what it told stays, and it is back by itself when it starts again")
    return os.EX_OK


def _start_receiver(supervisor: Supervisor, args: argparse.Namespace) -> None:
    settings = broker_settings(args)
    key = None if args.ack_key is None else load_ack_key(args.ack_key)
    station = Station(args.data, args.ward, args.keep_days, key, args.ack_every_s)
    if args.print:
        start_station(supervisor, settings, station, _printing(Reader(args.data)),
                      _BothConnected(settings.name))
    else:
        start_station(supervisor, settings, station)


class _BothConnected:
    """Prints a line once both lanes have been connected: from then on the broker keeps what we miss."""

    def __init__(self, broker: str) -> None:
        self._broker, self._lanes, self._lock = broker, set[str](), threading.Lock()

    def __call__(self, lane: str) -> None:
        with self._lock:
            is_new = lane not in self._lanes
            self._lanes.add(lane)
            if is_new and len(self._lanes) == 2:
                print(f"receiving: {self._broker}", flush=True)


def _start_page(supervisor: Supervisor, args: argparse.Namespace) -> None:
    # Imported here: the receiver alone runs without the web libraries.
    from ward.page.server import DeskSettings, PageServer

    settings = DeskSettings(args.host, args.port, args.timezone, args.no_sign_in, args.commands_from_others,
                            args.report, args.camera_budget_mb, args.security_contact or "")
    desk = Desk(args.data)
    server = PageServer(settings, Reader(args.data), desk, _sender(args, desk))
    print(f"page: {server.address}", flush=True)
    supervisor.start("page", server.run)


def _sender(args: argparse.Namespace, desk: Desk) -> Sender | None:
    """None where the page was given no key: then it commands nobody."""
    if args.command_key is None:
        return None
    if not (args.ward and args.broker):
        raise FatalError("--command-key needs --ward and --broker: where commands are sent", os.EX_USAGE)
    settings = broker_settings(args)
    key = open_key(args.command_key, passphrase_for(args.command_key, args.passphrase_file))
    return Sender(settings, args.ward, key, desk)


def _new_crew() -> Supervisor:
    """Threads that end when the process is asked to."""
    supervisor = Supervisor()
    stop_at_signals(supervisor.stop)
    return supervisor


def _until_stopped(supervisor: Supervisor) -> int:
    wait_for_end(supervisor.stop)
    stuck = supervisor.join()
    supervisor.raise_failure()
    return os.EX_SOFTWARE if stuck else os.EX_OK


def _printing(reader: Reader) -> Callable[[Sequence[Incoming]], None]:
    return lambda fresh: _print_events(fresh, reader.titles())


def _print_events(fresh: Sequence[Incoming], titles: Mapping[str, str]) -> None:
    for incoming in fresh:
        match incoming:
            case EventRecord(box=box, data=data):
                print(f"{data.t.decided:%H:%M:%S}  {data.severity.value:7}  {data.phase.value:6}  "
                      f"{box}/{data.camera}  {data.kind} {data.object.label} x{data.object.count}  "
                      f"score={data.object.score:.2f}  event={data.event_id}"
                      f"{place_at_end(titles.get(box))}", flush=True)
            case AlarmIn(box=box, data=alarm):
                who = alarm.by or alarm.raised_by
                print(f"{alarm.t.at:%H:%M:%S}  ALARM    {alarm.phase.value:9}  {box}  {alarm.mode.value}  "
                      f"by {who.cause.value} {plain(who.name)}  alarm={alarm.alarm_id}"
                      f"{place_at_end(titles.get(box))}", flush=True)
            case _:
                pass


def _existing(folder: Path) -> Reader:
    if not (folder / FILE_NAME).exists():
        raise FatalError(f"{folder}: no {FILE_NAME} there; name the --data folder of the receiver",
                         os.EX_NOINPUT)
    return Reader(folder)


def _parser() -> argparse.ArgumentParser:
    parser = OptionsParser(prog="edgebox-ward", description=__doc__, fromfile_prefix_chars="@",
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    receive = commands.add_parser("receive", help="collect events and pictures from the broker")
    page = commands.add_parser("page", help="show them on a web page on this machine")
    both = commands.add_parser("run", help="receive and page in one process")
    lister = commands.add_parser("list", help="print the stored events, newest first")
    summary = commands.add_parser("summary", help="print the store in numbers")
    add_command(commands.add_parser("command", help="command a box: siren, light, silence, arm, disarm, "
                                                    "selftest"))
    add_key(commands.add_parser("key", help="make and show keys that sign commands"))
    add_watchdog(commands.add_parser("watchdog", help="say when nothing comes in any more"))
    retire = commands.add_parser("retire", help="put away a box that was renamed or taken down")
    retire.add_argument("box", metavar="GROUP/BOX", help="as on the page")
    for command, run in ((receive, _receive), (page, _page), (both, _run), (lister, _list),
                         (summary, _summary), (retire, _retire)):
        command.set_defaults(command=run)
        command.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS,
                             help="log more")
        command.add_argument("--data", type=Path, required=True, metavar="DIR",
                             help="folder of the store: ward.db, images/ and quarantine/")
    for command in (receive, both):
        add_broker_options(command)
        _add_receive_options(command)
    add_broker_options(page, required=False)
    for command in (page, both):
        _add_page_options(command)
    for command in (lister, summary):
        command.add_argument("--json", action="store_true", help="for programs")
    lister.add_argument("--limit", type=_count, metavar="N", help="the newest N only (default: all)")
    return parser


def _add_receive_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-days", type=_days, default=30, metavar="N",
                        help="delete events, pictures and alarms after N days (default: %(default)s)")
    parser.add_argument("--ack-key", type=Path, metavar="FILE",
                        help="signs what tells boxes that the ward has their records (Ed25519, PEM, no "
                             "passphrase, readable by this user alone); without it none is sent")
    parser.add_argument("--ack-every-s", type=_seconds, default=EVERY_S, metavar="S",
                        help="tell so also without news (default: %(default)g)")
    parser.add_argument("--print", action="store_true", help="one line per new record on standard output")


def _add_page_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8800, metavar="N",
        help="0 takes any that is free (default: %(default)s)")
    add("--timezone", default="Asia/Ho_Chi_Minh", metavar="NAME",
        help="of the times shown (default: %(default)s)")
    add("--camera-budget-mb", type=_count, default=100, metavar="N",
        help="what a camera should send a day; near that its row says so (default: %(default)s)")
    add("--report", type=Path, default=REPORT, metavar="FILE",
        help="what the station's watchdog writes, where one runs (default: %(default)s)")
    add("--i-know-there-is-no-sign-in", dest="no_sign_in", action="store_true",
        help="listen on an address that others can reach, although everybody there may look")
    add("--security-contact", type=_contact, metavar="URI",
        help="whom to tell of a security hole, in /.well-known/security.txt: mailto:, tel: or https:")
    add_key_options(parser, required=False,
                    help="lets the page command boxes over --broker: see `edgebox-ward key new`")
    add("--commands-from-others", action="store_true",
        help="take commands not only from this machine, although there is no sign-in")


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 10**9):
        raise argparse.ArgumentTypeError(f"want a number from 1 up, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text) or not float(text) > 0:
        raise argparse.ArgumentTypeError(f"want a number of seconds above 0, got {text!r}")
    return float(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"want 0 to 65535, got {text!r}")
    return int(text)


def _contact(text: str) -> str:
    if (fault := contact_fault(text)) is not None:
        raise argparse.ArgumentTypeError(f"{fault}; got {text!r}")
    return text


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"want 1 to 3650 days, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
