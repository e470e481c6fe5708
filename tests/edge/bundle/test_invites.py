"""invites.json: what a bundle may say, and how anything else is told without being repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.base.errors import FatalError
from edge.bundle.invites import MAX_INVITES, listing, read_invites
from edge.members.people import MAX_NAME
from edge.members.tokens import token_hash
from edge.members.values import Expected, MemberRole

AN = Expected(MemberRole.LEADER, "Nguyễn Văn An", token_hash("7" * 32))
MINH = Expected(MemberRole.TECHNICIAN, "", token_hash("8" * 32))
ONE = {"role": "leader", "name": "An", "token_sha256": "0" * 64}


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "invites.json"
    path.write_bytes(raw)
    return path


def test_what_the_office_writes_the_box_reads(tmp_path: Path) -> None:
    """
    Roles, names with their accents, hashes; and in the file nothing else.
    """
    path = written(tmp_path, listing((AN, MINH)))

    assert (AN, MINH) == read_invites(path)
    told = json.loads(path.read_bytes())
    assert {"format": "edgebox-invites/1", "invites": [
        {"role": "leader", "name": "Nguyễn Văn An", "token_sha256": AN.token.hex()},
        {"role": "technician", "name": "", "token_sha256": MINH.token.hex()}]} == told


@pytest.mark.parametrize(("changes", "where"), [
    ({"role": "owner"}, "invites.0.role"), ({"role": None}, "invites.0.role"),
    ({"name": " SECRET"}, "invites.0.name"), ({"name": "SECRET\n"}, "invites.0.name"),
    ({"name": "S" * (MAX_NAME + 1)}, "invites.0.name"), ({"name": "\ud800"}, ""),
    ({"token_sha256": "SECRET"}, "invites.0.token_sha256"),
    ({"token_sha256": "A" * 64}, "invites.0.token_sha256"), ({"token": "SECRET"}, "invites.0.token"),
])
def test_what_is_not_known_is_refused(tmp_path: Path, changes: dict[str, object], where: str) -> None:
    """
    By the key that is wrong, and nothing of its value.
    """
    path = written(tmp_path, json.dumps({"format": "edgebox-invites/1",
                                         "invites": [{**ONE, **changes}]}).encode())

    with pytest.raises(FatalError) as refused:
        read_invites(path)
    assert f"{path}: {where}" in str(refused.value)
    assert "SECRET" not in str(refused.value)
    assert "make a new bundle" in str(refused.value)


@pytest.mark.parametrize("raw", [
    b"", b"{", b"[]", b"\xff", b'{"format": "edgebox-invites/2", "invites": []}', b'{"invites": []}',
    json.dumps({"format": "edgebox-invites/1", "invites": [ONE] * (MAX_INVITES + 1)}).encode(),
    b'{"format": "edgebox-invites/1", "invites": []}' + b" " * 20_000, b"[" * 9_000])
def test_no_such_list(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(FatalError, match=r"invites\.json: "):
        read_invites(written(tmp_path, raw))


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="cannot be read: No such file"):
        read_invites(tmp_path / "invites.json")
