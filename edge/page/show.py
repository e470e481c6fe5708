"""Templates, and how times, names and links are shown."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import jinja2
import segno
from markupsafe import Markup

from edge.base.finding_words import FindingWords
from edge.base.findings import count, verdict
from edge.base.words import LANGUAGES, Words
from edge.page.language import CATALOGUE
from edge.web import templates

CODE_MIN, CODE_MAX = 6, 12     # digits; the roster takes passphrases as well, a keypad does not
CODE_INPUT = Markup(f'inputmode="numeric" pattern="[0-9]*" maxlength="{CODE_MAX}"')  # noqa: S704 - constants

_STEPS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


def environment() -> jinja2.Environment:
    """The templates of the group's page; what the doctor has found has words of its own."""
    for language in LANGUAGES:
        FindingWords(language).kind("")         # and so all of them are read
    return templates.environment("edge.page", CATALOGUE, code_input=CODE_INPUT, code_min=CODE_MIN,
                                 code_max=CODE_MAX, count_of=count, verdict_of=verdict)


def lasting(words: Words, seconds: float) -> str:
    """The largest unit that fits, rounded: "24 giờ"."""
    for size, key in _STEPS:
        if seconds >= size:
            return words(key, n=round(seconds / size))
    return words("seconds", n=0)


def ago(words: Words, moment: datetime) -> str:
    """How long ago `moment` was, as the box's clock has it; a moment in its future is now."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return words("now") if seconds < 60 else words("ago", time=lasting(words, seconds))


def since(words: Words, seconds: float) -> str:
    """How long an alarm has been on; the script counts on from there."""
    return words("now") if seconds < 5 else words("ago", time=lasting(words, seconds))


def left(seconds: float) -> str:
    """Minutes and seconds, as the script writes them."""
    whole = max(0, math.ceil(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def clock_at(words: Words, utc: str) -> str:
    """Local time of day of an RFC 3339 time."""
    return words("at", time=f"{datetime.fromisoformat(utc).astimezone():%H:%M}")


def moment(utc: str) -> str:
    """Local day and time of an RFC 3339 time."""
    return f"{datetime.fromisoformat(utc).astimezone():%H:%M %d/%m/%Y}"


def initial(name: str) -> str:
    """A letter for the round beside a name; of a Vietnamese name the last word is the given one."""
    given = name.split(",")[0].split()
    return given[-1][0].upper() if given else "?"


def qr_svg(link: str) -> Markup:
    """An invite's link as a picture that a phone's camera reads.

    Dark on light in every theme, since many cameras read no inverted code; sized by the style sheet.
    """
    made = segno.make(link, error="m", micro=False)
    return Markup(made.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S704
