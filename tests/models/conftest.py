"""What the tests of models share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.models.web import Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A web server on loopback; whatever proxy this machine uses is kept out of the way."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving({}) as made:
        yield made
