"""`edgebox factory-reset`: keys, members, events and config, gone; the box waits for a new bundle.

In two steps. At once: the services are stopped and every file is overwritten. Then, at the next start and
before it is mounted, the partition is erased as a whole and made anew: a file called factory-reset on the
card's first partition asks for it, and is removed when it is done, so a power cut only delays it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base import durable
from edge.base.errors import FatalError
from edge.bundle import form
from edge.health.link import guard_runs
from edge.ipc.channels import CHANNELS, Program
from edge.upkeep.firstboot.places import CARD, STATE
from edge.upkeep.reset.button import asked_for
from edge.upkeep.reset.erase import erase_folder, wipe
from edge.upkeep.reset.partition import FSTAB, device_of, make_file_system
from edge.upkeep.status.units import booted

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FLAG = "factory-reset"
_UNITS = ("edgebox.target", *(f"edgebox-{channel.name}.socket" for channel in CHANNELS),
          *(f"edgebox-{name}" for name in (
              "firewall.timer", "renew.timer", "renew.service", "firstboot.service", "doctor.path",
              "doctor.service", "support.path", "support.service", "watch.service", "page.service",
              "guard.service", "uplink.service")))
_STOP_S, _START_S = 120.0, 180.0
_TEXTS = {
    "ask": ("Hộp này sẽ quên tất cả: khóa, thành viên, sự kiện, cấu hình. Gõ tên hộp ({name}) để tiếp tục:",
            "This box will forget everything: keys, members, events, config. "
            "Type its name ({name}) to go on:"),
    "erased": ("Đã xóa. Khởi động lại để xóa nốt phân vùng dữ liệu.",
               "Erased. The next start erases the whole data partition."),
    # Not "write the image again": it leaves what lies behind it on the card as it was.
    "files-only": ("Đã xóa các tệp. Ở đây không có phân vùng dữ liệu riêng để xóa cả: muốn chắc chắn thì "
                   "phải hủy thẻ.",
                   "The files are erased. There is no data partition of its own here that could be erased "
                   "as a whole: to be sure, destroy the card."),
}


def add_parser(subparsers: Subparsers) -> None:
    """Add `factory-reset` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "factory-reset", help="erase keys, members, events and config",
        description="Stops the services, overwrites everything that this box knows, and restarts it; the "
                    "next start erases the data partition as a whole. Needs a new bundle afterwards.")
    parser.add_argument("--yes-erase", metavar="NAME", help="the box's name, instead of typing it")
    parser.add_argument("--no-restart", action="store_true", help="leave the restart to somebody else")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="default: %(default)s")
    parser.add_argument("--state-dir", type=Path, default=STATE, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--card", type=Path, default=CARD, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--runtime-dir", type=Path, default=Path("/run/edgebox"), metavar="DIR",
                        help="default: %(default)s")
    parser.add_argument("--fstab", type=Path, default=FSTAB, metavar="FILE", help="default: %(default)s")
    early = parser.add_mutually_exclusive_group()
    early.add_argument("--at-start", action="store_true", help="for systemd: the second step")
    early.add_argument("--by-button", action="store_true",
                       help="for systemd: only if a panic button is held from power-on for 10 s, let go when "
                            "the buzzer sounds, and pressed once more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.at_start:
        return _at_start(args)
    if args.by_button:
        if _up_s() > _START_S or not asked_for(args.state_dir / "config" / form.CONFIG,
                                              args.runtime_dir / Program.GUARD):
            return os.EX_OK
    else:
        _confirm(args)
        _stop_services(args.runtime_dir / Program.GUARD)
    return _erase(args)


def _confirm(args: argparse.Namespace) -> None:
    """Raises FatalError: another name was typed, or none."""
    name = _name(args.state_dir / "config" / form.CONFIG)
    given = args.yes_erase
    if given is None and sys.stdin.isatty():
        given = input(_text(args, "ask", name=name) + " ").strip()
    if given != name:
        raise FatalError(f"factory-reset: nothing was erased: want the box's name, {name}, got {given!r}; "
                         f"--yes-erase {name}", os.EX_USAGE)


def _name(config: Path) -> str:
    """The box's id; "edgebox" where no config tells it any more."""
    try:
        box = tomllib.loads(config.read_text("utf-8-sig"))["box"]
        return str(box["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return "edgebox"


def _stop_services(runtime_dir: Path) -> None:
    """Raises FatalError: something writes on."""
    if booted():
        try:
            subprocess.run(["systemctl", "stop", *_UNITS], check=False, timeout=_STOP_S, capture_output=True)
        except (OSError, subprocess.SubprocessError) as exc:
            raise FatalError(f"factory-reset: systemctl stop: {exc}; nothing was erased") from exc
    if guard_runs(runtime_dir):
        raise FatalError("factory-reset: edgebox guard still runs; stop it first; nothing was erased",
                         os.EX_TEMPFAIL)


def _erase(args: argparse.Namespace) -> int:
    """Ask for the second step first: a power cut in the middle of the first changes nothing then."""
    device = device_of(args.state_dir, args.fstab)
    if device is not None:
        _ask_for_more(args.card / FLAG)
    left = erase_folder(args.state_dir)
    if left and device is None:
        raise FatalError("factory-reset: cannot erase " + ", ".join(map(str, left[:5])) + "; run as root",
                         os.EX_NOPERM)
    _clear_card(args.card)
    print(_text(args, "files-only" if device is None else "erased"), flush=True)
    if device is not None and booted() and not args.no_restart:
        subprocess.run(["systemctl", "reboot"], check=False, timeout=_STOP_S)
    return os.EX_OK


def _ask_for_more(flag: Path) -> None:
    try:
        durable.write(flag, b"The next start of this box erases its data.\n", None)
    except OSError as exc:
        raise FatalError(f"{flag}: cannot write this file: {exc.strerror}; nothing was erased; run as root, "
                         "and see that the card's first partition is mounted", os.EX_CANTCREAT) from exc


def _clear_card(card: Path) -> None:
    """Erase the old bundle and its report from the card; a bundle whose code is unused is a new one, and
    stays.
    """
    bundle = card / form.FOLDER
    if not (bundle / form.CODE).exists():
        erase_folder(bundle)
        shutil.rmtree(bundle, ignore_errors=True)
    (card / form.REPORT).unlink(missing_ok=True)


def _at_start(args: argparse.Namespace) -> int:
    """Erase the data partition before it is mounted. Done twice it does no harm, so the flag goes last."""
    flag, device = args.card / FLAG, device_of(args.state_dir, args.fstab)
    if not flag.exists():
        return os.EX_OK
    if device is None:
        raise FatalError(f"{args.fstab}: mounts nothing at {args.state_dir}: nothing to erase", os.EX_CONFIG)
    try:
        quick = wipe(device)
    except OSError as exc:
        raise FatalError(f"{device}: cannot erase it: {exc.strerror}; destroy the card: to write the image "
                         "again leaves what lies behind it", os.EX_IOERR) from exc
    make_file_system(device)
    flag.unlink()
    os.sync()
    print(f"{device}: {'discarded' if quick else 'overwritten'} and made anew", flush=True)
    return os.EX_OK


def _text(args: argparse.Namespace, key: str, **values: object) -> str:
    return _TEXTS[key][("vi", "en").index(args.lang)].format(**values)


def _up_s() -> float:
    try:
        return float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
