"""Log lines as fields of systemd's journal. With the journal itself: tests/system/box/boots_services.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.base.journald import PREFIX, fields

ROOT = Path(__file__).resolve().parents[3]
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
FORMATS = {"%d": st.integers(), "%.1f": st.floats(allow_nan=False, allow_infinity=False), "%s": st.text()}
PARTS = st.sampled_from(sorted(FORMATS)).flatmap(
    lambda how: st.tuples(KEYS | st.none(), st.just(how), FORMATS[how], st.booleans()))


@given(parts=st.lists(PARTS, max_size=6), event=st.text("abc: 50%", max_size=10))
def test_every_key_is_a_field_with_what_the_line_shows(
        parts: list[tuple[str | None, str, object, bool]], event: str) -> None:
    """
    What stands behind key= in the line is the field's value; what has no key is no field.
    """
    template = event.replace("%", "%%")
    for key, how, _, quoted in parts:
        template += f' {key}="{how}"' if key and quoted else f" {key}={how}" if key else f" {how}"
    expected = [(PREFIX + key.upper(), how % (value,)) for key, how, value, _ in parts if key]

    assert expected == list(fields(template, tuple(value for _, _, value, _ in parts)))


def test_a_line_without_arguments_has_no_fields() -> None:
    assert [] == list(fields("100 % done: camera=%s", None))
    assert [] == list(fields("%(camera)s", {"camera": "gate"}))


def test_every_log_call_of_the_box_fits_its_arguments() -> None:
    """
    No line of ours says more or fewer conversions than it has arguments: a field would hold another's value.
    """
    looked_at = 0
    for path in sorted((ROOT / "edge").rglob("*.py")):
        for call in _log_calls(path):
            template, *args = call.args
            if isinstance(template, ast.Constant) and not any(isinstance(it, ast.Starred) for it in args):
                marked = str(template.value).replace("%%", "").count("%")
                assert marked == len(args), f"{path}:{call.lineno}: {template.value!r}"
                looked_at += 1
    assert looked_at > 50


def _log_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=[_, *_]) if (
                    level in ("debug", "info", "warning", "error", "exception")):
                yield node
