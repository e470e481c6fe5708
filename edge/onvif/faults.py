"""What goes wrong between box and camera, told by what the technician can do about it."""

from __future__ import annotations

from enum import StrEnum

from edge.base.errors import RetryableError


class OnvifFault(StrEnum):
    """Why a camera did not do what was asked."""

    LOGIN = "login"             # wrong user or password, or this user may not
    LOCKED = "locked"           # too many wrong passwords: it refuses even the right one for a while
    REFUSED = "refused"         # nothing listens at that port
    SILENT = "silent"           # no answer in time
    NO_HOST = "no-host"
    NO_ONVIF = "no-onvif"       # something answers, but not ONVIF
    ELSEWHERE = "elsewhere"     # it wants to send us to another address
    BAD_ANSWER = "bad-answer"   # too long, or made to harm
    CANNOT = "cannot"           # this camera has no such thing
    SAID_NO = "said-no"         # another fault, in the camera's own words
    NO_STREAM = "no-stream"     # a camera without any profile


class OnvifError(RetryableError):
    """A camera does not do what was asked. `detail`, its own words or ours, holds no secret."""

    def __init__(self, host: str, fault: OnvifFault, detail: str = "") -> None:
        super().__init__(f"camera at {host}: {fault.value}" + (f": {detail}" if detail else ""))
        self.host, self.fault, self.detail = host, fault, detail
