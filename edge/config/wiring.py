"""What a Raspberry Pi's header does not allow of outputs and inputs: one pin twice, or a siren at power-on.

The same on Pi 4 and Pi 5: from power-on until guard claims a pin, GPIO 2 to 8 are pulled high and GPIO 9 to
27 low (Raspberry Pi, "BCM2711 ARM Peripherals", 5.3, and "RP1 Peripherals", 3.1), and GPIO 2 and 3 carry
resistors to 3.3 V on the board, for I2C.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.base.limits import BUZZER_MAX_S, LIGHT_MAX_S, SIREN_MAX_S
from edge.config.places import dotted
from edge.config.tables import KeyFault, Table, number_in, tables_in

MAX_ON_S = {"siren": SIREN_MAX_S, "strobe": SIREN_MAX_S, "flood": LIGHT_MAX_S, "buzzer": BUZZER_MAX_S,
            "beacon": LIGHT_MAX_S}
"""The longest that an output of each kind may be on for one alarm."""

_FIXED_PULL_UP = (2, 3)
_HIGH_AT_POWER_ON = range(2, 9)
_HEARD_AT_POWER_ON = ("siren", "strobe", "flood", "buzzer")     # a beacon may light up for a moment


def output_faults(output: Table) -> Iterator[KeyFault]:
    """Faults of one table [outputs.NAME], with keys counted from there."""
    kind, pin, max_on_s = str(output.get("kind")), output.get("pin"), number_in(output, "max_on_s")
    limit_s = MAX_ON_S.get(kind)
    if max_on_s is not None and limit_s is not None and max_on_s > limit_s:
        yield KeyFault(("max_on_s",), f"{max_on_s:g} is over the limit for a {kind}, {limit_s:g} s")
    if pin in _FIXED_PULL_UP:
        yield KeyFault(("pin",), f"GPIO {pin} has a fixed pull-up and is no output; take one of 9 to 27")
    elif pin in _HIGH_AT_POWER_ON and output.get("active_high") is not False and kind in _HEARD_AT_POWER_ON:
        yield KeyFault(("pin",), f"GPIO {pin} is high from power-on until edgebox starts, a {kind} there "
                                 "would be on; take one of 9 to 27")


def input_faults(contact: Table) -> Iterator[KeyFault]:
    """Faults of one table [inputs.NAME], with keys counted from there."""
    pin, pull = contact.get("pin"), contact.get("pull", "up")
    if pin in _FIXED_PULL_UP and pull in ("down", "none"):
        yield KeyFault(("pull",), f"GPIO {pin} has a fixed pull-up; want 'up', got {pull!r}")


def shared_pins(root: Table) -> Iterator[KeyFault]:
    """Every GPIO that is used a second time, of a whole file."""
    users: dict[object, str] = {}
    for shelf in ("outputs", "inputs"):
        for name, table in tables_in(root, shelf):
            pin = table.get("pin")
            if type(pin) is not int:
                continue
            if pin in users:
                yield KeyFault((shelf, name, "pin"), f"GPIO {pin} is taken by {users[pin]}; want another")
            users.setdefault(pin, dotted((shelf, name)))
