"""Files of the ward, some of them root's in a folder that the broker owns."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.base import durable
from edge.base.durable import SECRET, holds
from provisioning.ward.writing import replace


def test_root_gives_away_no_file_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What root writes into the broker's folder becomes the broker's. A broker that was taken over lays a link
    there the moment that the file is written: what it leads to stays root's.
    """
    if os.geteuid():
        pytest.skip("needs root")
    broker, precious = tmp_path / "broker", tmp_path / "shadow"
    precious.write_text("root's own")
    broker.mkdir()
    os.chown(broker, 65534, 65534)
    put = durable._put

    def raced(fresh: Path, path: Path) -> None:
        fresh.rename(fresh.with_name("taken"))
        fresh.symlink_to(precious)
        put(fresh, path)

    monkeypatch.setattr(durable, "_put", raced)
    replace(broker / "acl", "user nobody\n", SECRET)

    assert 0 == precious.stat().st_uid
    assert (65534, 65534) == ((broker / "taken").stat().st_uid, (broker / "taken").stat().st_gid)


def test_looking_never_waits(tmp_path: Path) -> None:
    """
    A pipe that nobody writes to, or a link, in the place of a file is not the file: it is put there anew.
    """
    acl, elsewhere = tmp_path / "acl", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"user x\n")

    assert not holds(acl, b"user x\n")
    os.mkfifo(acl)
    assert not holds(acl, b"user x\n")
    assert not holds(acl, b"")
    replace(acl, b"user x\n", SECRET)
    assert holds(acl, b"user x\n")
    assert not holds(acl, b"user y\n")
    assert not holds(acl, b"user x\nuser y\n")
    acl.unlink()
    acl.symlink_to(elsewhere)
    assert not holds(acl, b"user x\n")
