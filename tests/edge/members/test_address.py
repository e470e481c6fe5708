"""What the QR code of an invite holds."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.config.load import load
from edge.members.address import join_address, own_address, page_address
from tests.edge.config.files import GOOD, written


@pytest.mark.parametrize(("page", "address"), [
    ("", "https://192.168.1.20:8443"),
    ("port = 443", "https://192.168.1.20"),
    ('host = "0.0.0.0"', "https://192.168.1.20:8443"),
    ('host = "127.0.0.1"', "https://127.0.0.1:8443"),
    ('host = "fd00::5"\nport = 9000', "https://[fd00::5]:9000"),
    ('host = "127.0.0.1"\nnames = ["to12.local", "192.168.1.9"]', "https://to12.local:8443"),
])
def test_the_pages_address(tmp_path: Path, page: str, address: str) -> None:
    """
    The first name of the config, else what it listens on, else where the box is.
    """
    settings = load(written(tmp_path, f"{GOOD}\n[page]\n{page}\n")).settings

    assert address == page_address(settings, lambda: "192.168.1.20")


def test_the_token_is_sent_to_nobody() -> None:
    """
    It stands in the fragment.
    """
    parts = urlsplit(join_address("https://192.168.1.20:8443", "TOKEN"))

    assert ("/join", "", "TOKEN") == (parts.path, parts.query, parts.fragment)


def test_the_own_address_is_there_without_a_network() -> None:
    """
    Some address or the name in mDNS, never nothing.
    """
    assert own_address().strip()
