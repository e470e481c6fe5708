"""Which camera at the port is meant: by libcamera's id or a part of it, never by its place in a list. Pure.

An id is the path of the sensor in the board's device tree, such as
`/base/axi/pcie@1000120000/rp1/i2c@88000/imx708@1a`: the bus is the connector, the last part the sensor. A
number would be another camera's once a cable is loose.
"""

from __future__ import annotations

from collections.abc import Sequence

# The two connectors as they are printed on a Pi 5 (its buses i2c6 and i2c4), and as device trees of older
# boards with two connectors call them. Of other boards an id's own parts are the names.
CONNECTORS = {"cam0": ("i2c@88000", "i2c@0"), "cam1": ("i2c@80000", "i2c@1")}
_USB = "/usb"           # libcamera lists these as well; they are no cameras at the port


def choose(name: str, ids: Sequence[str]) -> str:
    """The one of `ids` that `name` means; "" means the only one.

    Raises:
        LookupError: none or several are meant; the text lists what there is.
    """
    here = [each for each in ids if _USB not in each]
    if not here:
        raise LookupError("there is no camera at the port")
    if not name and len(here) == 1:
        return here[0]
    wanted = CONNECTORS.get(name, (name,))
    meant = [each for each in here if name == each or any(_is_part(part, each) for part in wanted)]
    if len(meant) == 1 and name:
        return meant[0]
    found = f"{len(meant) or 'none'} of the cameras at the port is called {name!r}" if name else (
        f"there are {len(here)} cameras at the port")
    raise LookupError(f"{found}: {', '.join(here)}")


def _is_part(part: str, identity: str) -> bool:
    """Whether `part` is one or several whole parts of a path, one behind the other."""
    return bool(part) and f"/{part.strip('/')}/" in f"/{identity}/"
