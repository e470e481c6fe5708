"""`./run`: what it does before a command's work."""

from __future__ import annotations

from dev.needs import NEEDS
from dev.run import COMMANDS, SETUPS, SUITES


def test_every_need_belongs_to_a_command_that_sees_to_it() -> None:
    """
    Packages that are declared for a name that no command has would never be installed.
    """
    assert NEEDS.keys() <= SETUPS.keys()
    assert {f"test {suite}" for suite in SUITES} <= NEEDS.keys()
    assert {command.split()[0] for command in SETUPS} <= COMMANDS.keys()
