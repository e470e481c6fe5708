"""The form of a command: what is not exactly as the contract says is no command."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.contract.command import Command, CommandName
from tests.edge.contract.samples import COMMAND


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
