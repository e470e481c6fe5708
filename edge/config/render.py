"""The effective config as text: every key with the value it has. Valid TOML, secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import time
from enum import Enum
from pathlib import Path

from pydantic import BaseModel

from edge.base.redact import HIDDEN, is_secret_key, redact
from edge.config.places import dotted

Key = tuple[str | int, ...]


def as_toml(settings: BaseModel) -> str:
    """Settings as TOML that the loader reads back to the same settings, unless a secret was hidden.

    A key that has no value stands as a comment; one that the file leaves to its default says so.
    """
    return "\n".join(_table(settings, ())).strip() + "\n"


def as_json(settings: BaseModel) -> str:
    """Settings as one indented JSON object; keys without a value are null."""
    return json.dumps(_hidden(settings.model_dump(mode="json"), ""), indent=2, ensure_ascii=False)


def _table(settings: BaseModel | Mapping[str, object], key: Key) -> Iterator[str]:
    """A header, the plain keys, then the tables inside, as TOML wants the order."""
    values = vars(settings) if isinstance(settings, BaseModel) else settings
    inner = {name: value for name, value in values.items() if _is_table(value)}
    if key and len(inner) < len(values):
        yield from ("", f"[{dotted(key)}]")
    for name, value in values.items():
        if name not in inner:
            yield _pair(name, value) + _mark(settings, name)
    for name, value in inner.items():
        if isinstance(value, tuple):
            for each in value:
                yield from ("", f"[[{dotted((*key, name))}]]")
                yield from (_pair(item, content) for item, content in each)
        else:
            yield from _table(value, (*key, name))     # type: ignore[arg-type]


def _is_table(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and isinstance(value[0], BaseModel)
    return isinstance(value, BaseModel | Mapping)


def _mark(settings: BaseModel | Mapping[str, object], name: str) -> str:
    given = isinstance(settings, Mapping) or name in settings.model_fields_set
    return "" if given or getattr(settings, name) is None else "  # default"


def _pair(name: str, value: object) -> str:
    if value is None:
        return f"#{name} ="
    return f"{name} = {_value(_hidden(value, name))}"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case time():
            return value.isoformat()
        case int() | float():
            return repr(value)
    text = str(value.value if isinstance(value, Enum) else value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")     # JSON's escapes are TOML's


def _hidden(value: object, name: str) -> object:
    """`value` without secrets; a password typed in place of its file's name is one, too."""
    match value:
        case dict():
            return {key: _hidden(item, key) for key, item in value.items()}
        case list() | tuple():
            return [_hidden(item, name) for item in value]
        case str() | Path() if not isinstance(value, Enum):
            if is_secret_key(name) and not Path(value).is_file():
                return HIDDEN
            return redact(str(value))
    return value
