"""The ward's keys that sign commands: made, kept and opened here. Boxes hold the public halves only."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.base.errors import FatalError
from edge.contract.signing import kid_of, signature_text, signed_part
from ward.command.pkcs8 import encrypted_pem

PASSPHRASE_MIN = 12
CREDENTIAL = "command-passphrase"
"""The name under which systemd hands it over: LoadCredentialEncrypted=command-passphrase."""
_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class CommandKey:
    """An opened private key. It is in no text that this object gives of itself."""

    kid: str
    _private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"CommandKey({self.kid})"

    def signature_of(self, document: dict[str, object]) -> str:
        """What belongs into `sig` of `document`."""
        return signature_text(self._private.sign(signed_part(document)))


def make_key(path: Path, passphrase: str) -> str:
    """Write a new key to `path`, readable by this user alone, and its public half to `path`.pub.

    Returns the kid.

    Raises:
        FatalError: one of the files exists or cannot be written, or the passphrase is too short.
    """
    if len(passphrase) < PASSPHRASE_MIN:
        raise FatalError(f"the passphrase has {len(passphrase)} characters, want at least {PASSPHRASE_MIN}: "
                         "whoever has the file and the passphrase can sound every siren", os.EX_USAGE)
    private = Ed25519PrivateKey.generate()
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    half = public_path(path)
    if half.exists():                  # told before the other is made
        raise _exists(half)
    _write_new(path, encrypted_pem(plain, passphrase.encode()), 0o600)
    _write_new(half, public, 0o644)
    return kid_of(private.public_key())


def open_key(path: Path, passphrase: str) -> CommandKey:
    """Raises FatalError: no such key, or not with this passphrase; the text holds neither."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
    except OSError as exc:
        raise FatalError(f"--command-key {path}: cannot be read: {exc.strerror}; make one with "
                         "`edgebox-ward key new FILE`", os.EX_NOINPUT) from exc
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in text:
        raise FatalError(f"--command-key {path}: want a private key encrypted with a passphrase, found "
                         f"{_found(text)}; make one with `edgebox-ward key new FILE`", os.EX_NOINPUT)
    try:
        private = load_pem_private_key(text, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise FatalError(f"--command-key {path}: does not open: wrong passphrase, or a damaged file",
                         os.EX_NOPERM) from exc
    if not isinstance(private, Ed25519PrivateKey):
        raise FatalError(f"--command-key {path}: want an Ed25519 key; make one with "
                         "`edgebox-ward key new FILE`", os.EX_NOINPUT)
    return CommandKey(kid_of(private.public_key()), private)


def public_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.pub")


def passphrase_for(path: Path, file: Path | None, new: bool = False) -> str:
    """The passphrase from `file`, else from systemd's credential, else asked for at the terminal (twice for a
    new key).

    Raises FatalError: none of them gave one.
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if file is None and credentials and (Path(credentials) / CREDENTIAL).exists():
        file = Path(credentials) / CREDENTIAL
    if file is not None:
        return _first_line(file)
    if not sys.stdin.isatty():
        raise FatalError(f"{path}: no passphrase: name a file with --passphrase-file, hand it over as the "
                         f"systemd credential {CREDENTIAL!r}, or run this at a terminal", os.EX_USAGE)
    given = getpass.getpass(f"passphrase for {path}: ")
    if new and getpass.getpass("the same again: ") != given:
        raise FatalError("the two passphrases differ: nothing was made; try again", os.EX_USAGE)
    return given


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as exc:
        found = "empty" if isinstance(exc, IndexError) else "unreadable"
        raise FatalError(f"{file}: want a text file whose first line is the passphrase; it is {found}",
                         os.EX_NOINPUT) from exc


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Whole and on disk, or FatalError; never over something that is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError as exc:
        raise _exists(path) from exc
    except OSError as exc:
        raise FatalError(f"{path}: cannot be made: {exc.strerror}", os.EX_CANTCREAT) from exc
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(descriptor)


def _exists(path: Path) -> FatalError:
    return FatalError(f"{path}: is there already, and a key is never overwritten; name another file",
                      os.EX_CANTCREAT)


def _found(text: bytes) -> str:
    if b"PRIVATE KEY-----" in text:
        return "one without a passphrase, or in another format"
    return "a public key" if b"PUBLIC KEY-----" in text else "something else"
