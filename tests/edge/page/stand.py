"""The group's page as it runs on a box, TLS on a free port; guard's side of it over real sockets, with a real
roster; and members' phones."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from edge.base.supervisor import Supervisor
from edge.base.values import NS_PER_S
from edge.bundle.roster_opening import copied, take_copy_back
from edge.config.model import EdgeSettings
from edge.guard.care.caretaker import Caretaker
from edge.guard.requests.request_server import RequestServer
from edge.health import rules
from edge.health.system import System
from edge.ipc.health import Surroundings
from edge.ipc.panel import Panel
from edge.members import working_copy
from edge.members.codes import Cost
from edge.members.roster import Roster
from edge.members.values import Credential, MemberRole
from edge.page.guard_link import GuardLink
from edge.page.request_context import CREDENTIAL
from edge.page.server import GroupPage
from tests.brokers import free_port, listens, until
from tests.edge.page.panels import MemoryPanel

CODE = "472816"
CHEAP = Cost(memory_kib=64, passes=1)
LEADER, MEMBER, TECHNICIAN = "Hùng, tổ trưởng", "Lan, số 14", "Minh kỹ thuật"
TOOL = "tool:test"


def settings_of(folder: Path, state: Path | None = None, camera_alarm: str = "siren",
                **page: object) -> EdgeSettings:
    rule = {"alarm": camera_alarm} if camera_alarm else {}
    return EdgeSettings.model_validate({
        "box": {"ward": "phuong-1", "group": "to-12", "id": "hop-1", "title": "Tổ 12, ngõ 5",
                "state_dir": state or folder, "runtime_dir": folder},
        "mqtt": {"host": "127.0.0.1", "tls": False},
        "cameras": {"ngo": {"source": "test.mp4", "rules": {"person": {"kind": "enter", **rule}}}},
        "outputs": {"siren": {"kind": "siren", "pin": 17}, "flood": {"kind": "flood", "pin": 27}},
        "inputs": {"panic": {"kind": "panic", "pin": 5}, "silent": {"kind": "silent", "pin": 6},
                   "key": {"kind": "key", "pin": 13}, "lid": {"kind": "tamper", "pin": 19},
                   "mains": {"kind": "mains", "pin": 26}},
        "page": {"host": "127.0.0.1", **page}})


class Stand:
    """Page and guard may be stopped and started again, each by itself, on the same port and sockets."""

    def __init__(self, folder: Path, panel: Panel | None = None, state: Path | None = None,
                 camera_alarm: str = "siren", **page: object) -> None:
        """`state`: the folder that stands for the card, where it is not `folder` as well; `camera_alarm`:
        what a rule may set off.
        """
        self.folder, self.state = folder, state or folder
        self.settings = settings_of(folder, self.state, camera_alarm, **{"port": free_port(), **page})
        self.port = self.settings.page.port
        self.memory = MemoryPanel()
        self.panel: Panel = panel or self.memory
        for place in (folder, self.state):
            (place / "guard").mkdir(exist_ok=True)
        self.roster_file = self.state / "guard" / "members.db"
        self.roster_fault = ""
        self.roster = Roster.open(self.roster_file, cost=CHEAP)
        self.around = Surroundings({"ngo": "ok"}, ward_connected=True, title="Tổ 12, ngõ 5")
        self.later_s = 0.0                      # for who waits for somebody who does not come
        self.care = Caretaker(self.settings, lambda: rules.journal(0, 100, 0, {}), System(folder),
                              lambda: time.monotonic_ns() + round(self.later_s * NS_PER_S))
        self.address = f"https://127.0.0.1:{self.port}"
        self.failure: list[BaseException] = []
        self.ended = threading.Event()
        self._stop, self._thread = threading.Event(), threading.Thread()
        self.page: GroupPage | None = None
        self._link = GuardLink(self.settings.box.runtime_dir)
        self._guards_threads, self.requests = Supervisor(), self._requests()

    @property
    def listeners(self) -> int:
        """Open streams."""
        return 0 if self.page is None else self.page.listeners

    def start_guard(self) -> None:
        self._guards_threads, self.requests = Supervisor(), self._requests()
        self.requests.start(self._guards_threads, self.settings)
        until(lambda: self.requests.is_open, "guard's side to open the roster")

    def stop_guard(self) -> None:
        self._guards_threads.stop.set()
        assert not self._guards_threads.join(20)
        self.requests.close()
        if (failure := self._guards_threads.failure) is not None:
            self.failure.append(failure)

    def _requests(self) -> RequestServer:
        return RequestServer(self.panel, self.care, self.look,
                             self._opened, lambda: copied(self.roster_file, self._copy, cost=CHEAP),
                             self._note_roster)

    def _note_roster(self, why: str) -> None:
        self.roster_fault = why

    def _opened(self) -> Roster:
        roster = Roster.open(self.roster_file, cost=CHEAP)
        take_copy_back(roster, self._copy / self.roster_file.name)
        return roster

    @property
    def _copy(self) -> Path:
        return self.folder / working_copy.FOLDER

    def start(self) -> None:
        page = self.page = GroupPage(self.settings, self._link)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(page, self._stop), name="page")
        self._thread.start()
        until(lambda: listens(self.port), "the page to listen")

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(20)
            assert not self._thread.is_alive(), "the page does not end"

    def look(self) -> Surroundings:
        return replace(self.around, health=self.care.health())

    def join(self, name: str = MEMBER, role: MemberRole = MemberRole.MEMBER) -> Credential:
        """A member with one phone."""
        return self.roster.redeem(self.roster.invite(role, TOOL).token, name, CODE, "máy thử")

    @contextlib.contextmanager
    def phone(self, credential: Credential | None = None, **headers: str) -> Iterator[httpx.Client]:
        """An HTTP client as a browser behaves, with this credential; nobody's without."""
        cookies = {} if credential is None else {CREDENTIAL: credential.secret}
        with httpx.Client(base_url=self.address, verify=self.trust(), cookies=cookies, timeout=20, headers={
                "Sec-Fetch-Site": "same-origin", "Accept": "text/html", **headers}) as client:
            yield client

    def trust(self) -> ssl.SSLContext:
        """Believes this page's certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    @property
    def certificate(self) -> Path:
        return self.state / "page" / "page.crt"

    def _run(self, page: GroupPage, stop: threading.Event) -> None:
        try:
            page.run(stop)
        except BaseException as exc:    # noqa: BLE001 - told by the test that looks
            self.failure.append(exc)
        finally:
            self.ended.set()


@contextlib.contextmanager
def standing(folder: Path, panel: Panel | None = None, state: Path | None = None,
             camera_alarm: str = "siren", **page: object) -> Iterator[Stand]:
    stand = Stand(folder, panel, state, camera_alarm, **page)
    stand.start_guard()
    stand.start()
    try:
        yield stand
    finally:
        stand.stop()
        stand.stop_guard()
        stand.roster.close()
    assert [] == stand.failure
