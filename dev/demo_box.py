"""The demo's box, as `./run demo` and `./run box` start it: its config, its programs, and who may come in."""

from __future__ import annotations

import fcntl
import secrets
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge.bundle.roster_opening import open_roster
from edge.cli import SERVICES
from edge.config.load import load
from edge.members.address import join_address, page_address
from edge.members.values import MemberRole
from provisioning.ward import ack_key
from provisioning.ward.folder import WardFolder
from ward.command.keys import make_key, public_path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
# In the order of their start, which is turned round at the end: the siren's program is first and last.
PROGRAMS = ("guard", *(name for name in SERVICES if name != "guard"))


@contextmanager
def alone(folder: Path, command: str) -> Iterator[None]:
    """Make `folder` and have it for ourselves. Raises SystemExit where another one runs in it.

    Signals become KeyboardInterrupt, also where SIGINT is ignored, as a shell does in the background.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"{command}: another one runs in {folder}; end it, or name a folder "
                             "with --keep") from None
        yield


def make_command_key(folder: Path) -> tuple[Path, Path]:
    """The ward's key for commands, and the file with its passphrase."""
    key, passphrase = folder / "command.key", folder / "passphrase"
    for path in (key, public_path(key)):
        path.unlink(missing_ok=True)
    passphrase.touch(0o600)
    passphrase.write_text(secrets.token_urlsafe(16))
    make_key(key, passphrase.read_text())
    return key, passphrase


def make_ack_key(folder: Path) -> tuple[Path, Path]:
    """The receiver's key for acks, and its public half for the box."""
    ward, public = WardFolder(folder), folder / "receiver.pub"
    ward.ack_key.unlink(missing_ok=True)
    ack_key.make(ward)
    (half,) = ack_key.public_halves(ward)
    public.write_bytes(half)
    return ward.ack_key, public


def invite(config: Path, by: str) -> str:
    """The group page's address, with an invite for its first member."""
    settings = load(config).settings
    roster = open_roster(settings)
    try:
        return join_address(page_address(settings), roster.invite(MemberRole.LEADER, f"tool:{by}").token)
    finally:
        roster.close()


def write_config(folder: Path, values: Mapping[str, object]) -> Path:
    """dev/demo.toml with its words in braces filled in, as `folder`/edge.toml."""
    text = (ROOT / "dev" / "demo.toml").read_text(encoding="utf-8")
    for name, value in {"state_dir": folder / "state", **values}.items():
        text = text.replace("{" + name + "}", str(value))
    path = folder / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def free_port(wanted: int = 0) -> int:
    """`wanted` when nobody listens there, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("demo: no free port on 127.0.0.1")
