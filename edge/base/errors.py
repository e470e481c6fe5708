"""What can go wrong, sorted by what the caller can do about it.

A message names the thing, what was wanted, what was found, and what to do next, on one line,
and never holds a secret. Anything that is neither of these two is our own bug and ends the process.
"""

from __future__ import annotations

import os


class EdgeError(Exception):
    """The root of errors that we raise on purpose."""

    exit_code = os.EX_SOFTWARE


class RetryableError(EdgeError):
    """Wait and try again: a camera, a broker, a busy or full disk."""

    exit_code = os.EX_TEMPFAIL


class FatalError(EdgeError):
    """Someone must act: the process prints the line and exits; systemd decides.

    `exit_code` is one of sysexits.h, so that a unit can tell a bad config from a bad disk.
    """

    def __init__(self, message: str, exit_code: int = os.EX_UNAVAILABLE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ConfigError(FatalError):
    """The config file cannot be used. One line per fault."""

    def __init__(self, message: str) -> None:
        super().__init__(message, os.EX_CONFIG)
