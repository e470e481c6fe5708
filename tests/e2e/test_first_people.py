"""The first people of a box: bundle and sheet by the technician's own tool, a real guard, phones over TLS."""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from edge.bundle.verify import read_bundle
from edge.config.load import load
from edge.members.roster import Roster
from edge.members.values import MemberRole
from edge.upkeep.firstboot.install import install_config
from edge.upkeep.firstboot.places import CardPlaces
from provisioning.cli import main
from tests.brokers import free_port, listens
from tests.e2e.stage import Actor, Stage
from tests.edge.page.stand import CODE
from tests.provisioning.box.boxes import PASSPHRASE
from tests.provisioning.box.conftest import made_ward  # noqa: F401 - a fixture
from tests.provisioning.box.sheets import letters, texts

NAME, STRANGER = "Nguyễn Văn An", "ABCD EFGH JKMN PQRS TVWX YZ01 2345 6789"


class FirstDays:
    """One box and its ward's folder; the card goes from one to the other."""

    def __init__(self, stage: Stage, ward: Path) -> None:
        self.stage, self.ward, self.port = stage, ward, free_port()
        self.card, self.state = stage.folder / "card", stage.state
        self.state.mkdir()
        (stage.folder / "passphrase").write_text(PASSPHRASE)
        self._config = stage.folder / "edge.toml"
        self._guard: Actor | None = None
        self._page: Actor | None = None

    def tool(self, *words: str) -> dict[MemberRole, str]:
        """Prepares the card; returns what the printed sheet says to type."""
        key = ["--passphrase-file", str(self.stage.folder / "passphrase")]
        assert os.EX_OK == main(["box", words[0], str(self.ward), *words[1:], "--yes", *key, "--out",
                                 str(self.card)])
        (sheet,) = texts(self.ward / "letters" / "phuong-5.to-12.hop-01.pdf")
        address, typed = letters(sheet)
        assert "https://hop-01-to-12.local:8443" == address
        return typed

    def first_boot(self) -> None:
        """As first boot installs it; but for addresses and folders of this machine."""
        places = CardPlaces(self.card, self.state, self.ward / "root.crt")
        anchor = x509.load_pem_x509_certificate(places.anchor.read_bytes())
        install_config(read_bundle(places.bundle, anchor), places, load)
        text = places.config_file.read_text(encoding="utf-8")
        mqtt = f'[mqtt]\nhost = "127.0.0.1"\nport = {self.stage.broker.port}\ntls = false\n\n'
        text = text[:text.index("[mqtt]")] + mqtt + text[text.index("[page]"):]
        folders = f'state_dir = "{self.state}"\nruntime_dir = "{self.state}/run"\n\n'
        text = text.replace("[mqtt]", f"{folders}[mqtt]")
        text = text.replace("port = 8443", f'host = "127.0.0.1"\nport = {self.port}')
        places.config_file.write_text(text, encoding="utf-8")
        self._config = places.config_file

    def guard(self) -> None:
        """Started, or started again."""
        if self._guard is not None:
            assert 0 == self._guard.stop()
        opened = 0 if self._guard is None else self._guard.text.count("roster open")
        pins = {"EDGEBOX_PINS": f"simulated:{self.stage.folder / 'pins'}"}
        self._guard = self.stage.guard(self._config, environment=pins)
        self._page = self._page or self.stage.page(self._config)        # it stays while guard goes
        self.stage.until(lambda: self._guard is not None and self._guard.text.count("roster open") > opened,
                         "the roster")
        self.stage.until(lambda: listens(self.port), "the group's page")

    def joins(self, token: str, name: str) -> tuple[int, int]:
        """Somebody types a token and chooses a code: the answer to that, and to asking for the members."""
        trust = ssl.create_default_context(cafile=str(self.state / "page" / "page.crt"))
        with httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=trust, timeout=60, headers={
                "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}) as phone:
            answer = phone.post("/join", data={"token": token, "name": name, "code": CODE, "again": CODE})
            return answer.status_code, phone.get("/members").status_code

    def members(self) -> dict[str, MemberRole]:
        roster = Roster.open(self.state / "guard" / "members.db")
        try:
            return {member.name: member.role for member in roster.members()}
        finally:
            roster.close()

    def tells(self, token: str) -> list[Path]:
        """Files that hold it in the clear, but for the sheet."""
        forms = {token.encode(), token.replace(" ", "").encode(), token.replace(" ", "").lower().encode()}
        return [path for folder in (self.card, self.state, self.ward, self.stage.folder)
                for path in folder.rglob("*") if path.is_file() and path.suffix != ".pdf"
                and any(form in path.read_bytes() for form in forms)]


@pytest.fixture
def days(stage: Stage, made_ward: Path, tmp_path: Path) -> FirstDays:  # noqa: F811
    shutil.copytree(made_ward, tmp_path / "phuong-5")
    return FirstDays(stage, tmp_path / "phuong-5")


def test_the_sheet_lets_the_first_people_in(days: FirstDays) -> None:
    """
    Leader and technician by their letters, each once, over restarts and a new bundle, which takes back what
    nobody used; a stranger not at all. No token is on card, box or ward in the clear, nor in a log.
    """
    first = days.tool("new", "--group", "to-12", "--title", "Ngõ 5", "--camera", "rtsp://127.0.0.1:9/x",
                      "--wired", "none", "--leader", NAME)
    days.first_boot()
    days.guard()

    assert 303 != days.joins(STRANGER, "Somebody")[0]
    assert (303, 200) == days.joins(first[MemberRole.LEADER], "somebody else")
    assert 303 != days.joins(first[MemberRole.LEADER], "Binh")[0]
    assert {NAME: MemberRole.LEADER} == days.members()

    days.guard()
    assert 303 != days.joins(first[MemberRole.LEADER], "Binh")[0]
    second = days.tool("renew", "to-12/hop-01")
    days.first_boot()
    days.guard()

    assert 303 != days.joins(first[MemberRole.TECHNICIAN], "Minh")[0]
    assert (303, 200) == days.joins(second[MemberRole.TECHNICIAN], "Minh")
    assert (303, 200) == days.joins(second[MemberRole.LEADER], "An, máy mới")
    assert {NAME: MemberRole.LEADER, "Minh": MemberRole.TECHNICIAN,
            "An, máy mới": MemberRole.LEADER} == days.members()
    assert [] == [path for token in (*first.values(), *second.values()) for path in days.tells(token)]


def test_a_broken_list_costs_nobody_the_page(days: FirstDays) -> None:
    """
    It is told in the log, once, by the name of its file; who was let in before is let in still.
    """
    first = days.tool("new", "--group", "to-12", "--title", "Ngõ 5", "--camera", "rtsp://127.0.0.1:9/x",
                      "--wired", "none")
    days.first_boot()
    days.guard()
    (days.state / "config" / "invites.json").write_text('{"format": "edgebox-invites/2", "invites": []}')
    days.guard()

    assert (303, 200) == days.joins(first[MemberRole.LEADER], NAME)
    log = (days.stage.folder / "guard.log").read_text()
    (line,) = [line for line in log.splitlines() if "invites.json" in line]
    assert "nobody is invited by the bundle" in line
