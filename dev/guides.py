"""Draw what docs/guides shows, and print the member's page: `python -m dev.guides`.

The lights' patterns come from the code that plays them, label and sheet from the code that prints them, the
page from its Markdown. Needs Debian's chromium and poppler-utils.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from markdown_it import MarkdownIt
from selenium.common.exceptions import WebDriverException

from dev.screenshot import browser
from edge.base.blinking import AT_WORK, QUICK, UNWELL, WELL, Flashes
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.signals import GAP_S, LONG_S, PATTERNS, PAUSE_S, SHORT_S

ROOT = Path(__file__).resolve().parent.parent
GUIDES, IMAGES = ROOT / "docs/guides", ROOT / "docs/images"
LANGUAGES = ("vi", "en")
_A4_IN = (8.27, 11.69)
_NOBODYS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_LIGHT_WORDS = {
    "vi": {"title": "Đếm nháy dài, rồi nháy ngắn", "long": "dài", "short": "ngắn",
           "scale": "nháy dài {long:g} giây, nháy ngắn {short:g} giây, nghỉ {pause:g} giây rồi lặp lại"},
    "en": {"title": "Count the long flashes, then the short ones", "long": "long", "short": "short",
           "scale": "long: {long:g} s, short: {short:g} s; after {pause:g} s it begins again"},
}
SAID = {"well": WELL, "unwell": UNWELL, "at-work": AT_WORK, "alarm": QUICK}
_SAID_S = 6.0
_ROW_PX, _SECOND_PX, _BAR_LEFT_PX, _WIDTH_PX, _HEAD_PX = 34, 46, 300, 720, 84
_STRIP_SECOND_PX, _STRIP_PX = 30, 16

_PAGE_STYLE = """
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; font: 12.6px/1.26 "Noto Sans", "DejaVu Sans", Arial, sans-serif;
       color: #111; background: #fff }
main { width: 210mm; height: 296.5mm; overflow: hidden; padding: 8mm 9mm 6mm; margin: auto; display: flex;
       flex-direction: column; gap: 2.6mm }
