"""A technician at a terminal: real questions, real answers, wrong ones, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from edge.bundle.invites import InviteList
from edge.bundle.verify import Bundle, read_bundle
from edge.config.load import load
from provisioning.box import inventory
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.folder import WardFolder
from tests import onvif_camera, rtsp_server
from tests.media import make_clip, moving_block
from tests.onvif_dialects import TPLINK
from tests.provisioning.box.boxes import PASSPHRASE
from tests.provisioning.terminals import Terminal

PASSWORD = "p@ss: w/ord"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rtsp_server.RtspServer]:
    reason = rtsp_server.missing()
    if reason:
        pytest.skip(reason)
    path = make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", moving_block(600))
    with rtsp_server.RtspServer(path, username="viewer", password=PASSWORD) as running:
        yield running


def believed(ward: WardFolder, card: Path) -> Bundle:
    root = x509.load_pem_x509_certificate(ward.root_certificate.read_bytes())
    return read_bundle(card / "edge-bundle", root)


def begin(ward: WardFolder, *arguments: str) -> Terminal:
    terminal = Terminal("box", "new", str(ward.path), *arguments)
    terminal.shows("hằng ngày: " if "en" not in arguments else "daily use: ")
    terminal.types(PASSPHRASE)
    return terminal


def answer(terminal: Terminal, *pairs: tuple[str, str]) -> None:
    for question, typed in pairs:
        terminal.shows(question)
        terminal.shows(": ")
        terminal.types(typed)


def test_a_box_by_questions_in_vietnamese(ward: WardFolder, tmp_path: Path) -> None:
    """
    Every question answered as a technician would: wrong answers are told at once with what is right, an
    address with user and password in it is taken apart, the card holds what was typed.
    """
    card = tmp_path / "card"
    card.mkdir()
    with begin(ward, "--card", str(card)) as terminal:
        answer(terminal, ("Tổ tự quản", "Tổ 12"))
        terminal.shows("Có phải là to-12?")
        answer(terminal, ("[to-12]", ""), ("Tên hộp", "Hộp!"))
        terminal.shows("Có phải là hop?")
        answer(terminal, ("[hop]", "hop-05"), ("Nơi đặt hộp", "=1+1"))
        terminal.shows("Không bắt đầu bằng")
        answer(terminal, ("Nơi đặt hộp", "Tổ 12, ngõ 5"), ("Camera thứ 1", "192.168.1.20"))
        terminal.shows("Cần địa chỉ dạng rtsp://")
        answer(terminal, ("Camera thứ 1", "rtsp://viewer:s%40cret@127.0.0.1:9/cam"), ("Tên camera", "cong"))
        terminal.shows("Không thấy hình: ở rtsp://127.0.0.1:9/cam có máy, nhưng không có camera trả lời.")
        answer(terminal, ("Vẫn dùng camera này?", "c"), ("Camera thứ 2", "/dev/video0"),
               ("Tên camera", "cong"))
        terminal.shows("Đã có camera tên cong")
        answer(terminal, ("Tên camera", "san"), ("Camera thứ 3", ""), ("Đã đấu dây", "siren, den-pha"))
        terminal.shows("Không có den-pha trong sơ đồ chuẩn")
        answer(terminal, ("Đã đấu dây", "beacon, siren"), ("Chọn số", "7"))
        terminal.shows("Gõ một số")
        answer(terminal, ("Chọn số", "2"), ("Chọn số", "2"), ("Chọn số", "3"), ("Tên Wi-Fi", " Nhà Văn Hóa"),
               ("Mật khẩu Wi-Fi", "ngắn"))
        terminal.shows("8 đến 63 ký tự")
        answer(terminal, ("Mật khẩu Wi-Fi", "mat khau wifi"), ("Chọn số", "2"),
               ("Họ tên tổ trưởng", "Nguyễn Văn An"))
        summary = terminal.shows("Tất cả đã đúng chưa?")
        terminal.shows(": ")
        terminal.types("c")
        assert os.EX_OK == terminal.ends()
        shown = terminal.text

    for secret in ("s@cret", "mat khau wifi", PASSPHRASE):
        assert secret not in shown
    assert "s%40cret" not in summary        # only where the technician typed the address
    assert "rtsp://127.0.0.1:9/cam (viewer)" in summary
    bundle = believed(ward, card)
    settings = load(card / "edge-bundle" / "edge.toml").settings
    assert ("phuong-5.to-12.hop-05", "Tổ 12, ngõ 5") == (bundle.list.identity, bundle.list.title)
    assert b"s@cret\n" == bundle.files["secrets/cong"]
    assert {"cong": "viewer", "san": None} == {name: each.username for name, each in settings.cameras.items()}
    assert ({"siren", "beacon"}, set()) == (set(settings.outputs), set(settings.inputs))
    assert () == settings.cameras["cong"].rules["person"].schedule
    assert ["siren", "siren"] == [camera.rules["person"].alarm for camera in settings.cameras.values()]
    assert 1 == len(settings.alarm.schedule)
    wifi = bundle.files["network/wifi.nmconnection"]
    assert b"psk=mat\\skhau\\swifi" in wifi
    assert b"ssid=32;78;" in wifi           # the space before it is of it, and so it was said
    assert b"hidden=true" in wifi
    assert "dấu cách ở đầu hoặc cuối" in summary
    assert (ward.path / "labels" / "phuong-5.to-12.hop-05.pdf").read_bytes().startswith(b"%PDF")


def test_the_next_box_costs_a_few_keys(ward: WardFolder, tmp_path: Path) -> None:
    """
    What was typed for one box is what Enter means for the next, passwords among it; its name is a free one.
    Its place is another, or it is asked whether two boxes hang there.
    """
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with begin(ward, "--card", str(tmp_path / "a"), "--lang", "en") as terminal:
        answer(terminal, ("Group", "to-12"), ("[hop-01]", ""), ("Where it hangs", "Tổ 12, ngõ 5"),
               ("Camera 1", "rtsp://127.0.0.1:9/cam"), ("[cam-1]", "gate"), ("User name", "viewer"),
               ("Password at", PASSWORD), ("Take this camera", "y"), ("Camera 2", ""), ("[all]", ""),
               ("Number", "1"), ("Number", "3"), ("Number", "4"), ("[v-internet]", ""),
               ("leader", "Trần Thị Bình"), ("all of this right", ""))
        assert os.EX_OK == terminal.ends()
        assert "With 4G alone no telephone reaches the box" in terminal.text
    with begin(ward, "--card", str(tmp_path / "b"), "--lang", "en") as terminal:
        answer(terminal, ("[to-12]", ""), ("[hop-02]", ""), ("[Tổ 12, ngõ 5]", ""),
               ("Box phuong-5.to-12.hop-01 hangs at Tổ 12, ngõ 5 already.", ""),
               ("[Tổ 12, ngõ 5]", "Tổ 12, ngõ 7"),
               ("[rtsp://127.0.0.1:9/cam]", ""), ("[gate]", ""), ("[viewer]", ""), ("[as before]", ""),
               ("Take this camera", ""), ("Camera 2", ""), ("[all]", ""), ("[1]", ""), ("[3]", ""),
               ("[4]", ""), ("[v-internet]", ""), ("[Trần Thị Bình]", ""), ("all of this right", ""))
        assert os.EX_OK == terminal.ends()
        assert PASSWORD not in terminal.text
    first, second = believed(ward, tmp_path / "a"), believed(ward, tmp_path / "b")

    assert "phuong-5.to-12.hop-02" == second.list.identity
    assert "Tổ 12, ngõ 7" == second.list.title
    assert first.files["secrets/gate"] == second.files["secrets/gate"]
    invited = InviteList.model_validate_json(second.files["invites.json"]).invites
    assert [("leader", "Trần Thị Bình"), ("technician", "")] == [(it.role, it.name) for it in invited]
    assert b"apn=v-internet" in second.files["network/mobile.nmconnection"]
    assert first.code != second.code


def test_a_camera_that_was_found_is_taken_by_its_number(ward: WardFolder, tmp_path: Path) -> None:
    """
    Cameras that answer are listed; a number, a user and a password give its streams: the small one for
    detection, the large one for evidence. A number that is not there and a wrong password are asked again.
    """
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    small = make_clip(tmp_path / "small.mp4", moving_block(300, 640, 360), gop=10)
    large = make_clip(tmp_path / "large.mp4", moving_block(100, 960, 540), gop=10)
    user, password = onvif_camera.USER, onvif_camera.PASSWORD
    with (rtsp_server.RtspServer(large, user, password, "0.0.0.0", [small]) as rtsp,
          onvif_camera.camera(TPLINK, streams=(rtsp.url, f"{rtsp.url}1"), address="0.0.0.0") as found,
          onvif_camera.answering(lambda id_: onvif_camera.probe_match(
              id_, f"http://10.9.8.7:{found.port}/onvif/device_service",
              "onvif://www.onvif.org/name/Found_by_number"), group=True),
          begin(ward, "--out", str(tmp_path / "out"), "--lang", "en", "--group", "to-12", "--title", "X",
                "--wired", "none", "--watch", "always", "--leader", "") as terminal):
        answer(terminal, ("[hop-01]", ""))
        number = re.findall(r"(\d+)\. [\d.]+  $", terminal.shows("Found_by_number").removesuffix(
            "Found_by_number"))[0]
        answer(terminal, ("Camera 1", "999"))
        terminal.shows("Type one of the numbers")
        answer(terminal, ("Camera 1", number), ("[cam-1]", "gate"), ("User name", user),
               ("Password at", "wrong"))
        terminal.shows("wrong user name or password")
        answer(terminal, ("Camera 1", number), ("[cam-1]", "gate"), ("User name", user),
               ("Password at", password))
        terminal.shows("For detection its small stream")
        terminal.shows("Camera gate gives a picture, 640x360.")
        answer(terminal, ("Camera 2", ""), ("[1]", ""), ("all of this right", ""))
        assert os.EX_OK == terminal.ends()
        assert password not in terminal.text
        port, cameras = rtsp.port, load(tmp_path / "out/edge-bundle/edge.toml").settings.cameras
    gate = cameras["gate"]
    assert gate.source.endswith(f":{port}/cam1")
    assert (gate.evidence or "").endswith(f":{port}/cam")
    assert found.port == gate.onvif_port
    assert "10.9.8.7" not in gate.source
    assert user == gate.username


def test_a_camera_is_tried_while_it_is_typed(camera: rtsp_server.RtspServer, ward: WardFolder,
                                             tmp_path: Path) -> None:
    """
    A wrong password is told at once and can be typed again; the right one shows the picture's size.
    """
    with begin(ward, "--out", str(tmp_path / "out"), "--lang", "en", "--group", "to-12", "--title", "X",
               "--wired", "none", "--watch", "always", "--leader", "") as terminal:
        answer(terminal, ("[hop-01]", ""), ("Camera 1", camera.url), ("[cam-1]", ""), ("User name", "viewer"),
               ("Password at", "wrong"))
        terminal.shows("No picture: wrong user name or password at the camera.")
        answer(terminal, ("Take this camera", "n"), (f"[{camera.url}]", ""), ("[cam-1]", ""),
               ("[viewer]", ""), ("Password at", PASSWORD))
        terminal.shows("gives a picture, 320x240")
        answer(terminal, ("Camera 2", ""), ("Number", "1"), ("all of this right", "y"))
        assert os.EX_OK == terminal.ends()
        assert PASSWORD not in terminal.text
    assert f"{PASSWORD}\n".encode() == believed(ward, tmp_path / "out").files["secrets/cam-1"]


def test_no_begins_again_with_the_answers_kept(ward: WardFolder, tmp_path: Path) -> None:
    with begin(ward, "--out", str(tmp_path / "out"), "--lang", "en", "--camera", "gate=/dev/video0",
               "--wired", "none", "--watch", "night", "--leader", "", "--group", "to-12") as terminal:
        answer(terminal, ("[hop-01]", ""), ("Where it hangs", "Tổ 21"), ("Number", "1"),
               ("all of this right", "n"))
        terminal.shows("Once more")
        answer(terminal, ("[to-12]", ""), ("[hop-01]", "hop-03"), ("[Tổ 21]", "Tổ 12"), ("[/dev/video0]", ""),
               ("[gate]", ""), ("Camera 2", ""), ("[none]", ""), ("[1]", ""), ("[1]", ""), ("leader", ""),
               ("all of this right", "y"))
        assert os.EX_OK == terminal.ends()
    assert ("hop-03", "Tổ 12") == (believed(ward, tmp_path / "out").list.box,
                                   believed(ward, tmp_path / "out").list.title)


@pytest.mark.parametrize("how", ["ctrl-c", "ctrl-d", "closed"])
def test_stopping_leaves_nothing(ward: WardFolder, tmp_path: Path, how: str) -> None:
    """
    Ctrl-C, end of input or a closed window in the middle: no name given, nothing on the card, no traceback.
    """
    (tmp_path / "card").mkdir()
    with begin(ward, "--card", str(tmp_path / "card")) as terminal:
        answer(terminal, ("Tổ tự quản", "to-12"), ("Tên hộp", ""))
        terminal.shows("Nơi đặt hộp")
        if how == "ctrl-c":
            assert 128 + signal.SIGINT == terminal.interrupted()
        elif how == "ctrl-d":
            terminal.shows(": ")
            terminal.presses("\x04")
            assert 128 + signal.SIGINT == terminal.ends()
        assert "Traceback" not in terminal.text
    assert [] == list((tmp_path / "card").iterdir())
    assert () == Enrolment.open(ward.enrolment).holders()
    assert [] == inventory.read_rows(ward.inventory)


def test_a_wrong_passphrase_is_told_before_any_question(ward: WardFolder, tmp_path: Path) -> None:
    with Terminal("box", "new", str(ward.path), "--out", str(tmp_path)) as terminal:
        terminal.shows("hằng ngày: ")
        terminal.types("not this one")
        assert os.EX_NOPERM == terminal.ends()
        assert "Mật khẩu không đúng" in terminal.text
        assert "Tổ tự quản" not in terminal.text


def test_without_a_card_it_waits_for_one(ward: WardFolder) -> None:
    """
    No card, no flag: it says what to do and looks again on Enter, before any question.
    """
    with begin(ward) as terminal:
        terminal.shows("Không thấy thẻ nào của edgebox")
        terminal.shows("Bấm Enter để tìm lại")
        terminal.types("")
        terminal.shows("Không thấy thẻ nào của edgebox")
        assert 128 + signal.SIGINT == terminal.interrupted()
