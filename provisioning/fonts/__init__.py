"""Roboto, cut down to Latin and Vietnamese, for what is printed. Apache-2.0: see LICENSE beside it.

Made of Roboto 2.138 by `pyftsubset FONT --no-hinting --layout-features=kern,mark,mkmk,ccmp --unicodes=` and
U+20-7E,U+A0-17F,U+1A0-1A1,U+1AF-1B0,U+300-309,U+323,U+1EA0-1EF9,U+2010-2026,U+20AB.
"""

from importlib.resources import files

FOLDER = files("provisioning.fonts")
REGULAR, BOLD = FOLDER / "Roboto-Regular.ttf", FOLDER / "Roboto-Bold.ttf"
