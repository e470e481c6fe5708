"""A program that was taken over, or a crowd from outside, does its worst: the others must not care.

`./run test walls` plays every attack, `./run test` a selection.
"""

import os

ALL = os.environ.get("EDGEBOX_WALLS") == "all"
