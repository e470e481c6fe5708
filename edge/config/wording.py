"""Faults in a technician's words: what is wanted, what was found, what to do. Pure.

pydantic names what failed and where; what is wanted comes from the schema, since one failed bound
says less than the whole range.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time

from pydantic_core import ErrorDetails

from edge.base.redact import is_secret_key, redact, shorten
from edge.config import schema
from edge.config.fields import ERROR_TYPE
from edge.config.nearest import nearest
from edge.config.tables import Key, KeyFault
from edge.contract.topics import is_slug

INT64_MAX = 2**63 - 1
MIDNIGHT = "a day ends at 00:00:00"

_OF_NAME = "[key]"          # pydantic ends the place of a fault in a table's name so


def faults_of(errors: Sequence[ErrorDetails], root: Mapping[str, object]) -> Iterator[KeyFault]:
    """Reword `errors` of a whole file; `root` is its content as parsed.

    Left out: what `checks` tells by itself, and a missing key whose misspelling is told.
    """
    meant = {(*error["loc"][:-1], _meant(error["loc"])) for error in errors
             if error["type"] == "extra_forbidden"}
    for error in errors:
        key = error["loc"]
        if (error["type"] == ERROR_TYPE or (error["type"] == "missing" and key in meant)
                or _counts_only_good_items(error)):
            continue
        if key and key[-1] == _OF_NAME:
            key = key[:-1]
            yield KeyFault(key, f"want a name of {schema.SLUG_WANT}{_such_as(str(key[-1]))}")
        elif error["type"] == "extra_forbidden":
            yield KeyFault(key, _unknown(key))
        elif error["type"] == "missing":
            yield _missing(key, root)
        elif error["type"] == "value_error":
            yield KeyFault(key, str(error["ctx"]["error"]))
        else:
            yield KeyFault(key, _unfit(key, _value_at(root, key)))


def got(value: object, key: Key) -> str:
    """What was found, on one line and without secrets."""
    if any(isinstance(part, str) and is_secret_key(part) for part in key):
        return f"{_type_of(value)} (not shown)"
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return repr(shorten(redact(value)))
        case int() if not -INT64_MAX - 1 <= value <= INT64_MAX:
            return "an integer beyond 64 bits"
        case int() | float():
            return str(value)
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case date() | time():
            return value.isoformat()
    return "an empty table" if value == {} else _type_of(value)


def unknown_label(label: str, model: str, known: Sequence[str]) -> str:
    """A class that the model, which can see `known`, has no label for."""
    near = nearest(label, known)
    hint = f"did you mean {near!r}?" if near else f"it knows {', '.join(known)}"
    return f"model {model!r} knows no {shorten(redact(label))!r}, {hint}"


def slug_like(name: str) -> str:
    """`name` in the letters that a topic allows: 'Tổ 5' becomes 'to-5'; "" where nothing is left."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "-".join(kept.split())[:48].rstrip("-")


def _counts_only_good_items(error: ErrorDetails) -> bool:
    """Whether a list is called too short only because its wrong items, told one by one, do not count."""
    return (error["type"] == "too_short" and isinstance(error["input"], list)
            and len(error["input"]) >= error["ctx"]["min_length"])


def _missing(key: Key, root: Mapping[str, object]) -> KeyFault:
    if isinstance(key[-1], int):            # an item of a point or line: tell of the whole
        return KeyFault(key[:-1], _unfit(key[:-1], _value_at(root, key[:-1])))
    node = schema.node_at(key)
    if node.get("type") == "object":
        what = f"add [{'.'.join(map(str, key))}]" if "properties" in node else f"add [{key[-1]}.NAME]"
        inner = node if "properties" in node else schema.node_at((*key, "x"))
        return KeyFault(key, f"missing; {what} with {', '.join(inner.get('required', []))}")
    return KeyFault(key, f"missing; want {schema.want(node)}")


def _unfit(key: Key, value: object) -> str:
    node = schema.node_at(key)
    if node.get("type") == "object" and value == {}:
        return f"want at least one [{key[-1]}.NAME], got an empty table"
    text = f"want {_wanted(node, value)}, got {got(value, key)}{_in_ratios(node, key, value)}"
    if isinstance(value, str):
        if value.startswith("24:00"):
            return f"{text}; {MIDNIGHT}"
        if schema.SLUG_WANT in text:
            return text + _such_as(value)
        if node.get("type") in ("integer", "number", "boolean") and not is_secret_key(str(key[-1])):
            return text + _without_quotes(value)
    return text


def _wanted(node: schema.Node, value: object) -> str:
    """What is wanted; where a list is too long, the one limit that it breaks."""
    most = node.get("maxItems")
    if "prefixItems" not in node and isinstance(value, list) and most is not None and len(value) > most:
        return f"at most {most} {'points' if schema.is_area(node) else 'items'}"
    return schema.want(node)


def _in_ratios(node: schema.Node, key: Key, value: object) -> str:
    """A hint for lengths in pixels, `[640, 360]`, and in percent."""
    if schema.want(node) != schema.RATIO_WANT or not isinstance(value, int | float) or value <= 1:
        return ""
    if isinstance(key[-1], int):
        return f"; divide pixels by the picture's {('width', 'height')[key[-1]]}"
    return f"; {value:g} % is {value / 100:g}" if value <= 100 else ""


def _without_quotes(value: str) -> str:
    """A hint for the commonest slip: `port = "8883"`."""
    try:
        float(value)
    except ValueError:
        return "; write it without quotes" if value in ("true", "false") else ""
    return "; write it without quotes"


def _unknown(key: Key) -> str:
    name, table = str(key[-1]), key[:-1]
    home = next(schema.homes(name, table), None)
    if home is not None:
        return f"unknown key here; it belongs under {_shown(home)}"
    meant = _meant(key)
    if meant is None:
        hint = "; a password stands in a file that password_file names" if is_secret_key(name) else ""
        return f"unknown key; allowed here: {', '.join(schema.children(table))}{hint}"
    hint = " It names a file; the password itself never stands here" if is_secret_key(meant) else ""
    return f"unknown key, did you mean {meant!r}?{hint}"


def _meant(key: Key) -> str | None:
    """The key of this table that was probably meant, unless the name is right and the table wrong."""
    if next(schema.homes(str(key[-1]), key[:-1]), None) is not None:
        return None
    return nearest(str(key[-1]), schema.children(key[:-1]))


def _shown(table: Key) -> str:
    return f"[{'.'.join(map(str, table))}]" if table else "no [table], at the top of the file"


def _such_as(name: str) -> str:
    example = slug_like(name)
    return f"; such as {example!r}" if is_slug(example) and redact(name) == name else ""


def _type_of(value: object) -> str:
    names = {bool: "true or false", str: "a text", int: "an integer", float: "a number", list: "a list",
             dict: "a table"}
    return names.get(type(value), "a date or time")


def _value_at(root: object, key: Key) -> object:
    for part in key:
        if isinstance(root, dict) or (isinstance(root, list) and isinstance(part, int)):
            root = root[part]       # type: ignore[index]
        else:
            return root
    return root
