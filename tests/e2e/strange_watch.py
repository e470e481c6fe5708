"""`edgebox` with a bug that the camera called `bad` sets off: in Python, or where BUG_IN_C is set, in C."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import Any

import edge.watch.main
from edge.cli import main
from edge.watch.capture.camera import run_camera


def _with_bug(camera_id: str, *given: Any, **named: Any) -> None:
    if camera_id == "bad" and not named["stop"].is_set():
        if "BUG_IN_C" in os.environ:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            ctypes.string_at(0)
        raise ZeroDivisionError("what the camera sent")
    _run_camera(camera_id, *given, **named)


_run_camera = run_camera

if __name__ == "__main__":
    setattr(edge.watch.main, "run_camera", _with_bug)       # noqa: B010 - mypy: it is imported there
    sys.exit(main(sys.argv[1:]))
