"""Tests of programs that set up logging leave the next test's as it was."""

from __future__ import annotations

import logging

from edge.base import log
from tests.own_logging import own_logging


def test_what_a_program_sets_up_ends_with_its_test() -> None:
    """
    Handlers, level and the name of warnings are as before, whatever a command line did to them.
    """
    before = (list(logging.getLogger().handlers), logging.getLogger().level, logging.getLevelName(30))

    with own_logging():
        log.set_up(verbose=True)
        during = (logging.getLogger().level, logging.getLevelName(30))

    assert (logging.DEBUG, "WARN") == during
    assert before == (list(logging.getLogger().handlers), logging.getLogger().level, logging.getLevelName(30))
