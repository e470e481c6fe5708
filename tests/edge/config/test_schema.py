"""The JSON Schema that editors use is that of the model."""

from __future__ import annotations

import json
import re
from pathlib import Path

from edge.config import schema
from tests.edge.config.files import EXAMPLE


def test_the_published_schema_is_up_to_date() -> None:
    """
    docs/config.schema.json is what `edgebox check --schema` prints.
    """
    published = EXAMPLE.parents[2] / "docs/config.schema.json"

    assert schema.text() == published.read_text(), "run: edgebox check --schema > docs/config.schema.json"


def test_the_example_points_an_editor_at_the_schema() -> None:
    """
    The first line is the directive of taplo and Even Better TOML, relative to the example.
    """
    directive = re.fullmatch(r"#:schema (\S+)", EXAMPLE.read_text().splitlines()[0])

    assert directive is not None
    assert Path("docs/config.schema.json") == (EXAMPLE.parent / directive[1]).resolve().relative_to(
        EXAMPLE.parents[2])


def test_the_schema_refuses_unknown_keys_and_names_everywhere() -> None:
    """
    Every table is closed: its keys are listed, or its names must fit the pattern.
    """
    tables = []

    def visit(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                tables.append(node)
            for child in node.values():
                visit(child)

    visit(json.loads(schema.text()))

    assert len(tables) >= 14
    assert all(table["additionalProperties"] is False for table in tables)


def test_what_a_key_wants_is_told_with_its_limits() -> None:
    """
    Both bounds at once, choices listed, shapes drawn.
    """
    def want(*key: str | int) -> str:
        return schema.want(schema.node_at(key))

    assert "an integer 1..65535" == want("mqtt", "port")
    assert "an integer at least 2" == want("cameras", "gate", "rules", "r", "crowd_count")
    assert "a number above 0, at most 60" == want("cameras", "gate", "fps")
    assert "a ratio 0..1 of the whole" == want("cameras", "gate", "zones", "z", 7, 1)
    assert "one of 'info', 'warning', 'alert'" == want("cameras", "gate", "rules", "r", "severity")
    assert "a line [[x, y], [x, y]]" == want("cameras", "gate", "lines", "l")
    assert {} == schema.node_at(("mqtt", "port", "x", 0))
