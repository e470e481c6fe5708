"""Alarms and commands in a real browser, over a real broker, with the box's own judge behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe  # type: ignore[import-untyped]
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dev.screenshot import browser
from edge.contract.messages import (
    AlarmCause,
    AlarmMode,
    AlarmPhase,
    Ending,
    PanelPhase,
    Phase,
    Role,
    Severity,
    Who,
)
from edge.ipc.panel import Answer, Raise, Refusal, SelfTest
from tests.brokers import mosquitto, until
from tests.edge.journal.entries import ROOT
from tests.edge.uplink.panel import FakePanel
from tests.ward.household import BOX, PASSPHRASE, new_key, obeying
from tests.ward.samples import Box, new_event_id
from tests.ward.test_browser import TITLE, Station, drawn, drawn_of, text_of, visible
from tests.ward.test_browser import pytestmark as needs_chromium
from tests.ward.wire import Publish, publisher, running

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    opened = browser(tmp_path_factory.mktemp("profile"), 1280, 900)
    yield opened
    opened.quit()


class Desk:
    """A station whose page may command, its broker, and what a test publishes there."""

    def __init__(self, station: Station, port: int, publish: Publish, key: Path) -> None:
        self.station, self.port, self.publish, self.key = station, port, publish, key
        self.box = Box(ROOT.box, ROOT.group, ROOT.ward)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("station")
    new_key(folder / "ward.key")
    (folder / "words").write_text(PASSPHRASE)
    with running(mosquitto(folder / "broker")) as port, publisher(port) as publish:
        station = Station(folder, port, ROOT.ward, "--command-key", str(folder / "ward.key"),
                          "--passphrase-file", str(folder / "words"))
        station.start()
        yield Desk(station, port, publish, folder / "ward.key")
        assert 0 == station.stop()


@pytest.fixture
def panel(desk: Desk, tmp_path: Path) -> Iterator[FakePanel]:
    """Of a box at the station's broker."""
    answers = Answer(True, alarm_id=new_event_id()), Answer(False, Refusal.PAUSE)
    with obeying(tmp_path / "box", desk.port, desk.key, *answers) as asked:
        yield asked


def open_page(chrome: webdriver.Chrome, desk: Desk, path: str = "?lang=vi") -> None:
    """Fresh, without an officer's name, and connected."""
    chrome.get(desk.station.address + "static/icon.svg")
    chrome.delete_all_cookies()
    chrome.get(desk.station.address + path)
    until(lambda: visible(chrome, "live"), "the stream")


def seen(chrome: webdriver.Chrome, alarm_id: str) -> str:
    return text_of(chrome, f"a-{alarm_id}")


def click(chrome: webdriver.Chrome, by: str, what: str) -> None:
    """Click it, also where the page puts a new one in its place just then."""
    def clicked() -> bool:
        try:
            chrome.find_element(by, what).click()
        except StaleElementReferenceException:
            return False
        return True

    until(clicked, f"{what} to be clicked")


def faults(chrome: webdriver.Chrome) -> list[str]:
    """What axe calls serious or critical on the page as it is."""
    found: dict[str, Any] = Axe().run(chrome)
    return [f"{violation['id']}: {node['html'][:120]}" for violation in found["violations"]
            if violation["impact"] in ("serious", "critical") for node in violation["nodes"]]


def rings(chrome: webdriver.Chrome) -> int:
    return int(chrome.execute_script("return window.tones || 0"))


