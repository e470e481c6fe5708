"""Where a passphrase comes from: a file, systemd's credential, or somebody at the terminal. Never argv."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from edge.errors import FatalError
from provisioning.words import Words

ISSUING, ROOT = "issuing-passphrase", "root-passphrase"
"""Also the names under which systemd hands them over: LoadCredentialEncrypted=issuing-passphrase."""
_OPTIONS = {ISSUING: "--passphrase-file", ROOT: "--root-passphrase-file"}


def passphrase(which: str, file: Path | None, words: Words, new: bool = False) -> str:
    """From `file`, else from systemd, else by asking, twice for a new one. Raises FatalError."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if file is None and credentials and (Path(credentials) / which).exists():
        file = Path(credentials) / which
    if file is not None:
        return _first_line(file)
    if not sys.stdin.isatty():
        raise FatalError(f"no {which}: name a file with {_OPTIONS[which]}, hand it over as the systemd "
                         f"credential {which!r}, or run this at a terminal", os.EX_USAGE)
    given = getpass.getpass(words(f"ask-{which}"))
    if new and getpass.getpass(words("ask-again")) != given:
        raise FatalError("the two passphrases differ: nothing was made; try again", os.EX_USAGE)
    return given


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as exc:
        found = "empty" if isinstance(exc, IndexError) else "unreadable"
        raise FatalError(f"{file}: want a text file whose first line is the passphrase; it is {found}",
                         os.EX_NOINPUT) from exc
