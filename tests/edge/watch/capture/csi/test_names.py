from __future__ import annotations

import pytest

from edge.watch.capture.csi.names import choose

PI_5 = ("/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a",
        "/base/axi/pcie@1000120000/rp1/i2c@80000/imx477@1a")
PI_4 = ("/base/soc/i2c0mux/i2c@1/imx708@1a",)
USB = "/base/axi/pcie@1000120000/rp1/usb@300000-1:1.0-0c45:6366"


@pytest.mark.parametrize(("name", "ids", "place"), [
    ("", PI_4, 0), ("", (USB, PI_4[0]), 1), ("cam1", PI_4, 0), ("imx708@1a", PI_4, 0), (PI_4[0], PI_4, 0),
    ("cam0", PI_5, 0), ("cam1", PI_5, 1), ("imx708@1a", PI_5, 0), ("i2c@80000", PI_5, 1),
    ("i2c@88000/imx708@1a", PI_5, 0), (PI_5[1], PI_5[::-1], 0)])
def test_a_camera_is_meant_by_its_id_or_a_part_of_it(name: str, ids: tuple[str, ...], place: int) -> None:
    """
    Connector, sensor, bus or the whole id; whatever stands beside it, and in any order.
    """
    assert ids[place] == choose(name, ids)


@pytest.mark.parametrize(("name", "ids", "told"), [
    ("", (), "there is no camera at the port"), ("", (USB,), "there is no camera at the port"),
    ("", PI_5, "there are 2 cameras at the port: "), ("cam0", PI_4, "none of the cameras"),
    ("imx", PI_4, "none of the cameras"), ("i2c", PI_5, "none of the cameras"),
    ("rp1", PI_5, "2 of the cameras at the port is called 'rp1'")])
def test_what_is_not_clear_is_not_guessed(name: str, ids: tuple[str, ...], told: str) -> None:
    """
    Half a name, none of two, or one that fits both: refused, with all that are there.
    """
    with pytest.raises(LookupError) as caught:
        choose(name, ids)

    assert caught.value.args[0].startswith(told)
    assert all(each in caught.value.args[0] for each in ids if each != USB)


def test_a_loose_cable_makes_no_camera_another_one() -> None:
    """
    What was the second of two is still itself when it is alone; the other is missed, not replaced.
    """
    assert PI_5[1] == choose("cam1", PI_5[1:])
    with pytest.raises(LookupError):
        choose("cam0", PI_5[1:])
