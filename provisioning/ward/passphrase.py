"""Where a passphrase comes from: a file, systemd's credential, or somebody at the terminal. Never argv."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from edge.base.words import Words
from provisioning.errors import WordedError
from ward.command.keys import PASSPHRASE_MIN

ISSUING, ROOT = "issuing-passphrase", "root-passphrase"
"""Also the names under which systemd hands them over: LoadCredentialEncrypted=issuing-passphrase."""
_OPTIONS = {ISSUING: "--passphrase-file", ROOT: "--root-passphrase-file"}


def passphrase(which: str, file: Path | None, words: Words) -> str:
    """The passphrase from `file`, else from systemd, else by asking. Raises FatalError."""
    given = _handed(which, file)
    return getpass.getpass(words(f"ask-{which}")) if given is None else given


def new_passphrase(which: str, file: Path | None, words: Words, root: str | None = None) -> str:
    """A new passphrase, from where `passphrase` takes one. Asked for twice, and again as long as it will not
    do.

    Args:
        root: the root's, which another must differ from.

    Raises FatalError: what was handed over will not do.
    """
    given = _handed(which, file)
    if given is not None:
        _check(which, given, root)
        return given
    while True:
        typed = getpass.getpass(words(f"ask-{which}"))
        try:
            _check(which, typed, root)
        except WordedError as exc:
            print(exc.said(words.language))
            continue
        if getpass.getpass(words("ask-again")) == typed:
            return typed
        print(words("passphrases-differ"))


def check_length(which: str, given: str) -> None:
    """Raises FatalError."""
    if len(given) < PASSPHRASE_MIN:
        raise WordedError("passphrase-short", os.EX_USAGE, which=which, length=str(len(given)),
                        least=str(PASSPHRASE_MIN))


def check_apart(root: str, other: str) -> None:
    """Raises FatalError."""
    if root == other:
        raise WordedError("passphrase-same", os.EX_USAGE)


def _check(which: str, given: str, root: str | None) -> None:
    check_length(which, given)
    if root is not None:
        check_apart(root, given)


def _handed(which: str, file: Path | None) -> str | None:
    """None: somebody at the terminal is to be asked. Raises FatalError."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if file is None and credentials and (Path(credentials) / which).exists():
        file = Path(credentials) / which
    if file is not None:
        return _first_line(file)
    if not sys.stdin.isatty():
        raise WordedError("no-passphrase", os.EX_USAGE, which=which, option=_OPTIONS[which])
    return None


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as exc:
        found = "empty" if isinstance(exc, IndexError) else "unreadable"
        raise WordedError(f"first-line-{found}", os.EX_NOINPUT, path=str(file)) from exc
