"""What a box gets: a bundle that it believes, a name that nobody else gets, a row that nobody changes."""

from __future__ import annotations

import csv
import io
import multiprocessing
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.base.errors import FatalError
from edge.bundle.invites import read_invites
from edge.bundle.verify import read_bundle
from edge.config.alarm_notes import alarm_notes
from edge.config.load import load
from edge.config.model import AckFrom
from edge.config.notes import notes_of
from edge.contract.signing import load_keys
from edge.contract.topics import is_slug
from edge.members.tokens import token_hash
from edge.members.values import MemberRole
from provisioning.box import inventory
from provisioning.box.card import Place
from provisioning.box.config_text import config_text
from provisioning.box.network_files import network_files
from provisioning.box.office import Given, Office, row_faults, standings
from provisioning.box.plan import BoxPlan, Camera, CameraAlarm, Fixed, Mobile, Network, Watch, Wifi
from provisioning.box.wiring import standard
from provisioning.ward import ack_key
from provisioning.ward.codes import digest
from provisioning.ward.enrolment import Enrolment, Issued
from provisioning.ward.folder import WardFolder
from provisioning.ward.settings import HostPort
from tests.provisioning.box.boxes import CAMERA, PASSPHRASE, plan

NOW = datetime.now(UTC).replace(microsecond=0)


def give(office: Office, what: BoxPlan, to: Path, now: datetime = NOW) -> Given:
    to.mkdir(exist_ok=True)
    return next(iter(office.give([(what, Place(to))], now, days=14)))


def anchor(ward: WardFolder) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ward.root_certificate.read_bytes())


