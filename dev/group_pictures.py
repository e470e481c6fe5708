"""Photograph the group's page for docs/, or draw its icons: `python -m dev.group_pictures [--icons] [NAME]`.

The page with a panel in memory: what is shown is the page, not an alarm. Needs Debian's chromium and
chromium-driver.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from dev.screenshot import browser
from edge.base.findings import Finding, Kind, State
from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase, rfc3339
from edge.health import last_result
from edge.ipc.panel import Actor, Cancel, Contact, Raise
from edge.members.values import Credential, MemberRole
from edge.upkeep.doctor.screen import facts
from tests.edge.page.phones import let_in, trusting
from tests.edge.page.stand import LEADER, TECHNICIAN, TOOL, Stand, standing

ROOT = Path(__file__).resolve().parent.parent
IMAGES, ICONS = ROOT / "docs/images", ROOT / "edge/page/static"
PHONE, DESKTOP = (360, 640), (1280, 800)


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    path: str = "/"
    size: tuple[int, int] = PHONE
    lang: str = "vi"
    dark: bool = False
    sun: bool = False
    whole: bool = False            # all of the page, not only what fits the screen
    who: str = "member"
    panel: str = "calm"            # calm, siren, silent
    press: str = ""                # a button that is held down
    submit: str = ""               # a form that is sent
    scroll: str = ""               # what stands in the middle of the screen


PICTURES = (
    Picture("phone"), Picture("holding", press="#raise"), Picture("sounding", panel="siren"),
    Picture("silent", panel="silent"), Picture("dark", dark=True), Picture("sun", sun=True),
    Picture("english", lang="en"), Picture("state", whole=True), Picture("offline", path="/offline"),
    Picture("members", path="/members", who="leader", whole=True),
    Picture("invite", path="/members", who="leader", submit="form[action='/members/invite']"),
    Picture("join", path="/join", who="", submit="#join", whole=True),
    Picture("check", path="/check", who="technician"),
    Picture("check-english", path="/check", who="technician", lang="en"),
    Picture("check-pressing", path="/check", who="technician", scroll="#inputs"),
    Picture("check-pressing-english", path="/check", who="technician", scroll="#inputs", lang="en"),
    Picture("desktop", size=DESKTOP, who="leader"),
    Picture("desktop-sounding", size=DESKTOP, panel="siren", who="leader", dark=True),
)


FOUND = (
    Finding(Kind.CAMERA, "ngo-5", State.OK, "camera-ok", {"size": "1920x1080", "seconds": "0.8"}),
    Finding(Kind.CAMERA, "cong", State.WARN, "camera-dark"),
    Finding(Kind.MODEL, "", State.OK, "model-ok", {"label": "person", "score": "0.91", "ms": 62}),
    Finding(Kind.SIREN, "siren", State.SKIPPED, "pins-held"),
    Finding(Kind.WARD, "", State.OK, "ward-guarded", {"records": 0}),
    Finding(Kind.CLOCK, "", State.OK, "clock-ok-unnamed"))
TOUCHED = {"panic": Contact(False, time.monotonic_ns()), "key": Contact(False, None),
           "lid": Contact(True, time.monotonic_ns()), "mains": Contact(True, None)}


class Studio:
    """A group of three, and what its page looks like."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._phones: dict[str, Credential] = {
            "leader": stand.join(LEADER, MemberRole.LEADER), "member": stand.join(),
            "technician": stand.join(TECHNICIAN, MemberRole.TECHNICIAN)}
        stand.join("Bà Tư, số 9")
        stand.roster.invite(MemberRole.MEMBER, self._phones["leader"].member.id, name="Cô Sáu, số 21")

    def take(self, picture: Picture) -> bytes:
        self._set(picture.panel)
        with self._opened(picture) as opened:
            address = f"{self._stand.address}{picture.path}"
            mark = "&" if "?" in picture.path else "?"
            if picture.path == "/offline":      # which goes back as soon as the box answers
                opened.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/api/alive"]})
            opened.get(f"{address}{mark}lang={picture.lang}&view={'sun' if picture.sun else 'auto'}")
            if picture.submit:
                self._submit(opened, picture)
            if picture.scroll:
                opened.execute_script("document.querySelector(arguments[0])"
                                      ".scrollIntoView({block: 'center'})",
                                      picture.scroll)
            if picture.press:
                button = opened.find_element(By.CSS_SELECTOR, picture.press)
                webdriver.ActionChains(opened).click_and_hold(button).pause(0.55).perform()
            else:
                _settle(opened)
            if picture.whole:
                _stretch(opened, picture.size)
            return opened.get_screenshot_as_png()

    def _submit(self, opened: webdriver.Chrome, picture: Picture) -> None:
        if picture.path == "/join":
            token = self._stand.roster.invite(MemberRole.MEMBER, TOOL).token
            opened.find_element(By.ID, "token").send_keys(token)
        opened.execute_script("document.querySelector(arguments[0]).requestSubmit()", picture.submit)
        _settle(opened)

    def _set(self, panel: str) -> None:
        memory, lan = self._stand.memory, self._phones["member"].member
        actor = Actor(AlarmCause.MEMBER, lan.name, lan.id)
        if memory.view().alarm is not None:
            memory.request(Cancel(actor))
            memory.show(phase=PanelPhase.IDLE)
        if panel != "calm":
            memory.request(Raise(actor, AlarmMode(panel)))

    @contextlib.contextmanager
    def _opened(self, picture: Picture) -> Iterator[webdriver.Chrome]:
        with tempfile.TemporaryDirectory() as profile:
            opened = browser(Path(profile), *picture.size, picture.dark, trusting(self._stand),
                             2 if picture.size == PHONE else 1)
            try:
                opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
                    {"name": "prefers-color-scheme", "value": "dark" if picture.dark else "light"},
                    {"name": "prefers-reduced-motion", "value": "reduce"}]})      # nothing half faded
                if picture.who:
                    let_in(opened, self._stand, self._phones[picture.who])
                yield opened
            finally:
                opened.quit()


