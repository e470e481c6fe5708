"""From power-on to the first event at the ward, on a box that has never run."""

from __future__ import annotations

import time

from tests.system.box.conftest import Street
from tests.system.box.machine import FIRSTBOOT, GUARD, PAGE, UPLINK, WATCH

EVENT_S = 60.0


def test_from_power_on_to_the_first_event(street: Street) -> None:
    """
    A bundle on the card, power, and within a minute the ward has an event of the camera; the code is gone,
    and exactly one certificate was issued.
    """
    with street.box("hop-01") as box:
        code = street.write_card("hop-01", box)
        box.power_on()
        at: dict[str, float] = {}
        for what, holds in (("provisioned", lambda: box.report().get("state") == "provisioned"),
                            ("guard", lambda: box.is_active(GUARD)), ("watch", lambda: box.is_active(WATCH)),
                            ("page", lambda: box.is_active(PAGE)), ("uplink", lambda: box.is_active(UPLINK)),
                            ("event", lambda: any(it["box"] == "hop-01" for it in street.ward.events()))):
            box.wait(what, holds, 180.0)
            at[what] = time.monotonic() - box.powered_s
        print("\nfrom power-on:", ", ".join(f"{what} {s:.1f} s" for what, s in at.items()))

        assert "provisioned" == box.report()["state"]
        assert None is box.report().get("fault")
        assert 1 == len(street.ward.issued("hop-01"))
        assert not (box.card.folder / "edge-bundle" / "enrol-code").exists()
        assert code.encode() not in box.card.path.read_bytes()
        assert not box.is_active(FIRSTBOOT)
        assert "" == box.say("systemctl", "--failed", "--plain", "--no-legend")
        assert at["event"] < EVENT_S
