"""What `./run box` says, and how."""

from __future__ import annotations

from dev.box import prefixes


def test_each_program_has_a_colour_and_all_are_as_wide() -> None:
    """
    Two programs are told apart at a glance, with colours and without.
    """
    plain, coloured = (prefixes(("guard", "uplink"), in_colour) for in_colour in (False, True))

    assert {"guard": "guard  | ", "uplink": "uplink | "} == plain
    assert len(set(coloured.values())) == 2
    assert all(text.startswith("\x1b[") and text.endswith("\x1b[0m ") for text in coloured.values())