def _settle(opened: webdriver.Chrome) -> None:
    opened.execute_async_script("const done = arguments[0]; setTimeout(done, 800)")


def _stretch(opened: webdriver.Chrome, size: tuple[int, int]) -> None:
    height = opened.execute_script("return document.documentElement.scrollHeight")
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": size[0], "height": height, "deviceScaleFactor": 2, "mobile": True})
    _settle(opened)


def _save(png: bytes, target: Path) -> None:
    """Write the picture with a palette: a third of the size, and nobody sees it."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(
        target, optimize=True)


def draw_icons() -> None:
    """PNGs of icon.svg, for phones that take no SVG; `mask` fills the square, since launchers cut it."""
    svg = (ICONS / "icon.svg").read_text()
    full = svg.replace('rx="11" ', "").replace('viewBox="0 0 48 48"', 'viewBox="0 0 48 48" class="full"')
    inner = svg[svg.index("<path"):svg.rindex("</svg>")]
    mask = full.replace(inner, f'<g transform="translate(6 6) scale(.75)">{inner}</g>')
    with tempfile.TemporaryDirectory() as folder:
        for name, drawing, px in (("180", full, 180), ("192", svg, 192), ("512", svg, 512),
                                  ("mask", mask, 512)):
            page = Path(folder) / "icon.html"
            page.write_text("<style>html,body{margin:0;background:transparent}svg{display:block;width:100vw}"
                            f"</style>{drawing}")
            opened = browser(Path(folder) / name, px, px)
            try:
                opened.execute_cdp_cmd("Emulation.setDefaultBackgroundColorOverride",
                                       {"color": {"r": 0, "g": 0, "b": 0, "a": 0}})
                opened.get(page.as_uri())
                (ICONS / f"icon-{name}.png").write_bytes(opened.get_screenshot_as_png())
            finally:
                opened.quit()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.group_pictures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; all without")
    parser.add_argument("--icons", action="store_true", help="draw the icons instead")
    parser.add_argument("--out", type=Path, default=IMAGES)
    args = parser.parse_args()
    try:
        if args.icons:
            draw_icons()
            return os.EX_OK
        with tempfile.TemporaryDirectory() as folder, standing(Path(folder)) as stand:
            stand.around = replace(stand.around, cameras={"ngo-5": "ok", "cong": "ok"})
            last_result.write(Path(folder), facts(FOUND, rfc3339(datetime.now(UTC)), "hop-1", "vi"))
            stand.memory.show(inputs=TOUCHED)
            studio = Studio(stand)
            for picture in PICTURES:
                if not args.names or picture.name in args.names:
                    _save(studio.take(picture), args.out / f"group-{picture.name}.png")
    except (FileNotFoundError, WebDriverException) as exc:
        print(f"group_pictures: {str(exc).splitlines()[0]}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
