"""A table of a config, plain as parsed or typed, and a fault in it.

What is checked between keys reads plain tables, so that it works on settings that are typed and on a TOML
table that still holds other faults: what has the wrong type is passed over and told by its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Key = tuple[str | int, ...]
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class KeyFault:
    """One fault and the key that it is about, from the root of the file unless said otherwise."""

    key: Key
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: {self.text}"

    def under(self, *above: str) -> KeyFault:
        return KeyFault((*above, *self.key), self.text)


def table_in(parent: Table, key: str) -> Table:
    """The table under `key`, typed or plain; an empty one where there is something else."""
    found = parent.get(key)
    if isinstance(found, Mapping):
        return found
    return vars(found) if hasattr(found, "model_fields_set") else {}


def tables_in(parent: Table, key: str) -> Iterator[tuple[str, Table]]:
    """The named tables of the shelf under `key`, such as [outputs.NAME], each with its name."""
    shelf = table_in(parent, key)
    for name in shelf:
        yield name, table_in(shelf, name)


def is_given(table: Table, key: str) -> bool:
    return table.get(key) is not None


def number_in(table: Table, key: str) -> float | None:
    """The number under `key`; None where there is none or something else."""
    found = table.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
