"""The standard wiring: outputs and inputs of edge/config/example.toml, which the drawing shows as well."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"\[(outputs|inputs)\.([a-z0-9-]+)\]")


@cache
def standard() -> dict[str, str]:
    """Each output and input by its name, as text with its comments, in the order of the file."""
    blocks: dict[str, str] = {}
    text = (files("edge.config") / "example.toml").read_text(encoding="utf-8")
    for block in text.split("\n\n"):
        head = _HEAD.match(block)
        if head:
            assert head[2] not in blocks, f"{head[2]} stands under outputs and inputs"
            blocks[head[2]] = block.strip()
    return blocks
