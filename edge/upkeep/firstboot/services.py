"""Services that read config or key when they start, and have to start again."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from edge.base.errors import FatalError

_LIMIT_S = 120.0


def restart_running(units: Sequence[str]) -> None:
    """Those of `units` that run. Raises FatalError."""
    if not units:
        return
    try:
        subprocess.run(["systemctl", "try-restart", *units], check=True, timeout=_LIMIT_S)
    except (OSError, subprocess.SubprocessError) as exc:
        raise FatalError(f"systemctl try-restart {' '.join(units)}: {exc}; restart them by hand: they use "
                         "the old key and config") from exc
