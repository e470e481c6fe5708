"""Photograph a web page with a real browser: `python -m dev.screenshot URL OUT.png`.

For the README, and to look at the ward's page while working on it. Needs Debian's chromium and
chromium-driver: `apt install chromium chromium-driver`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

HINT = "needs Chromium and its driver: apt install chromium chromium-driver"


def browser(profile: Path, width: int = 1280, height: int = 900, dark: bool = False,
            flags: Sequence[str] = (), scale: float = 1) -> webdriver.Chrome:
    """A headless Chromium with a profile of its own and further `flags`; the caller quits it.

    Raises:
        FileNotFoundError: chromium or chromedriver is not installed; the text says how to.
    """
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        raise FileNotFoundError(HINT)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    if dark:
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    # The window has a least width of its own; the emulated screen has none.
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600})
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    return opened


def photograph(url: str, target: Path, width: int, height: int, dark: bool) -> None:
    """Wait until every picture in view is there, then save what a viewer sees as PNG."""
    with tempfile.TemporaryDirectory() as profile:
        opened = browser(Path(profile), width, height, dark)
        try:
            opened.get(url)
            WebDriverWait(opened, 15).until(lambda page: page.execute_script(
                "return document.readyState === 'complete' && [...document.images].every(image =>"
                " image.complete || image.getBoundingClientRect().top > innerHeight)"))
            target.write_bytes(opened.get_screenshot_as_png())
        finally:
            opened.quit()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.screenshot", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("target", type=Path, metavar="OUT.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args()
    try:
        photograph(args.url, args.target, args.width, args.height, args.dark)
    except (FileNotFoundError, WebDriverException) as exc:
        print(f"screenshot: {str(exc).splitlines()[0]}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
