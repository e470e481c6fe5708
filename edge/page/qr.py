"""An invite's link as a picture that a phone's camera reads."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_svg(link: str) -> Markup:
    """Dark on light in every theme, since many cameras read no inverted code; sized by the style sheet."""
    made = segno.make(link, error="m", micro=False)
    return Markup(made.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S704
