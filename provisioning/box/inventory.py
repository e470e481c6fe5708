"""inventory.csv: one signed row for each time that a box got a bundle, each naming the row before it.

A spreadsheet may read it. What it holds is signed by values, so that a file that a spreadsheet has saved
again still verifies, as long as nobody changed a value.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.base.durable import SECRET, locked
from edge.contract.signing import canonical, is_signed_by, kid_of
from provisioning.errors import WordedError
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import Signer
from provisioning.ward.writing import replace

COLUMNS = ("row", "at", "act", "ward", "group", "box", "title", "cameras", "wired", "network", "code_expires",
           "bundle", "before", "kid", "alg", "sig")
_BOM = "\ufeff"             # else a spreadsheet takes the Vietnamese letters for something else
NEW, RENEW = "new", "renew"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row, by its number in the file; the header is line 1."""

    line: int
    key: str


def identity_of(row: Row) -> str:
    return f"{row['ward']}.{row['group']}.{row['box']}"


@contextlib.contextmanager
def alone(ward: WardFolder) -> Iterator[None]:
    """One process at a time gives names and writes rows. Raises FatalError."""
    try:
        with locked(ward.path / ".boxes.lock"):
            yield
    except PermissionError as exc:
        raise WordedError("boxes-denied", os.EX_NOPERM, path=str(exc.filename)) from exc


def read_rows(path: Path) -> list[Row]:
    """Oldest first; none where there is no file yet. Raises FatalError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as exc:
        raise WordedError("inventory-unreadable", os.EX_DATAERR, path=str(path), detail=str(exc)) from exc
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise WordedError("inventory-other", os.EX_DATAERR, path=str(path))
    return [{key: value or "" for key, value in row.items() if key in COLUMNS} for row in reader]


def append(path: Path, fields: Row, signer: Signer) -> Row:
    """Sign and add one row; within `alone`. Durable when it returns. Raises FatalError."""
    rows = read_rows(path)
    document = {"row": str(len(rows) + 1), **fields, "before": _digest(rows[-1]) if rows else ""}
    row = {key: str(value) for key, value in signer.signed(dict(document)).items()}
    replace(path, _text([*rows, row]), SECRET)
    return row


def faults(rows: list[Row], public: Ed25519PublicKey) -> Iterator[RowFault]:
    """Rows that were changed, are not ours, or do not follow the row before them."""
    for index, row in enumerate(rows):
        if row["kid"] != kid_of(public) or not is_signed_by(dict(row), public):
            yield RowFault(index + 2, "row-changed")
        before = _digest(rows[index - 1]) if index else ""
        if row["row"] != str(index + 1) or row["before"] != before:
            yield RowFault(index + 2, "row-gap")


def _digest(row: Row) -> str:
    return hashlib.sha256(canonical(dict(row))).hexdigest()


def _text(rows: list[Row]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return _BOM + out.getvalue()
