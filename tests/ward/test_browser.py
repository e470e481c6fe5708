"""The page in a real browser: what a desk sees while events come in over a real broker."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from selenium import webdriver
from selenium.webdriver.common.by import By

from dev.screenshot import HINT, browser
from edge.contract.messages import Ending, Phase, Role, Severity
from tests.brokers import free_port, mosquitto, until
from tests.ward.samples import SIZES, WARD, Box, new_event_id
from tests.ward.wire import publisher, running

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None or shutil.which("chromedriver") is None,
                                reason=HINT)


TITLE = "Tổ dân phố số một trăm, ngõ 12/345/67/8" + "9" * 41
assert 80 == len(TITLE)


def drawn(width: int = 120, height: int = 200, colour: str = "seagreen") -> bytes:
    """A JPEG that a browser can decode."""
    picture = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(picture).ellipse((30, 20, 90, 80), fill="white")
    target = io.BytesIO()
    picture.save(target, "JPEG")
    return target.getvalue()


def drawn_of(role: Role) -> bytes:
    """As large as the samples tell it."""
    return drawn(*SIZES[role], {Role.SUBJECT: "seagreen", Role.SCENE: "gray", Role.BEFORE: "silver"}[role])


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    opened = browser(tmp_path_factory.mktemp("profile"), 1280, 900)
    yield opened
    opened.quit()


class Station:
    """`edgebox-ward run` as its own process, or receiver and page apart; may be killed, and started again on
    the same port.
    """

    def __init__(self, folder: Path, broker_port: int, ward: str = WARD, *options: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self._folder, self._options = folder, ("--ward", ward, *options)
        self._broker = ("--broker", f"127.0.0.1:{broker_port}", "--no-tls")
        self._process: subprocess.Popen[bytes] | None = None
        self.receiver: subprocess.Popen[bytes] | None = None

    def start(self, apart: bool = False) -> None:
        """`apart`: as two processes."""
        page = ("--port", str(self.port), "--report", str(self._folder / "station.json"))
        if apart:
            self.start_receiver()
            before = self.said().count("page: ")
            self._process = self._run("page", *page)
            until(lambda: self.said().count("page: ") > before, f"the page; it said {self.said()}")
            return
        before = self.said().count("receiving: ")
        self._process = self._run("run", *self._options, *self._broker, *page, "--print")
        until(lambda: self.said().count("receiving: ") > before, f"the ward; it said {self.said()}")

    def start_receiver(self) -> None:
        """As a process of its own."""
        before = self.said().count("receiving: ")
        self.receiver = self._run("receive", *self._options, *self._broker, "--print")
        until(lambda: self.said().count("receiving: ") > before, f"the receiver; it said {self.said()}")

    @property
    def page_process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def stop(self) -> int:
        """As a service manager does; the exit code of the page."""
        if self.receiver is not None:
            self.receiver.kill()
            self.receiver.wait(20)
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        code = self._process.wait(20)
        self._process = None
        return code

    def _run(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        with (self._folder / "run.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "ward.cli", command, *options, "--data",
                                     str(self._folder / "data")], stdout=log, stderr=log)

    def said(self) -> str:
        """All that it has printed."""
        path = self._folder / "run.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def station(tmp_path: Path) -> Iterator[tuple[Station, int]]:
    with running(mosquitto(tmp_path / "broker")) as broker_port:
        opened = Station(tmp_path, broker_port)
        opened.start()
        yield opened, broker_port
        opened.stop()


def origins(chrome: webdriver.Chrome) -> set[str]:
    """Every address that the browser asked for since it was last asked."""
    asked = set()
    for line in chrome.get_log("performance"):          # type: ignore[no-untyped-call]
        message = json.loads(line["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add("/".join(message["params"]["request"]["url"].split("/")[:3]))
    return asked


def text_of(chrome: webdriver.Chrome, id: str) -> str:
    """What is to be read there now, "" where it is not or not to be seen; cards may be replaced any time."""
    return str(chrome.execute_script(
        "const place = document.getElementById(arguments[0]);"
        "return place && place.checkVisibility() ? place.innerText : ''", id))


def visible(chrome: webdriver.Chrome, id: str) -> bool:
    return text_of(chrome, id) != ""


def test_events_appear_by_themselves(chrome: webdriver.Chrome, station: tuple[Station, int]) -> None:
    """
    A card with its picture without a reload, its end in the same card, a late one without a call, the
    newest first; the lost server is told and what came meanwhile is caught up; nothing is asked elsewhere.
    """
    ward, broker_port = station
    box, jpeg, now = Box(), drawn(), datetime.now(UTC)
    first, late, third = (new_event_id() for _ in range(3))
    chrome.get_log("performance")                       # type: ignore[no-untyped-call]
    chrome.get(ward.address + "?lang=vi")
    chrome.execute_script("window.sameDocument = true")
    until(lambda: visible(chrome, "live"), "the stream")
    assert "Chưa có sự kiện nào" in text_of(chrome, "empty")

    with publisher(broker_port) as publish:
        publish([replace(box.birth(now), retained=True), replace(box.status("online"), retained=True),
                 box.event(first, jpeg=jpeg, severity=Severity.ALERT, time=now),
                 box.picture(first, jpeg=jpeg)])
        until(lambda: visible(chrome, f"e-{first}"), "the card")
        card = f"document.getElementById('e-{first}')"
        assert "fresh" in chrome.execute_script(f"return {card}.className")
        until(lambda: chrome.execute_script(f"const image = {card}.querySelector('img');"
                                            "return image && image.complete && image.naturalWidth === 120"),
              "the picture")
        text = text_of(chrome, f"e-{first}")
        assert "KHẨN CẤP" in text
        assert "Người vào khu vực" in text
        announced = chrome.find_element(By.ID, "announce").get_attribute("textContent")
        assert "Khẩn cấp, Người vào khu vực" in (announced or "")
        until(lambda: "1/1 hộp trực tuyến" in text_of(chrome, "status"), "the box")

        publish([box.status("offline")])
        until(lambda: "Không rõ kết thúc" in text_of(chrome, f"e-{first}"), "the doubt about its end")
        publish([box.status("online")])
        until(lambda: "Đang diễn ra" in text_of(chrome, f"e-{first}"), "the end of the doubt")

        publish([box.event(first, 1, Phase.END, severity=Severity.ALERT, time=now + timedelta(seconds=8)),
                 box.event(late, time=now - timedelta(minutes=10))])
        until(lambda: "Đã kết thúc sau 10 giây" in text_of(chrome, f"e-{first}"), "the end")
        until(lambda: visible(chrome, f"e-{late}"), "the late one")
        assert "fresh" not in chrome.execute_script(f"return document.getElementById('e-{late}').className")

        assert 0 == ward.stop()
        until(lambda: visible(chrome, "lost"), "the lost server")
        assert "TRANG KHÔNG CÒN CẬP NHẬT: mất kết nối với máy chủ trang" in text_of(chrome, "lost")
        assert not visible(chrome, "live")
        publish([box.event(third, time=datetime.now(UTC))])
        ward.start()
        until(lambda: visible(chrome, f"e-{third}"), "what came meanwhile")
        until(lambda: not visible(chrome, "lost"), "the end of the warning")

    cards = chrome.find_elements(By.CSS_SELECTOR, "#cards article")
    assert [third, late, first] == [card.get_attribute("id")[2:] for card in cards]     # type: ignore[index]
    assert chrome.execute_script("return window.sameDocument") is True
    assert {ward.address.rstrip("/")} == {origin for origin in origins(chrome) if origin.startswith("http")}
    faults = [line for line in chrome.get_log("browser")               # type: ignore[no-untyped-call]
              if "ERR_CONNECTION_REFUSED" not in line["message"] and "ERR_INCOMPLETE" not in line["message"]
              and "ERR_EMPTY" not in line["message"]]
    assert [] == faults


def test_languages_details_and_small_screens(chrome: webdriver.Chrome, station: tuple[Station, int]) -> None:
    """
    The language is one click and stays; a card leads to its event by keyboard; nothing overflows 360 px.
    """
    ward, broker_port = station
    box = Box("hop-co-ten-rat-dai-o-ngo-12", "to-dan-pho-so-mot-tram")
    jpeg, event_id = drawn(), new_event_id()
    with publisher(broker_port) as publish:
        publish([box.birth(title=TITLE), box.status("online"), box.metrics(frames=10**12),
                 box.health(detail="no frame for 30 s, then some more words"),
                 box.event(event_id, jpeg=jpeg, time=datetime.now(UTC), kind="crowd", count=14,
                           severity=Severity.WARNING), box.picture(event_id, jpeg=jpeg)])
    chrome.get(ward.address + "?lang=vi")
    until(lambda: chrome.execute_script(f"return !!document.querySelector('#e-{event_id} img')"), "a picture")
    chrome.find_element(By.LINK_TEXT, "English").click()
    assert "Crowd: 14 × person" in text_of(chrome, f"e-{event_id}")
    chrome.get(ward.address)
    assert f"{TITLE}\n" in ward.said()
    assert "en" == chrome.find_element(By.TAG_NAME, "html").get_attribute("lang")

    chrome.find_element(By.CSS_SELECTOR, f"#e-{event_id} a").send_keys("\n")
    until(lambda: "/events/" in chrome.current_url, "the event's page")
    assert "Verified: the file's SHA-256" in chrome.find_element(By.TAG_NAME, "main").text
    with publisher(broker_port) as publish:
        publish([box.event(event_id, 1, Phase.END, time=datetime.now(UTC), kind="crowd", count=14)])
    until(lambda: "Record 1: End" in text_of(chrome, "event"), "the end, on the event's own page")
    chrome.find_element(By.CSS_SELECTOR, ".record summary").click()
    assert event_id in chrome.find_element(By.CSS_SELECTOR, ".record pre").text

    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": 360, "height": 780, "deviceScaleFactor": 1, "mobile": True})
    for path in ("", "boxes", f"events/{event_id}", "?severity=alert", "nothing"):
        chrome.get(ward.address + path)
        assert 360 >= chrome.execute_script("return document.documentElement.scrollWidth"), path
        if path in ("boxes", f"events/{event_id}"):
            place = chrome.find_element(By.CSS_SELECTOR, "main .box-place")
            assert (TITLE, True) == (place.text, place.rect["x"] + place.rect["width"] <= 360), path
    with publisher(broker_port) as publish:
        publish([Box("box-01", "to-12").event(short := new_event_id(), time=datetime.now(UTC))])
    chrome.get(ward.address)
    until(lambda: visible(chrome, f"e-{short}"), "the event of a box with a short name")
    lines = chrome.execute_script(
        f"return [...document.querySelectorAll('#e-{short} .card-where .whole')]"
        ".map(part => part.offsetHeight / parseFloat(getComputedStyle(part).lineHeight))")
    assert [1, 1, 1] == [round(number) for number in lines]


def test_three_pictures_on_one_screen(chrome: webdriver.Chrome, station: tuple[Station, int]) -> None:
    """
    Subject, scene and before are whole on a desk's first screen, the subject the largest; on a phone one is
    below the other. Frame and way lie on the scene where the record tells, until switched off, and stay off
    when the event changes.
    """
    ward, broker_port = station
    box, event_id, now = Box(), new_event_id(), datetime.now(UTC)
    three = {role: drawn_of(role) for role in Role}
    record = partial(box.event, event_id, kind="cross", label="motorcycle", severity=Severity.ALERT)
    with publisher(broker_port) as publish:
        publish([box.birth(), box.status("online"), record(pictures=three, time=now),
                 *box.pictures(event_id, pictures=three)])
        show_screen(chrome, 1280, 900)
        chrome.get(f"{ward.address}?lang=vi")
        until(lambda: chrome.execute_script(f"return !!document.querySelector('#e-{event_id} .card-scene')"),
              "the scene on the card")
        chrome.get(f"{ward.address}events/{event_id}")
        until(lambda: visible(chrome, "live"), "the stream")
        subject, scene, before = (place(chrome, f".shot-{role} img") for role in Role)
        assert max(part["bottom"] for part in (subject, scene, before)) <= 900
        assert subject["width"] * subject["height"] > 2 * scene["width"] * scene["height"]
        assert scene["width"] >= 390
        frame = place(chrome, ".shot-scene .drawn-frame")
        for name, ratio in (("left", 0.4), ("right", 0.5)):
            assert abs(frame[name] - scene["left"] - ratio * scene["width"]) < 2
        for name, ratio in (("top", 0.3), ("bottom", 0.7)):
            assert abs(frame[name] - scene["top"] - ratio * scene["height"]) < 2

        chrome.find_element(By.ID, "overlay").click()
        assert not chrome.find_element(By.CSS_SELECTOR, ".shot-scene .overlay").is_displayed()
        publish([record(1, Phase.END, ended=Ending.LEFT, time=datetime.now(UTC))])
        until(lambda: "Đã rời khỏi" in text_of(chrome, "event"), "the end, on the event's own page")
        assert not chrome.find_element(By.CSS_SELECTOR, ".shot-scene .overlay").is_displayed()

    show_screen(chrome, 390, 844)
    chrome.get(f"{ward.address}events/{event_id}")
    subject, scene, before = (place(chrome, f".shot-{role} img") for role in Role)
    assert subject["bottom"] < scene["top"] < scene["bottom"] < before["top"]
    assert min(part["width"] for part in (subject, scene, before)) > 360
    assert 390 >= chrome.execute_script("return document.documentElement.scrollWidth")


def show_screen(chrome: webdriver.Chrome, width: int, height: int) -> None:
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})


def place(chrome: webdriver.Chrome, selector: str) -> dict[str, float]:
    """Where it is on the page, in CSS pixels."""
    found: dict[str, float] = chrome.execute_script(
        "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector)
    return found
