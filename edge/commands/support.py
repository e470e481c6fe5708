"""`edgebox support-bundle`: one file for whoever helps from afar. No secret, no picture, no event, no name.

Everything in it is made for it, line by line from what is known to be harmless; nothing of the box's folders
is copied.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.errors import FatalError
from edge.health.system import System
from edge.upkeep.support.archive import archived
from edge.upkeep.support.parts import parts

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add `support-bundle` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "support-bundle", help="one file for whoever helps: status, config, logs; no secrets, no pictures",
        description="Writes status, the last self-test, the config without secrets, the services' last "
                    "lines, the kernel's, versions and counters. No key, password, picture, event or "
                    "member's name.")
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help="where to; edgebox-support-TIME.tar.gz here without")
    parser.add_argument("--replace", action="store_true",
                        help="where FILE is there already; its group may read it: for the group's page")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR",
                        help="where the kernel's /sys is; default: %(default)s")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    out: Path = args.out or Path(f"edgebox-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    raw = archived(parts(args.config, System(args.root)), now)
    try:
        if args.replace:
            _replace(out, raw)
        else:
            _write(out, raw, 0o600)
    except OSError as exc:
        raise FatalError(f"--out {out}: cannot write this file: {exc.strerror}", os.EX_CANTCREAT) from exc
    print(out)
    return os.EX_OK


def _replace(out: Path, raw: bytes) -> None:
    """Whole or not at all. Root does it in a folder that others may write: no link is followed."""
    fresh = out.with_name(f".{out.name}.new")
    fresh.unlink(missing_ok=True)
    _write(fresh, raw, 0o640)
    fresh.replace(out)


def _write(path: Path, raw: bytes, mode: int) -> None:
    """Raises OSError, also where there is something at `path`."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)
        file.write(raw)
