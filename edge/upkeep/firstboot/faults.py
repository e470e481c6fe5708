"""What can keep a box from being provisioned, and whom it calls.

Each fault has a light of its own (signals.py), its line in report.json and its paragraph in the technician's
guide (words.py, docs/first-boot.md). The codes stay: people look them up.
"""

from __future__ import annotations

import os
from enum import StrEnum

from edge.base.errors import EdgeError


class SetupFault(StrEnum):
    """All of `edge.bundle.form.Fault`, and what comes after a bundle was believed."""

    # The card: somebody has to bring another one.
    NO_BUNDLE = "no-bundle"
    DAMAGED = "damaged-bundle"
    BAD_SIGNATURE = "bad-signature"
    OTHER_WARD = "other-ward"
    BAD_CONFIG = "bad-config"
    # The network: tried again for ever.
    NO_NETWORK = "no-network"
    NO_SERVER = "no-server"             # the network is there, the ward's enrolment server does not answer
    WRONG_SERVER = "wrong-server"       # something answers there that is not the ward's
    NO_TIME = "no-time"                 # certificates do not hold at the time that this box believes
    # The ward says no.
    CODE_EXPIRED = "code-expired"
    CODE_USED = "code-used"
    REFUSED = "est-refused"
    # The box itself.
    DISK_FULL = "disk-full"
    DISK_FAILED = "disk-failed"
    NO_KEY = "no-key"                   # a key cannot be made, encrypted or opened here
    NO_ANCHOR = "no-anchor"             # the image knows no ward: it is the wrong image
    # The self-test: the box is provisioned all the same.
    BAD_CAMERA = "bad-camera"
    NO_SIREN_ANSWER = "no-siren-answer"
    SELF_TEST = "self-test"


_BY_ITSELF = frozenset({SetupFault.NO_NETWORK, SetupFault.NO_SERVER, SetupFault.WRONG_SERVER,
                        SetupFault.NO_TIME})
_EXIT_CODES = {
    SetupFault.NO_BUNDLE: os.EX_NOINPUT, SetupFault.DAMAGED: os.EX_DATAERR,
    SetupFault.BAD_SIGNATURE: os.EX_NOPERM,
    SetupFault.OTHER_WARD: os.EX_NOPERM, SetupFault.BAD_CONFIG: os.EX_CONFIG,
    SetupFault.CODE_EXPIRED: os.EX_NOPERM,
    SetupFault.CODE_USED: os.EX_NOPERM, SetupFault.REFUSED: os.EX_NOPERM,
    SetupFault.DISK_FULL: os.EX_CANTCREAT,
    SetupFault.DISK_FAILED: os.EX_IOERR, SetupFault.NO_ANCHOR: os.EX_CONFIG,
}


class FirstbootError(EdgeError):
    """No way on for now; `fault` is what light and report tell. One line, no secret in it."""

    def __init__(self, fault: SetupFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.exit_code = os.EX_TEMPFAIL if fault in _BY_ITSELF else _EXIT_CODES.get(fault, os.EX_UNAVAILABLE)

    @property
    def passes_by_itself(self) -> bool:
        """Worth trying again soon; all others wait for somebody."""
        return self.fault in _BY_ITSELF
