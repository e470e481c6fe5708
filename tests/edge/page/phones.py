"""Real browsers as phones: Chromium that believes the stand's certificate, signed in by its cookie."""

from __future__ import annotations

import base64
import hashlib
import json
import time

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from edge.members.values import Credential
from edge.page.request_context import CREDENTIAL
from tests.brokers import until
from tests.edge.page.stand import Stand

HOLD_S = 1.3                   # a second and a little, for a slow machine


def trusting(stand: Stand) -> list[str]:
    """Flags of a browser that believes this one key, as one with the ward's authority installed would."""
    cert = x509.load_pem_x509_certificate(stand.certificate.read_bytes())
    public = cert.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return [f"--ignore-certificate-errors-spki-list={digest}"]


def let_in(opened: webdriver.Chrome, stand: Stand, who: Credential) -> None:
    opened.execute_cdp_cmd("Network.setCookie", {
        "name": CREDENTIAL, "value": who.secret, "url": stand.address, "secure": True, "httpOnly": True,
        "path": "/", "sameSite": "Strict"})


class Phone:
    """What a thumb does and what an eye sees."""

    def __init__(self, chrome: webdriver.Chrome, stand: Stand) -> None:
        self.chrome, self.stand = chrome, stand

    def take(self, who: Credential | None, language: str = "vi") -> None:
        """Be this member's phone from now on, with nothing stored before."""
        self.chrome.execute_cdp_cmd("Network.clearBrowserCookies", {})
        if who is not None:
            let_in(self.chrome, self.stand, who)
        self.go(f"/sign-in?lang={language}&view=auto")

    def go(self, path: str) -> None:
        self.chrome.get(self.stand.address + path)

    def main(self, who: Credential) -> None:
        """On the page with the button, with its stream open."""
        self.take(who)
        self.go("/")
        until(lambda: self.script("return performance.getEntriesByType('resource')"
                                  ".some(entry => entry.name.endsWith('main.js'))"), "the script")
        until(lambda: self.stand.listeners > 0, "the stream")

    def script(self, text: str, *arguments: object) -> object:
        return self.chrome.execute_script(text, *arguments)

    def text(self, css: str) -> str:
        """What is to be read there now, "" where it is not or not to be seen."""
        return str(self.script(
            "const place = document.querySelector(arguments[0]);"
            "return place && place.checkVisibility({visibilityProperty: true}) ? place.innerText : ''", css))

    def until_text(self, css: str, text: str) -> None:
        until(lambda: text in self.text(css), f"{text!r} in {css}; it has {self.text(css)!r}")

    def until_there(self, css: str, text: str) -> None:
        """As `until_text`, of a page without scripts, which comes as a whole."""
        def there() -> bool:
            try:
                return text in self.find(css).text
            except (NoSuchElementException, StaleElementReferenceException):
                return False
            except WebDriverException as exc:       # chromedriver's other words for a page that has just gone
                if "does not belong to the document" not in str(exc):
                    raise
                return False

        until(there, f"{text!r} in {css}")

    def find(self, css: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, css)

    def until_worker(self) -> None:
        """The service worker is installed and serves the next page."""
        state = ("const done = arguments[0]; navigator.serviceWorker.getRegistration().then("
                 "found => done(found && found.active ? found.active.state : ''))")
        until(lambda: self.chrome.execute_async_script(state) == "activated", "the service worker")

    def press(self, css: str, seconds: float) -> None:
        """By finger or mouse; the button is let go afterwards."""
        ActionChains(self.chrome).click_and_hold(self.find(css)).pause(seconds).release().perform()

    def path(self) -> str:
        return self.chrome.current_url.removeprefix(self.stand.address)

    def enter(self, css: str, text: str) -> None:
        field = self.find(css)
        field.clear()
        field.send_keys(text)

    def faults(self) -> list[str]:
        """What the browser complained about since it was last asked: scripts, policy, missing files."""
        lines = self.chrome.get_log("browser")      # type: ignore[no-untyped-call]
        return [line["message"] for line in lines if line["level"] == "SEVERE"]

    def requests(self) -> list[str]:
        """Every address that the browser asked for since it was last asked."""
        found = []
        for line in self.chrome.get_log("performance"):     # type: ignore[no-untyped-call]
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                found.append(message["params"]["request"]["url"])
        return found


def seconds_until(holds: object, what: str, timeout_s: float = 20.0) -> float:
    """How long it took, for a bound that people were promised."""
    assert callable(holds)
    began_s = time.monotonic()
    until(holds, what, timeout_s)
    return time.monotonic() - began_s
