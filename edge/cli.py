"""`edgebox`: the box's tool. Every subcommand explains itself with --help.

Exit codes are those of sysexits.h, wrong usage (64) among them, so that systemd and scripts can tell a
bad config (78) from a missing network.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from edge import MODEL, SUPPORT_UNTIL, __version__
from edge.base import log
from edge.base.arguments import ArgumentParser
from edge.base.errors import EdgeError, FatalError
from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor, stop_at_signals

SERVICES = {
    "watch": "cameras to records of events: the program that sees",
    "guard": "the alarm and all authority over it: the program that must never be away",
    "uplink": "journal and delivery: the program that speaks to the ward",
    "page": "the group's page for phones: a front that asks guard for everything",
}
TOOLS = {
    "replay": ("edge.commands.replay", "run recordings through the pipeline and print the events"),
    "detect": ("edge.commands.detect", "run the detector over pictures"),
    "alarm": ("edge.commands.alarm", "test outputs and inputs, put outputs off, show the wiring"),
    "firstboot": ("edge.commands.firstboot", "provision this box from the bundle on its card"),
    "renew": ("edge.commands.renew", "fetch the next certificate when it is due"),
    "doctor": ("edge.commands.doctor", "test everything: cameras, detection, siren, ward, disk, power"),
    "camera": ("edge.commands.camera", "find cameras, see what they send, set them, look through one"),
    "status": ("edge.commands.status", "what is running, last event, queue, cameras, outputs, temperature"),
    "logs": ("edge.commands.logs", "what the services say"),
    "support-bundle": ("edge.commands.support", "one file for whoever helps: no secrets, no pictures"),
    "firewall": ("edge.commands.firewall", "let watch and uplink reach what the config names, nothing else"),
    "factory-reset": ("edge.commands.reset", "erase keys, members, events and config"),
    "check": ("edge.commands.check", "tell every fault of a config file, or its effective settings"),
    "members": ("edge.commands.members", "invite, list and revoke the members of the group"),
    "models": ("models.cli", "list, fetch, verify, measure and add detectors"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and turn our own errors into one line and an exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        args = _parser(given[0] if given else "").parse_args(given)
        code: int = args.run(args)
    except EdgeError as exc:
        _report(exc)
        return exc.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:              # `edgebox replay ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def _report(exc: EdgeError) -> None:
    """Every fault to whoever looks at the log, and the first to whoever looks at `systemctl status`."""
    first, *others = str(exc).splitlines() or [type(exc).__name__]
    for line in (first, *others):
        print(f"edgebox: {line}", file=sys.stderr)
    with contextlib.suppress(FatalError):       # there is no way to tell it
        Notifier().status(f"{first} (and {len(others)} more)" if others else first)


def _parser(command: str) -> argparse.ArgumentParser:
    """All commands by name; only the module of `command` is imported, so that guard stays small."""
    parser = ArgumentParser(
        prog="edgebox", description="Watches cameras and tells the ward of events, never of video.",
        epilog="Try `edgebox replay VIDEO` first: it needs no camera, no broker and no config.")
    parser.add_argument("--version", action="version",
                        version=f"{MODEL} {__version__}, security support until {SUPPORT_UNTIL}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text in SERVICES.items():
        service = subparsers.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        service.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                             help="default: %(default)s")
        service.add_argument("--verbose", action="store_true", help="log more")
        service.set_defaults(run={"watch": _watch, "guard": _guard, "uplink": _uplink, "page": _page}[name])
    for name, (module, text) in TOOLS.items():
        if name == command:
            importlib.import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=text)
    return parser


def _supervisor() -> Supervisor:
    """Threads that end on SIGTERM and SIGINT."""
    supervisor = Supervisor()
    stop_at_signals(supervisor.stop)
    return supervisor


def _watch(args: argparse.Namespace) -> int:
    # numpy's OpenBLAS starts a thread a core, which spins for 0.1 s; nothing here multiplies large matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from edge.commands.check import model_faults
    from edge.config.load import load
    from edge.watch.main import watch
    from models.store import default_dir

    log.set_up(args.verbose)
    notifier, supervisor = Notifier(), _supervisor()
    watch(load(args.config, lambda root: model_faults(root, default_dir())), supervisor, notifier)
    return _outcome(supervisor)


def _guard(args: argparse.Namespace) -> int:
    from edge.config.load import load
    from edge.guard.main import guard

    log.set_up(args.verbose)
    notifier, config, supervisor = Notifier(), load(args.config), _supervisor()
    guard(config, supervisor, notifier)
    return _outcome(supervisor)


def _uplink(args: argparse.Namespace) -> int:
    from edge.config.load import load
    from edge.health.last_result import summary
    from edge.uplink.main import uplink
    from models.store import installed_hash

    log.set_up(args.verbose)
    notifier, config, supervisor = Notifier(), load(args.config), _supervisor()
    box, model = config.settings.box, config.settings.model
    uplink(config, supervisor, installed_hash(model.name)[:16], lambda: summary(box.state_dir), notifier)
    return _outcome(supervisor)


def _page(args: argparse.Namespace) -> int:
    from edge.config.load import load
    from edge.page.main import page

    log.set_up(args.verbose)
    notifier, supervisor = Notifier(), _supervisor()
    page(load(args.config), supervisor, notifier)
    return _outcome(supervisor)


def _outcome(supervisor: Supervisor) -> int:
    supervisor.raise_failure()
    return 0


if __name__ == "__main__":
    sys.exit(main())
