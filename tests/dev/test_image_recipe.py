"""What an image may be asked to believe in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.image.recipe import root_certificate
from dev.image.steps import BuildError
from tests.brokers import Authority


def test_a_root_certificate_goes_in_as_it_is(tmp_path: Path) -> None:
    ca = Authority(tmp_path / "ca").ca
    assert ca.read_text() == root_certificate(ca)


def test_nothing_else_is_built_in(tmp_path: Path) -> None:
    """
    No file, a text, a key, somebody's certificate, a chain: one line that names the file and what is wanted.
    """
    authority = Authority(tmp_path / "ca")
    issued = authority.issue("hop-01")
    text, chain = tmp_path / "text.pem", tmp_path / "chain.pem"
    text.write_text("no certificate")
    chain.write_text(authority.ca.read_text() + issued.cert.read_text())

    for path in (tmp_path / "missing.crt", text, issued.key, issued.cert, chain):
        with pytest.raises(BuildError) as told:
            root_certificate(path)
        [line] = str(told.value).splitlines()
        assert line.startswith(f"--anchor {path}: ")
        assert line.endswith("name the ward's root.crt")
