"""Whether our own page sent it: one rule for the group's page over HTTPS and the ward's over HTTP."""

from __future__ import annotations

import pytest

from edge.web.origin import is_same_origin


@pytest.mark.parametrize("own", ["https://hop-1.local:8443", "https://192.168.1.20:8443", "http://127.0.0.1:8800"])
@pytest.mark.parametrize(("headers", "ours"), [
    ({"sec-fetch-site": "same-origin"}, True),
    ({"origin": "OWN"}, True),
    ({"sec-fetch-site": "same-origin", "origin": "OWN"}, True),
    ({}, False),
    ({"referer": "OWN"}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "none"}, False),
    ({"origin": "null"}, False),
    ({"origin": "https://evil.example"}, False),
    ({"origin": "OWN.evil.example"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "OWN"}, False),
    ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False)])
def test_only_our_own_page_is_believed(own: str, headers: dict[str, str], ours: bool) -> None:
    """
    What a browser says of where a request comes from has to fit, each word by itself; silence does not.
    """
    assert ours == is_same_origin({name: value.replace("OWN", own) for name, value in headers.items()}, own)
