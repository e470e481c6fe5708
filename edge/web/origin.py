"""Whether a request that changes something comes from our own page. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def is_same_origin(headers: Mapping[str, str], own_origin: str) -> bool:
    """Whether our own page sent it, by the word of the browser, which no page elsewhere can change.

    Every browser that can show our pages sends Sec-Fetch-Site, Origin or both with what changes something;
    who sends neither is no browser and has no business here. What is sent has to fit, each by itself.

    Args:
        headers: names in lower case.
        own_origin: scheme, host and port as the browser knows us: https://hop-1.local:8443
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and origin in (None, own_origin)