def test_a_box_believes_its_bundle(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    What was written passes the box's own verification, with config, keys, code, passwords and network in it.
    """
    what = plan(network=Network(Wifi("Tổ 12", "mat khau\\wifi"), Mobile("v-internet")))
    made = give(office, what, tmp_path / "card")
    bundle = read_bundle(made.where, anchor(ward))

    assert "phuong-5.to-12.hop-01" == bundle.list.identity == made.identity
    assert ("Tổ 12, ngõ 5", "https://est.phuong-5.example:8443") == (bundle.list.title, bundle.list.est)
    assert NOW + timedelta(days=14) == bundle.list.code_expires
    assert {"edge.toml", "ward-ca.pem", "command.pub", "receiver.pub", "enrol-code", "invites.json",
            "secrets/gate", "network/cable.nmconnection", "network/wifi.nmconnection",
            "network/mobile.nmconnection"} == set(bundle.files)
    assert f"{CAMERA.password}\n".encode() == bundle.files["secrets/gate"]
    assert ward.chain.read_bytes() == bundle.files["ward-ca.pem"]
    assert ward.command_public.read_bytes() == bundle.files["command.pub"]
    config = load(made.where / "edge.toml").settings.mqtt
    assert (AckFrom.WARD, (made.where / "receiver.pub",)) == (config.ack, config.ack_keys)
    assert ack_key.public_halves(ward) == (bundle.files["receiver.pub"],)
    assert 1 == len(load_keys(config.ack_keys))


def test_the_receivers_key_changes_by_a_second_one(ward: WardFolder, tmp_path: Path) -> None:
    """
    Bundles made meanwhile believe both, those made later the new one alone; no key is ever overwritten, and
    no bundle is made by a ward of before that has none.
    """
    def kids(name: str) -> list[str]:
        made = give(Office(ward, PASSPHRASE), plan(name, title=name), tmp_path / name)
        return list(load_keys(load(made.where / "edge.toml").settings.mqtt.ack_keys))

    (first,) = kids("hop-01")
    with pytest.raises(FatalError, match="never overwritten"):
        ack_key.make(ward)
    with pytest.raises(FatalError, match="--change begin"):
        ack_key.end_change(ward)
    second = ack_key.begin_change(ward)
    with pytest.raises(FatalError, match="never overwritten"):
        ack_key.begin_change(ward)
    assert [first, second] == kids("hop-02")
    assert (second, [second]) == (ack_key.end_change(ward), kids("hop-03"))
    assert 0o600 == ward.ack_key.stat().st_mode & 0o777

    ward.ack_key.unlink()
    with pytest.raises(FatalError, match="edgebox-provision ward ack-key"):
        Office(ward, PASSPHRASE)
    assert [ack_key.make(ward)] == kids("hop-04")


def test_the_code_is_in_the_book_and_nowhere_else(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    The code opens the book once; neither inventory nor what is kept at the ward holds it, or a password.
    """
    made = give(office, plan(cameras=(Camera("gate", "rtsp://10.0.0.1/a", "viewer", "matkhau-rieng"),)),
                tmp_path / "card")
    code = (made.where / "enrol-code").read_text().strip()
    book = Enrolment.open(ward.enrolment)
    certificate = Issued("0a", made.identity, b"key", NOW, NOW + timedelta(days=365), "pem")

    assert digest(code) is not None
    for path in ward.path.rglob("*"):
        if path.is_file():
            assert code.encode() not in path.read_bytes(), path
            assert b"matkhau-rieng" not in path.read_bytes(), path
    assert "0a" == book.redeem(made.identity, code, b"key", lambda: certificate, NOW).serial
    assert ["enrolled"] == [standing.state for standing in standings(ward, NOW)]


def test_whom_a_bundle_invites(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    The leader by name and a technician, by hashes: the tokens are on no disk, neither card nor ward, and
    every bundle has others. Without a leader's name there is an invite all the same.
    """
    made = give(office, plan(), tmp_path / "card")
    unnamed = give(office, replace(plan("hop-02"), leader=""), tmp_path / "other")
    (tmp_path / "again").mkdir()
    again = office.renew(made.plan, Place(tmp_path / "again"), NOW, days=14)

    expected = read_invites(made.where / "invites.json")
    assert [(MemberRole.LEADER, "Nguyễn Văn An"), (MemberRole.TECHNICIAN, "")] == [
        (it.role, it.name) for it in expected]
    assert [token_hash(person.token) for person in made.people] == [it.token for it in expected]
    assert ["", ""] == [it.name for it in read_invites(unnamed.where / "invites.json")]
    tokens = [person.token for box in (made, unnamed, again) for person in box.people]
    assert 6 == len(set(tokens))
    assert not any(token in repr(box) for box in (made, unnamed, again) for token in tokens)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not any(token.encode() in path.read_bytes() for token in tokens), path


def test_the_config_loads_and_says_little_against_itself(office: Office, tmp_path: Path) -> None:
    """
    edge.config.load finds no fault; of its notes only the box's own certificate is not there yet. Its rule
    guards, so that it sees who rides in.
    """
    made = give(office, plan(), tmp_path / "card")
    settings_of = load(made.where / "edge.toml").settings
    gate = settings_of.cameras["gate"]

    box = settings_of.box
    assert ("phuong-5", "to-12", "hop-01") == (box.ward, box.group, box.id)
    assert ("mqtt.phuong-5.example", 8883, True) == (settings_of.mqtt.host, settings_of.mqtt.port,
                                                     settings_of.mqtt.tls)
    assert made.where / "secrets/gate" == gate.password_file
    assert f"{CAMERA.password}\n" == (made.where / "secrets/gate").read_text(encoding="utf-8")
    assert ("hop-01-to-12.local",) == settings_of.page.names
    assert set(standard()) == set(settings_of.outputs) | set(settings_of.inputs)
    assert [True] == [rule.riders for rule in gate.rules.values()]
    assert {("mqtt", "cert_file"), ("mqtt", "key_file")} == {note.key for note in notes_of(settings_of)}


def test_a_name_is_given_once(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    Neither a box that waits, nor one that was revoked, nor one that lacks its row gives its name to another;
    what is proposed is free.
    """
    give(office, plan("hop-07"), tmp_path / "a")
    book = Enrolment.open(ward.enrolment)
    book.new_code("phuong-5.to-12.hop-08", NOW + timedelta(days=1))
    book.revoke("phuong-5.to-12.hop-07", "stolen", NOW)

    assert "hop-09" == office.next_name("to-12")
    assert "hop-01" == office.next_name("to-1")
    for taken in ("hop-07", "hop-08"):
        with pytest.raises(FatalError, match=f"{taken}: this name was given before"):
            give(office, plan(taken), tmp_path / "b")
    assert not list((tmp_path / "b").iterdir())


def _give_in_process(ward: Path, to: Path, ready: Barrier, done: multiprocessing.Queue[str]) -> None:
    office = Office(WardFolder(ward), PASSPHRASE)
    ready.wait(timeout=90)
    try:
        done.put(give(office, plan(), to).identity)
    except FatalError as exc:
        done.put(str(exc))


def test_two_at_once_do_not_get_the_same_name(ward: WardFolder, tmp_path: Path) -> None:
    """
    Of four technicians at one ward's folder, one gets the name and the others are told that it is gone.
    """
    context = multiprocessing.get_context("spawn")
    done: multiprocessing.Queue[str] = context.Queue()
    ready = context.Barrier(4)
    started = [context.Process(target=_give_in_process, args=(ward.path, tmp_path / name, ready, done))
               for name in "abcd"]
    for process in started:
        process.start()
    said = sorted(done.get(timeout=90) for _ in started)
    for process in started:
        process.join()

    assert "phuong-5.to-12.hop-01" == said[0]
    assert all("given before" in refused for refused in said[1:])
    assert 1 == len(inventory.read_rows(ward.inventory))
    assert [] == row_faults(ward)


def test_a_table_with_one_bad_box_gives_nothing(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    A later box that is refused leaves the earlier ones without code, row and bundle.
    """
    (tmp_path / "a").mkdir()
    pairs = [(plan("hop-01"), Place(tmp_path / "a")), (plan("hop-02"), Place(tmp_path / "missing"))]

    with pytest.raises(FatalError, match="missing"):
        list(office.give(pairs, NOW, days=14))
    assert not list((tmp_path / "a").iterdir())
    assert not ward.inventory.exists()
    assert () == Enrolment.open(ward.enrolment).holders()


def test_renewing_voids_the_code_before(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    The second bundle has another code and all that was typed for the first; the first code is worth nothing.
    """
    first = give(office, plan(), tmp_path / "card")
    old = (first.where / "enrol-code").read_text().strip()
    kept = Office(ward, PASSPHRASE).plan_of(first.plan.root("phuong-5"))
    assert kept == first.plan
    later = NOW + timedelta(days=20)
    assert ["expired"] == [standing.state for standing in standings(ward, later)]

    again = office.renew(kept, Place(tmp_path / "card"), later, days=3)
    bundle = read_bundle(again.where, anchor(ward))

    assert later + timedelta(days=3) == bundle.list.code_expires
    assert bundle.code not in (None, old)
    assert b"mqtt" in bundle.files["edge.toml"]
    assert ["waiting"] == [standing.state for standing in standings(ward, later)]
    assert ["new", "renew"] == [row["act"] for row in inventory.read_rows(ward.inventory)]
    with pytest.raises(Exception, match="code-wrong"):
        Enrolment.open(ward.enrolment).redeem(first.identity, old, b"k", lambda: pytest.fail("issued"), NOW)


def test_a_revoked_box_is_not_renewed(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    made = give(office, plan(), tmp_path / "card")
    Enrolment.open(ward.enrolment).revoke(made.identity, "stolen", NOW)

    with pytest.raises(FatalError, match="was revoked"):
        office.renew(made.plan, Place(tmp_path / "card"), NOW, days=14)
    assert ["revoked"] == [standing.state for standing in standings(ward, NOW)]


def test_another_boxes_card_is_not_overwritten(office: Office, tmp_path: Path) -> None:
    """
    A card that holds the bundle of another box is refused before a name is given; --replace takes it.
    """
    give(office, plan("hop-01"), tmp_path / "card")

    with pytest.raises(FatalError, match=r"holds the bundle of phuong-5\.to-12\.hop-01"):
        give(office, plan("hop-02"), tmp_path / "card")
    assert "hop-02" == office.next_name("to-12")
    made = next(iter(office.give([(plan("hop-02"), Place(tmp_path / "card"))], NOW, 14, replace=True)))
    assert '"box": "hop-02"' in (made.where / "bundle.json").read_text()


def test_a_new_bundle_takes_the_old_report_away(office: Office, tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "report.json").write_text("{}")
    (tmp_path / "card" / "config.txt").write_text("kept")

    made = give(office, plan(), tmp_path / "card")

    assert {"edge-bundle", "config.txt"} == {path.name for path in (tmp_path / "card").iterdir()}
    assert [0o600] == sorted({stat.S_IMODE(path.stat().st_mode) for path in made.where.rglob("*")
                              if path.is_file()})


def test_what_is_kept_opens_with_the_right_passphrase_only(office: Office, ward: WardFolder,
                                                           tmp_path: Path) -> None:
    from provisioning.box.answer_store import AnswerStore

    made = give(office, plan(), tmp_path / "card")

    assert made.plan == AnswerStore(ward.path, PASSPHRASE).find(made.identity)
    with pytest.raises(FatalError, match="does not open with this passphrase"):
        AnswerStore(ward.path, "another passphrase").find(made.identity)
    (ward.path / "boxes" / f"{made.identity}.kept").write_text("{")
    with pytest.raises(FatalError, match="cannot be used"):
        AnswerStore(ward.path, PASSPHRASE).find(made.identity)


def _changed(path: Path, change: dict[int, tuple[str, str]], drop: tuple[int, ...] = ()) -> None:
    """The inventory as a spreadsheet would save it, with some cells changed or rows gone."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    for number, (column, value) in change.items():
        rows[number][column] = value
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(row for number, row in enumerate(rows) if number not in drop)
    path.write_text(out.getvalue(), encoding="utf-8")


def test_the_inventory_tells_every_change(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    Saved again by a spreadsheet it still verifies; with a changed cell or a deleted row it does not.
    """
    for number in range(1, 5):
        give(office, plan(f"hop-0{number}"), tmp_path / str(number))
    good = ward.inventory.read_text(encoding="utf-8-sig")
    assert [] == row_faults(ward)

    _changed(ward.inventory, {})
    assert [] == row_faults(ward)
    for column in inventory.COLUMNS:
        ward.inventory.write_text(good, encoding="utf-8", newline="")
        _changed(ward.inventory, {1: (column, "x")})
        assert inventory.RowFault(3, "row-changed") in row_faults(ward), column
    ward.inventory.write_text(good, encoding="utf-8", newline="")
    _changed(ward.inventory, {}, drop=(1,))
    assert [inventory.RowFault(3, "row-gap"), inventory.RowFault(4, "row-gap"),
            "phuong-5.to-12.hop-02"] == row_faults(ward)
    ward.inventory.write_text(good, encoding="utf-8", newline="")
    _changed(ward.inventory, {}, drop=(3,))
    assert ["phuong-5.to-12.hop-04"] == row_faults(ward)


SLUGS = st.from_regex(re.compile(r"[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?"), fullmatch=True)
LINES = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=40).filter(str.isprintable)
TITLES = LINES.map(str.strip).filter(lambda text: text and not text.startswith(("=", "+", "-", "@")))
NETWORK_CAMERAS = st.builds(Camera, SLUGS, st.sampled_from(("rtsp://10.0.0.1/a", "rtsps://[fd00::1]:1/b?c=1")),
                            LINES.filter(bool), LINES)
CAMERAS = NETWORK_CAMERAS | st.builds(Camera, SLUGS, st.just("/dev/video0"))
PLANS = st.builds(
    BoxPlan, SLUGS, SLUGS, TITLES,
    st.lists(CAMERAS, min_size=1, max_size=4, unique_by=lambda camera: camera.name).map(tuple),
    st.sets(st.sampled_from(sorted(standard()))).map(
        lambda names: tuple(name for name in standard() if name in names)),
    st.just(Network()), st.sampled_from(Watch), TITLES, alarm=st.sampled_from(CameraAlarm))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLANS)
def test_every_plan_makes_a_config_that_loads(tmp_path: Path, what: BoxPlan) -> None:
    """
    Whatever passed the checks of its parts: no quote, backslash or sign in it breaks the file or is lost.
    """
    path = tmp_path / "edge.toml"
    text = config_text(what, "phuong-5", HostPort("mqtt.example", 8883), ["receiver.pub"])
    path.write_text(text, encoding="utf-8")
    read = load(path).settings

    assert what.title == read.box.title
    assert {camera.name: camera.username or None for camera in what.cameras} == {
        name: camera.username for name, camera in read.cameras.items()}
    assert set(what.wired) == set(read.outputs) | set(read.inputs)
    assert all(is_slug(name) for name in read.cameras)
    wish = None if what.camera_alarm is CameraAlarm.NONE else what.camera_alarm.value
    assert [wish] * len(read.cameras) == [camera.rules["person"].alarm for camera in read.cameras.values()]
    assert (wish is not None) == bool(read.alarm.schedule)
    assert not [note for note in alarm_notes(read) if "nothing here can do it" in str(note)]


def test_network_files_say_what_was_typed() -> None:
    """
    Wi-Fi, 4G and a fixed address as NetworkManager reads them; a name that is no plain text as bytes.
    """
    made = network_files(Network(Wifi("Tổ 12", " a\\b c"), Mobile("v-internet"),
                                 Fixed("192.168.1.50/24", "192.168.1.1", "8.8.8.8")), "phuong-5.to-12.hop-01")
    wifi = made["network/wifi.nmconnection"].decode().splitlines()

    assert "ssid=84;225;187;149;32;49;50;" in wifi
    assert "psk=\\sa\\\\b\\sc" in wifi
    assert "apn=v-internet" in made["network/mobile.nmconnection"].decode().splitlines()
    cable = made["network/cable.nmconnection"].decode().splitlines()
    assert {"address1=192.168.1.50/24,192.168.1.1", "dns=8.8.8.8;", "method=manual"} <= set(cable)
    assert network_files(Network(), "a.b.c") == network_files(Network(), "a.b.c")
    assert network_files(Network(), "a.b.c") != network_files(Network(), "a.b.d")
    only = network_files(Network(Wifi("Nha", "12345678", hidden=True, wpa3=True)), "a.b.c")[
        "network/wifi.nmconnection"].decode().splitlines()
    assert {"hidden=true", "key-mgmt=sae", "psk=12345678"} <= set(only)
    assert "key-mgmt=wpa-psk" in wifi
    assert not [line for line in wifi if line.startswith("hidden")]
    assert "ssid=Nha-5" in network_files(Network(Wifi("Nha-5", "12345678")), "a.b.c")[
        "network/wifi.nmconnection"].decode().splitlines()
