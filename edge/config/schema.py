"""The JSON Schema of the config file: for editors, and to say what a key wants.

`docs/config.schema.json` is `text()`; a test keeps it so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from edge.config.fields import LOCAL_TIME
from edge.config.model import EdgeSettings
from edge.contract.topics import SLUG

Node = dict[str, Any]
Key = tuple[str | int, ...]

RATIO_WANT = "a ratio 0..1 of the whole"
SLUG_WANT = "1 to 48 of a-z 0-9 and -, not at the start or end"


def text() -> str:
    """The schema as it is published: indented JSON with a newline at its end."""
    return json.dumps(_whole(), indent=2, ensure_ascii=False) + "\n"


def node_at(key: Key) -> Node:
    """What the schema says of `key`; {} for a key that it does not know."""
    node = _resolved(_whole())
    for part in key:
        node = _resolved(_child(node, part))
    return node


def children(key: Key) -> list[str]:
    """The names allowed in the table at `key`, in the order of the model; none where any name is."""
    return list(node_at(key).get("properties", {}))


def homes(name: str, key: Key) -> Iterator[Key]:
    """The tables above `key`, nearest first, or directly under it, where `name` may stand."""
    for length in range(len(key) - 1, -1, -1):
        if name in children(key[:length]):
            yield key[:length]
    for child in children(key):
        if name in children((*key, child)):
            yield (*key, child)


def want(node: Node) -> str:
    """What a value must be, in a technician's words."""
    if "enum" in node or "const" in node:
        return "one of " + ", ".join(map(repr, node.get("enum", [node.get("const")])))
    match node.get("type"):
        case "integer" | "number":
            return _want_number(node)
        case "boolean":
            return "true or false"
        case "string":
            return _want_text(node)
        case "array":
            return _want_list(node)
        case "object" if "properties" in node:
            return f"a table with {', '.join(node.get('required') or node['properties'])}"
    return "a table of named entries"


def _want_number(node: Node) -> str:
    noun = "an integer" if node["type"] == "integer" else "a number"
    low, above, high = map(_plain, (node.get("minimum"), node.get("exclusiveMinimum"), node.get("maximum")))
    if (noun, low, high) == ("a number", 0, 1):
        return RATIO_WANT
    if low is not None and high is not None:
        noun += f" {low}..{high}"
    else:
        limits = (("at least", low), ("above", above), ("at most", high))
        parts = [f"{word} {limit}" for word, limit in limits if limit is not None]
        noun = " ".join([noun, ", ".join(parts)]).rstrip()
    return noun + (f", a multiple of {node['multipleOf']}" if "multipleOf" in node else "")


def _plain(limit: float | None) -> float | None:
    """5.0 reads as 5."""
    return int(limit) if limit is not None and limit == int(limit) else limit


def _want_text(node: Node) -> str:
    if node.get("pattern") == f"^{SLUG.pattern}$":
        return SLUG_WANT
    if node.get("pattern") == LOCAL_TIME:
        return "a local time such as 22:30:00"
    noun = "a path in quotes" if node.get("format") == "path" else "a text in quotes"
    if "maxLength" in node:
        noun += f" of at most {node['maxLength']} characters"
    return f"{noun} ({node['description']})" if "description" in node else noun


def _want_list(node: Node) -> str:
    least = node.get("minItems", 0)
    if "prefixItems" in node:
        return "a point [x, y]" if _is_point(node) else "a line [[x, y], [x, y]]"
    item = _resolved(node.get("items", {}))
    if is_area(node):
        return f"an area of at least {least} points [[x, y], [x, y], [x, y]]"
    return f"a list of {'at least one of ' if least == 1 else ''}{want(item).removeprefix('one of ')}"


def is_area(node: Node) -> bool:
    """Whether it is a list of points, of any length: a zone or a mask."""
    return "prefixItems" not in node and _is_point(_resolved(node.get("items", {})))


def _is_point(node: Node) -> bool:
    items = node.get("prefixItems", [])
    return len(items) == 2 and all(item.get("type") == "number" for item in items)


def _child(node: Node, part: str | int) -> Node:
    if isinstance(part, int):
        items = node.get("prefixItems", [])
        found = items[part] if part < len(items) else node.get("items", {})
    else:
        named = node.get("patternProperties", {})
        found = node.get("properties", {}).get(part) or next(iter(named.values()), {})
    return found if isinstance(found, dict) else {}


def _resolved(node: Node) -> Node:
    """`node` without references and without "or null": a key that may be left out, TOML has no null."""
    while "$ref" in node or "anyOf" in node:
        beside = {name: value for name, value in node.items() if name not in ("$ref", "anyOf")}
        if "$ref" in node:
            node = _whole()["$defs"][node["$ref"].rsplit("/", 1)[-1]] | beside
        else:
            node = next(each for each in node["anyOf"] if each.get("type") != "null") | beside
    return node


@cache
def _whole() -> Node:
    schema = EdgeSettings.model_json_schema()
    _close_maps(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema,
            "title": "edgebox configuration"}


def _close_maps(node: object) -> None:
    """Say that names outside the pattern are faults, as the loader does."""
    if isinstance(node, dict):
        if "patternProperties" in node:
            node["additionalProperties"] = False
        for child in node.values():
            _close_maps(child)
    elif isinstance(node, list):
        for child in node:
            _close_maps(child)