h1 { margin: 0; font-size: 27px; line-height: 1.15; color: #a8121b }
header p { margin: 1mm 0 0 }
.cards { display: grid; grid-template-columns: 1fr 1fr; gap: 2.6mm; flex: 1 }
section { border: 1.6px solid #999; border-radius: 3mm; padding: 2.6mm 3mm; display: flow-root }
section:first-child, section:nth-child(2) { border-color: #a8121b; border-width: 2.4px }
section h2 { margin: 0 0 1mm; font-size: 18px; line-height: 1.2; color: #0f4c5c }
section img { float: right; width: 27mm; height: 45mm; object-fit: cover; object-position: top;
              margin: 0 0 1mm 3mm; border: 1px solid #999; border-radius: 2mm }
section p { margin: 0 0 1.4mm } section ol, section ul { margin: 0 0 1.2mm; padding-left: 5mm }
section:last-child { grid-column: 1 / -1 }
strong { color: #a8121b }
footer p { margin: 0 }
"""


def lights(language: str) -> str:
    """SVG: one row a fault, its flashes in their true proportions."""
    words = _LIGHT_WORDS[language]
    height = _HEAD_PX + _ROW_PX * len(PATTERNS) + 12
    rows = [_light_row(fault, _HEAD_PX + _ROW_PX * at, words) for at, fault in enumerate(SetupFault)]
    scale = words["scale"].format(long=LONG_S, short=SHORT_S, pause=PAUSE_S)
    scale = scale.replace(".", ",") if language == "vi" else scale
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {height}" role="img" '
        f'font-family="DejaVu Sans, Noto Sans, Arial, sans-serif" fill="#111">',
        f"<title>{words['title']}</title>",
        f'<rect width="{_WIDTH_PX}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="34" font-size="22" font-weight="bold">{words["title"]}</text>',
        f'<text x="16" y="60" font-size="15" fill="#333">{scale}</text>', *rows, "</svg>\n"])


def _light_row(fault: SetupFault, top: int, words: dict[str, str]) -> str:
    pattern, left, middle = PATTERNS[fault], float(_BAR_LEFT_PX), top + _ROW_PX / 2
    shade = "#f1f5f6" if pattern.long % 2 else "#fff"
    parts = [f'<rect y="{top}" width="{_WIDTH_PX}" height="{_ROW_PX}" fill="{shade}"/>',
             f'<text x="16" y="{middle + 5:g}" font-size="15" font-weight="bold">'
             f'{pattern.long} {words["long"]}, {pattern.short} {words["short"]}</text>',
             f'<text x="148" y="{middle + 5:g}" font-size="14" font-family="DejaVu Sans Mono, monospace">'
             f"{fault}</text>"]
    for on_s, _ in pattern.flashes:
        parts.append(f'<rect x="{left:g}" y="{top + 8}" width="{on_s * _SECOND_PX:g}" '
                     f'height="{_ROW_PX - 16}" rx="3" fill="#15803d"/>')
        left += (on_s + GAP_S) * _SECOND_PX
    return "\n".join(parts)


def light(flashes: Flashes) -> str:
    """SVG: a strip of some seconds, lit and dark, in its true proportions."""
    width = round(_SAID_S * _STRIP_SECOND_PX)
    parts, at_s = [], 0.0
    while at_s < _SAID_S:
        for on_s, off_s in flashes:
            if at_s < _SAID_S:
                parts.append(f'<rect x="{at_s * _STRIP_SECOND_PX:g}" '
                             f'width="{min(on_s, _SAID_S - at_s) * _STRIP_SECOND_PX:g}" '
                             f'height="{_STRIP_PX}" fill="#22c55e"/>')
            at_s = round(at_s + on_s + off_s, 3)
    size = f'width="{width}" height="{_STRIP_PX}"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
                      f'<rect {size} fill="#1f2937"/>', *parts, "</svg>\n"])


def page(language: str) -> str:
    """The member's page as HTML: its first part above, then a card for each heading."""
    source = (GUIDES / f"member.{language}.md").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", source, flags=re.MULTILINE)
    title = head.splitlines()[0].removeprefix("# ")
    above = "\n".join(line for line in head.splitlines()[1:] if not line.startswith("["))
    cards = "\n".join(f"<section>\n{_rendered('## ' + section)}</section>" for section in sections)
    return (f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
            f"<title>{_mark(language, source)}</title>\n<style>{_PAGE_STYLE}</style>\n<main>\n<header>\n"
            f"<h1>{html.escape(title)}</h1>\n{_rendered(above)}</header>\n"
            f'<div class="cards">\n{cards}\n</div>\n</main>\n</html>\n')


def _mark(language: str, source: str) -> str:
    """Which text a printed page is made from: it stands in the PDF as its title."""
    return f"edgebox member.{language} {hashlib.sha256((source + _PAGE_STYLE).encode()).hexdigest()[:12]}"


def _rendered(markdown: str) -> str:
    return str(MarkdownIt().render(markdown))


def print_pages() -> None:
    """HTML and PDF of each language. Raises WebDriverException, FileNotFoundError."""
    with tempfile.TemporaryDirectory() as profile:
        opened = browser(Path(profile))
        try:
            for language in LANGUAGES:
                target = GUIDES / f"member.{language}.html"
                target.write_text(page(language), encoding="utf-8")
                opened.get(target.as_uri())
                printed = opened.execute_cdp_cmd("Page.printToPDF", {
                    "paperWidth": _A4_IN[0], "paperHeight": _A4_IN[1], "printBackground": True,
                    "preferCSSPageSize": True, "marginTop": 0, "marginBottom": 0, "marginLeft": 0,
                    "marginRight": 0})
                target.with_suffix(".pdf").write_bytes(base64.b64decode(printed["data"]))
        finally:
            opened.quit()


def draw_label() -> None:
    """A label as `edgebox-provision box label` prints it."""
    from edge.base.words import Words
    from provisioning.box.acts import hints_of
    from provisioning.box.config_text import address_of
    from provisioning.box.label import Label, Size, write_labels

    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "label.pdf"
        label = Label("phuong-5.to-12.hop-01", "Tổ 12, ngõ 5", address_of("to-12", "hop-01"))
        write_labels(pdf, [label], Size.ROLL, hints_of(Words("vi", "provisioning.words.box")))
        _photograph(pdf, "guide-label", 240)


def draw_sheet() -> None:
    """A handover sheet as `edgebox-provision box new` prints it, of tokens that no box knows."""
    from edge.members.values import MemberRole
    from provisioning.box.config_text import address_of
    from provisioning.box.handover import Sheet, sheets_pdf
    from provisioning.box.invites import Invited

    people = (Invited(MemberRole.LEADER, "Nguyễn Văn An", _NOBODYS),
              Invited(MemberRole.TECHNICIAN, "", _NOBODYS[::-1]))
    sheet = Sheet("phuong-5.to-12.hop-01", "Tổ 12, ngõ 5", address_of("to-12", "hop-01"), "", people)
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "sheet.pdf"
        pdf.write_bytes(sheets_pdf([sheet], datetime(2026, 11, 14, tzinfo=UTC)))
        _photograph(pdf, "guide-handover", 80)


def _photograph(pdf: Path, name: str, dots_per_inch: int) -> None:
    """Its first page as a picture of the guides. Raises FileNotFoundError."""
    pdftoppm = shutil.which("pdftoppm")
    if pdftoppm is None:
        raise FileNotFoundError("needs pdftoppm: apt install poppler-utils")
    subprocess.run((pdftoppm, "-png", "-r", str(dots_per_inch), "-singlefile", str(pdf), str(IMAGES / name)),
                   check=True)


def drawings() -> Iterator[tuple[Path, str]]:
    """Each file that is only text, and what belongs into it."""
    for name, flashes in SAID.items():
        yield IMAGES / f"light-{name}.svg", light(flashes)
    for language in LANGUAGES:
        yield IMAGES / f"guide-lights-{language}.svg", lights(language)
        yield GUIDES / f"member.{language}.html", page(language)


def main() -> int:
    try:
        for path, text in drawings():
            path.write_text(text, encoding="utf-8")
        draw_label()
        draw_sheet()
        print_pages()
    except (FileNotFoundError, WebDriverException) as exc:
        print(f"guides: {str(exc).splitlines()[0]}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
