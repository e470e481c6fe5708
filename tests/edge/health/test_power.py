"""Power and heat of the board."""

from __future__ import annotations

import pytest

from edge.health.power import HOT_C, WARM_C, BoardStrain, strain_of


@pytest.mark.parametrize(("sensor", "bits", "temperature_c", "strain"), [
    (None, None, None, BoardStrain()),
    (None, None, 51.0, BoardStrain(temperature_c=51.0)),
    (True, None, None, BoardStrain(undervolted=True)),
    (None, 0x0, None, BoardStrain(False, False)),
    (True, 0x0, None, BoardStrain(True, False)),
    (False, 0x1, None, BoardStrain(True, False)),
    (False, 0x2, None, BoardStrain(False, True)),
    (False, 0x8, None, BoardStrain(False, True)),
    (False, 0x50000, None, BoardStrain(False, False, True, True))])
def test_what_was_read_is_one_value(sensor: bool | None, bits: int | None, temperature_c: float | None,
                                    strain: BoardStrain) -> None:
    """
    Either source of under-voltage suffices, and what nobody tells stays unknown.
    """
    assert strain == strain_of(sensor, bits, temperature_c)


@pytest.mark.parametrize(("strain", "is_warm", "is_hot"), [
    (BoardStrain(), False, False), (BoardStrain(temperature_c=WARM_C - 0.1), False, False),
    (BoardStrain(temperature_c=WARM_C), True, False), (BoardStrain(temperature_c=HOT_C), True, True),
    (BoardStrain(slowed=True, temperature_c=40.0), True, True),
    (BoardStrain(was_slowed=True, temperature_c=40.0), True, False)])
def test_how_hot_it_is(strain: BoardStrain, is_warm: bool, is_hot: bool) -> None:
    """
    A board that the firmware slows is hot, whatever the thermometer says; one that it slowed before is warm.
    """
    assert (is_warm, is_hot) == (strain.is_warm, strain.is_hot)
