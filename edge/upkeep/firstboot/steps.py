"""What comes next at first boot, told from what lies on the disks: a power cut at any point is no case. Pure.

There is no counter of steps: whatever was done before a cut is seen, and what was half done is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps of a first boot, in order. Each may be done again at any time.

    Its doing makes what `DiskState` says of it true.
    """

    CONFIG = "config"           # the bundle's files, judged, in place
    NETWORK = "network"         # NetworkManager and chrony know what the bundle says
    KEY = "key"                 # a key that was made here, encrypted on the disk
    ENROL = "enrol"             # its certificate
    SELF_TEST = "self-test"
    ERASE = "erase"             # the one-time code is off the card
    MARK = "mark"               # the box is provisioned; services may start
    CLEAR = "clear"             # passwords of cameras and Wi-Fi are off the card: the box has its own copy


@dataclass(frozen=True, slots=True)
class DiskState:
    """What lies on card and data partition."""

    marked: bool                # provisioned before
    code_on_card: bool          # somebody wants this box to enrol
    config_current: bool        # the bundle's config is in place
    network_current: bool
    enrolled: bool              # there is a certificate of this name that holds, and its key opens
    has_next_key: bool          # a key without a certificate
    tested: bool                # since the config came
    bundle_on_card: bool        # files of the installed bundle besides its list


def next_step(seen: DiskState) -> Step | None:
    """None when all is done."""
    if seen.marked and not seen.code_on_card:
        return Step.CLEAR if seen.bundle_on_card else None
    config = (Step.CONFIG, not seen.config_current)
    enrolment = ((Step.NETWORK, not seen.network_current),
                 (Step.KEY, not seen.enrolled and not seen.has_next_key),
                 (Step.ENROL, not seen.enrolled))
    rest = ((Step.SELF_TEST, not seen.tested), (Step.ERASE, seen.code_on_card), (Step.MARK, not seen.marked))
    # A new box needs its config first, for the lights that show what goes on. One that runs goes on by its
    # own until the ward has let it be who the new one says.
    wanted = (*enrolment, config, *rest) if seen.marked else (config, *enrolment, *rest)
    return next(step for step, due in wanted if due)
