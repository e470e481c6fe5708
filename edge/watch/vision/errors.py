"""What the detector's side raises. Light, since tools that never infer name it too."""

from __future__ import annotations

import os

from edge.base.errors import FatalError


class ModelError(FatalError):
    """A model file cannot be used. Trying again will not help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_DATAERR)
