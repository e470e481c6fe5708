"""The form of a command: what is not exactly as the contract says is no command."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.contract.command import Command, CommandName
from edge.contract.lessons import is_within
from tests.edge.contract.samples import COMMAND, NOT_THAT, UNDO


def test_a_command_reads_as_it_was_written() -> None:
    """
    Whole seconds may stand without a point; times come in any zone.
    """
    command = Command.model_validate(COMMAND | {"expires": "2026-11-23T07:01:00+07:00"})

    assert (CommandName.SIREN, 30.0, None) == (command.name, command.duration_s, command.with_siren)
    assert datetime(2026, 11, 23, 0, 1, tzinfo=UTC) == command.expires


@pytest.mark.parametrize("change", [
    {"name": "SIREN"}, {"name": 3}, {"name": None}, {"name": "resend"},
    {"cmd_id": "0198C0DE-0000-7000-8000-000000000001"}, {"cmd_id": f"{COMMAND['cmd_id']}\n"},
    {"boot_id": ""}, {"boot_id": "b" * 65}, {"boot_id": None}, {"box": 7}, {"box": "b" * 201},
    {"issued": "2026-11-23T00:00:00"}, {"issued": "2026-11-23"}, {"issued": "1763856000"},
    {"issued": 1763856000.0}, {"issued": "2026-02-30T00:00:00Z"}, {"issued": "2026-11-23T00:00:60Z"},
    {"issued": datetime(2026, 11, 23)}, {"expires": COMMAND["issued"]}, {"expires": "2026-11-22T00:00:00Z"},
    {"issuer": ""}, {"issuer": " "}, {"issuer": "x" * 101}, {"issuer": "a\nb"}, {"issuer": "a\x1b[31mb"},
    {"issuer": "a\u202eb"}, {"issuer": "a\u2028b"}, {"issuer": ["a"]},
    {"duration_s": 0}, {"duration_s": -1.0}, {"duration_s": 1e308}, {"duration_s": 10**400},
    {"duration_s": float("nan")}, {"duration_s": float("inf")}, {"duration_s": True}, {"duration_s": [30]},
    {"name": "silence"}, {"with_siren": True}, {"name": "selftest", "duration_s": None, "with_siren": 1},
    {"kid": "0" * 15}, {"kid": "G" * 16}, {"alg": "none"}, {"alg": "ed25519"}, {"alg": None},
    {"sig": "A" * 88}, {"sig": "A" * 86}, {"sig": "A" * 86 + "==\n"}, {"sig": None}, {"args": {}},
])
def test_whatever_else_is_no_command(change: dict[str, object]) -> None:
    """
    Wrong types, other spellings, what belongs to another command, text that would deceive a reader: refused.
    """
    with pytest.raises(ValidationError):
        Command.model_validate(COMMAND | change)


@pytest.mark.parametrize("key", [key for key in COMMAND if key != "duration_s"])
def test_nothing_may_be_missing(key: str) -> None:
    """
    Only what belongs to one kind of command may be left out.
    """
    with pytest.raises(ValidationError):
        Command.model_validate({name: value for name, value in COMMAND.items() if name != key})


@pytest.mark.parametrize("change", [
    {"undo": COMMAND["cmd_id"]}, {"name": "silence"}, {"duration_s": 3.0},
    *({name: None} for name in ("event_id", "camera", "rule", "label", "x0", "y0", "x1", "y1", "days"))])
def test_a_lesson_is_whole(change: dict[str, object]) -> None:
    """
    It says all of what it teaches, or only what it undoes, for notthat alone; hours may be missing.
    """
    assert Command.model_validate(NOT_THAT | {"hours": None}).teaches
    assert COMMAND["cmd_id"] == Command.model_validate(UNDO).undo
    given = {name: value for name, value in (NOT_THAT | change).items() if value is not None}
    with pytest.raises(ValidationError):
        Command.model_validate(given)


@pytest.mark.parametrize(("hours", "inside", "outside"), [
    ("18:00-23:00", "18:00", "23:00"), ("22:00-05:00", "04:59", "05:00"), ("22:00-05:00", "22:00", "21:59"),
    ("07:00-07:00", "06:59", None), (None, "03:00", None)])
def test_hours_of_a_lesson(hours: str | None, inside: str, outside: str | None) -> None:
    """
    A start is within, an end is not; over midnight where the end comes first; all day where both are one.
    """
    assert is_within(hours, time.fromisoformat(inside))
    assert outside is None or not is_within(hours, time.fromisoformat(outside))


@given(st.dictionaries(st.sampled_from([*COMMAND, "more"]),
                       st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes()
                       | st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00[+-][0-9]{2}:[0-9]{2}",
                                       fullmatch=True)))
def test_reading_ends_in_a_command_or_one_error(change: dict[str, object]) -> None:
    """
    No value, however strange, gets any further than a ValidationError.
    """
    try:
        Command.model_validate(COMMAND | change)
    except ValidationError:
        return
