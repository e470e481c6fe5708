"""A desk in a real browser when what it relies on is gone: the receiver, or the page's own server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from dev.screenshot import browser
from tests.brokers import Broker, mosquitto, until
from tests.ward.samples import Box, new_event_id
from tests.ward.test_alarm_browser import COUNT_TONES, rings
from tests.ward.test_browser import Station, text_of, visible
from tests.ward.test_browser import pytestmark as needs_chromium
from tests.ward.wire import publisher

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    opened = browser(tmp_path_factory.mktemp("profile"), 390, 844)
    yield opened
    opened.quit()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = mosquitto(tmp_path / "broker")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def station(tmp_path: Path, broker: Broker) -> Iterator[Station]:
    """Receiver and page as two processes."""
    opened = Station(tmp_path, broker.port)
    opened.start(apart=True)
    yield opened
    opened.stop()


def listens(chrome: webdriver.Chrome, station: Station) -> None:
    """The page is open, in English, and may sound."""
    chrome.get(f"{station.address}?lang=en")
    chrome.execute_script(COUNT_TONES)
    chrome.execute_script("localStorage.clear()")
    until(lambda: visible(chrome, "live"), "the stream")
    chrome.find_element(By.ID, "sound").click()
    until(lambda: rings(chrome) > 0, "the sound")
    chrome.execute_script("window.tones = 0")


@pytest.mark.slow
def test_a_receiver_that_hangs_is_told_and_rings(chrome: webdriver.Chrome, station: Station) -> None:
    """
    Large, on a phone, and with sound, until somebody says that it is known; when it is well again it is gone.
    """
    listens(chrome, station)
    assert station.receiver is not None
    station.receiver.send_signal(signal.SIGSTOP)
    until(lambda: "The receiver does not answer" in text_of(chrome, "station"), "the word")
    until(lambda: rings(chrome) > 0, "the sound")
    assert visible(chrome, "live")
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= 390
    chrome.find_element(By.ID, "station-hush").click()
    assert not visible(chrome, "station-hush")
    assert visible(chrome, "station")
    station.receiver.send_signal(signal.SIGCONT)
    until(lambda: not visible(chrome, "station"), "the end of it")


@pytest.mark.slow
def test_a_page_without_its_server_rings_by_itself(chrome: webdriver.Chrome, station: Station) -> None:
    """
    It is said at once, rings after 10 s, and is over when the server is back, without a reload.
    """
    listens(chrome, station)
    chrome.execute_script("window.same = true")
    station.page_process.send_signal(signal.SIGSTOP)         # half-open: nobody closes the connection
    until(lambda: "THIS PAGE IS OUT OF DATE" in text_of(chrome, "lost"), "the word")
    until(lambda: rings(chrome) > 0, "the sound")
    station.page_process.send_signal(signal.SIGCONT)
    until(lambda: not visible(chrome, "lost"), "the end of it")
    assert chrome.execute_script("return window.same")


def test_ten_tabs_share_one_stream(chrome: webdriver.Chrome, station: Station, broker: Broker) -> None:
    """
    Each is live and shows what comes; when the one that has the stream closes, another takes it on.
    """
    first = chrome.current_window_handle
    handles = []
    try:
        for _ in range(10):
            chrome.switch_to.new_window("tab")
            chrome.get(f"{station.address}?lang=en")
            handles.append(chrome.current_window_handle)
        with publisher(broker.port) as publish:
            box, one, other = Box(), new_event_id(), new_event_id()
            publish([box.event(one, time=datetime.now(UTC))])
            for handle in handles:
                chrome.switch_to.window(handle)
                until(lambda: visible(chrome, f"e-{one}") and visible(chrome, "live"), "the card in each")
            chrome.switch_to.window(handles.pop(0))
            chrome.close()
            chrome.switch_to.window(handles[-1])
            publish([box.event(other, time=datetime.now(UTC))])
            until(lambda: visible(chrome, f"e-{other}"), "the card after a change of leader")
    finally:
        for handle in handles:
            chrome.switch_to.window(handle)
            chrome.close()
        chrome.switch_to.window(first)