COUNT_TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...args) { window.tones += 1; return start.apply(this, args); };
"""


def test_a_call_comes_to_the_top_and_rings_until_it_is_seen(chrome: webdriver.Chrome, desk: Desk) -> None:
    """
    Without a reload: red, who, where, how long; once the sound is allowed it rings, again and again, until an
    officer has said a name and that it is seen. A late one rings nobody.
    """
    open_page(chrome, desk)
    chrome.execute_script("window.sameDocument = true; localStorage.clear();" + COUNT_TONES)
    alarm_id, now = new_event_id(), datetime.now(UTC)
    desk.publish([desk.box.alarm(new_event_id(), historical=True, time=now - timedelta(hours=1)),
                  desk.box.alarm(alarm_id, cause=AlarmCause.BUTTON, name="nut-cong", time=now, left_s=170)])
    until(lambda: seen(chrome, alarm_id), "the alarm")

    said = seen(chrome, alarm_id)
    for text in ("BÁO ĐỘNG", "Còi đang kêu", "Nút bấm nut-cong", BOX, "còn 2:"):
        assert text in said, text
    colour = chrome.execute_script(f"return getComputedStyle(document.getElementById('a-{alarm_id}'))"
                                   ".backgroundColor")
    assert "rgb(179, 20, 28)" == colour
    top = chrome.execute_script("return document.querySelector('#calls').getBoundingClientRect().top")
    assert top < chrome.execute_script("return document.querySelector('main').getBoundingClientRect().top")
    assert "Báo động! Còi đang kêu. Nút bấm nut-cong" in (
        chrome.find_element(By.ID, "call-out").get_attribute("textContent") or "")
    assert chrome.title.startswith("⚠ ")

    assert 0 == rings(chrome)
    click(chrome, By.CSS_SELECTOR, "#allow-sound button")
    until(lambda: rings(chrome) >= 8, "two rings")
    assert not visible(chrome, "allow-sound")

    click(chrome, By.ID, f"seen-{alarm_id}")
    form = chrome.find_element(By.CSS_SELECTOR, f"#a-{alarm_id} form")
    form.find_element(By.NAME, "officer").send_keys("Trung uý Lan", Keys.ENTER)
    until(lambda: "Trung uý Lan tiếp nhận lúc" in seen(chrome, alarm_id), "the note")
    until(lambda: not chrome.title.startswith("⚠ "), "the end of the ringing")
    assert chrome.execute_script("return window.sameDocument") is True
    desk.publish([desk.box.alarm(alarm_id, 1, AlarmPhase.SILENCED, left_s=None, time=datetime.now(UTC),
                                 by=Who(cause=AlarmCause.MEMBER, name="Ông Bảy"))])
    until(lambda: not seen(chrome, alarm_id), "that it is over and seen")


def test_a_silent_call_in_both_languages(chrome: webdriver.Chrome, desk: Desk) -> None:
    """
    It is told apart at once, in words and in shape; the list and its own page tell it, too, and change live.
    """
    open_page(chrome, desk)
    alarm_id = new_event_id()
    desk.publish([desk.box.alarm(alarm_id, mode=AlarmMode.SILENT, outputs=(), time=datetime.now(UTC),
                                 left_s=600)])
    until(lambda: "BÁO NGẦM: tại chỗ không ai biết" in seen(chrome, alarm_id), "the silent call")
    click(chrome, By.LINK_TEXT, "English")
    until(lambda: "SILENT: nobody at the place knows" in seen(chrome, alarm_id), "the same in English")

    click(chrome, By.CSS_SELECTOR, f"#a-{alarm_id} h2 a")
    until(lambda: "Silent call" in text_of(chrome, "alarm"), "its own page")
    desk.publish([desk.box.alarm(alarm_id, 1, AlarmPhase.ENDED, mode=AlarmMode.SILENT, left_s=None,
                                 by=Who(cause=AlarmCause.TIME, name="-"), time=datetime.now(UTC))])
    until(lambda: "Ended by itself" in text_of(chrome, "alarm"), "its end")


def ask(chrome: webdriver.Chrome, name: str) -> None:
    """Open a command, and confirm it."""
    click(chrome, By.CSS_SELECTOR, f".command-{name} summary")
    form = chrome.find_element(By.CSS_SELECTOR, f".command-{name} form")
    for field in form.find_elements(By.NAME, "officer"):
        field.clear()
        field.send_keys("Trung uý Lan")
    form.find_element(By.CSS_SELECTOR, "button").click()


def test_a_box_is_commanded(chrome: webdriver.Chrome, desk: Desk, panel: FakePanel) -> None:
    """
    Nothing is sent before it is confirmed; what the box answers is shown without a reload, yes and no; the
    name is asked once; the box's state follows.
    """
    desk.publish([replace(desk.box.panel(armed=True), retained=True)])
    chrome.get(desk.station.address)
    chrome.delete_all_cookies()

    def is_online() -> bool:
        chrome.get(f"{desk.station.address}boxes/{BOX}?lang=vi")
        return "Trực tuyến" in text_of(chrome, "state")

    until(is_online, "the box")
    until(lambda: visible(chrome, "live"), "the stream")
    assert "Camera tự báo: đang bật" in text_of(chrome, "state")
    click(chrome, By.CSS_SELECTOR, ".command-siren summary")
    assert f"Bật còi và đèn ở {BOX} ngay bây giờ?" in chrome.find_element(
        By.CSS_SELECTOR, ".command-siren").text
    assert [] == panel.asked
    click(chrome, By.CSS_SELECTOR, ".command-siren option[value='30']")
    click(chrome, By.CSS_SELECTOR, ".command-siren summary")

    ask(chrome, "siren")
    until(lambda: "Hộp đã nhận lệnh: còi và đèn đã bật." in text_of(chrome, "answer"), "yes")
    ask(chrome, "light")
    until(lambda: "Hộp từ chối: vừa kêu xong, phải nghỉ" in text_of(chrome, "answer"), "no")
    until(lambda: "Trung uý Lan" in text_of(chrome, "sent"), "the list of commands")
    desk.publish([replace(desk.box.panel(PanelPhase.SOUNDING, outputs={"coi-ngo": True}), retained=True)])
    until(lambda: "Đang bật: coi-ngo" in text_of(chrome, "state"), "the state")

    chrome.get(f"{desk.station.address}boxes/{BOX}?lang=en")
    assert [] == chrome.find_elements(By.CSS_SELECTOR, ".commands [name=officer]")
    click(chrome, By.CSS_SELECTOR, ".command-selftest summary")
    click(chrome, By.NAME, "with_siren")
    click(chrome, By.CSS_SELECTOR, ".command-selftest button")
    until(lambda: "The box obeys: the self-test runs" in text_of(chrome, "answer"), "the self-test")

    siren, light, test = panel.asked
    assert isinstance(siren, Raise)
    assert (30.0, "Trung uý Lan") == (siren.duration_s, siren.actor.name)
    assert isinstance(light, Raise)
    assert isinstance(test, SelfTest)
    assert test.with_siren


def test_nobody_is_left_out(chrome: webdriver.Chrome, desk: Desk) -> None:
    """
    axe finds no serious fault on any page, in daylight, at night and on a small screen, which nothing
    overflows.
    """
    event_id, lost, now = new_event_id(), new_event_id(), datetime.now(UTC)
    ruled, silent, three = new_event_id(), new_event_id(), {role: drawn_of(role) for role in Role}
    desk.publish([
        replace(desk.box.panel(PanelPhase.SOUNDING, armed=True, outputs={"coi-ngo": True}, mains=False,
                               faults=["input nut-cong: stuck"]), retained=True),
        replace(desk.box.birth(now, title=TITLE), retained=True),
        desk.box.event(event_id, pictures=three, severity=Severity.ALERT, time=now, masked=True, riders=3),
        *desk.box.pictures(event_id, pictures=three),
        desk.box.event(lost, 1, Phase.END, severity=Severity.WARNING, ended=Ending.VIEW_LOST, jpeg=drawn()),
        desk.box.alarm(ruled, cause=AlarmCause.RULE, name="cong-truoc/dem-khuya-thanh-vang", time=now,
                       event_id=event_id, left_s=170),
        desk.box.alarm(silent, mode=AlarmMode.SILENT, time=now, left_s=170)])
    open_page(chrome, desk)
    until(lambda: seen(chrome, ruled) and seen(chrome, silent), "both")
    for width, scheme in ((1280, "light"), (360, "dark")):
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme},
                         {"name": "prefers-reduced-motion", "value": "reduce"}]})
        for path in ("", "alarms", f"alarms/{ruled}", f"alarms/{silent}", f"boxes/{BOX}", "boxes", "officer",
                         "incidents", f"boxes/{BOX}/gaps",
                     f"events/{event_id}", f"events/{lost}"):
            chrome.get(desk.station.address + path)
            chrome.execute_script("document.querySelectorAll('main details')"
                                  ".forEach(part => { part.open = true; })")
            assert [] == faults(chrome), (width, scheme, path)
            assert width >= chrome.execute_script("return document.documentElement.scrollWidth"), path
