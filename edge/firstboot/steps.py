"""What comes next at first boot, told from what lies on the disks: a power cut at any point is no case. Pure.

There is no counter of steps: whatever was done before a cut is seen, and what was half done is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """In their order. Each may be done again at any time; its doing makes what `Seen` says of it true."""

    CONFIG = "config"           # the bundle's files, judged, in place
    NETWORK = "network"         # NetworkManager and chrony know what the bundle says
    KEY = "key"                 # a key that was made here, encrypted on the disk
    ENROL = "enrol"             # its certificate
    ERASE = "erase"             # the one-time code is off the card
    SELF_TEST = "self-test"
    MARK = "mark"               # the box is provisioned; services may start


@dataclass(frozen=True, slots=True)
class Seen:
    """What lies on card and data partition."""

    marked: bool                # provisioned before
    code_on_card: bool          # somebody wants this box to enrol
    config_current: bool        # the bundle's config is in place
    network_current: bool
    enrolled: bool              # there is a certificate of this name that holds, and its key opens
    has_next_key: bool          # a key without a certificate
    tested: bool                # since the config came


def next_step(seen: Seen) -> Step | None:
    """None when all is done."""
    if seen.marked and seen.tested and not seen.code_on_card:
        return None
    wanted = (
        (Step.CONFIG, not seen.config_current),
        (Step.NETWORK, not seen.network_current),
        (Step.KEY, not seen.enrolled and not seen.has_next_key),
        (Step.ENROL, not seen.enrolled),
        (Step.ERASE, seen.code_on_card),
        (Step.SELF_TEST, not seen.tested),
        (Step.MARK, not seen.marked),
    )
    return next((step for step, due in wanted if due), None)
