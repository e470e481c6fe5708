"""`edgebox doctor` as a process: real pictures, model and broker over mutual TLS; simulated pins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base import clock
from edge.base.errors import FatalError
from edge.config.load import load
from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.gpio.pins import hold
from edge.gpio.simulated import changes, press
from edge.health import last_result
from edge.health.link import guard_runs, only_uplink, uplink_runs, write_link
from edge.health.records import health_entry
from edge.journal.entry import Present
from edge.journal.store import Journal
from edge.upkeep.doctor.cameras import _as_watched
from tests.brokers import Authority, free_port, kill_all, mosquitto
from tests.e2e.stage import needs_model
from tests.edge.upkeep.doctor.house import PINS, clip, codes, config, doctor
from tests.english import english_in

NAME = "phuong-5.to-12.hop-01"
ROOT = Root("phuong-5", "to-12", "hop-01")


@pytest.fixture(autouse=True)
def _pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EDGEBOX_PINS", f"simulated:{tmp_path}/pins")
    yield
    kill_all()


def test_a_good_box(tmp_path: Path) -> None:
    """
    Pictures come, the model sees who is in the golden one, lights pulse before the siren, the ward takes a
    message over mutual TLS under its access list; the result is kept for the birth.
    """
    needs_model()
    clip(tmp_path)
    authority = Authority(tmp_path / "ca")
    box = authority.issue(NAME)
    broker = mosquitto(tmp_path / "broker", server=authority.issue("localhost"), ca=authority.ca,
                       acl=f"user {NAME}\ntopic write {ROOT.topic('metrics')}\n",
                       extra="use_username_as_clientid true")
    broker.start()
    path = config(tmp_path, f'host = "localhost"\nport = {broker.port}\nca_file = "{authority.ca}"\n'
                            f'cert_file = "{box.cert}"\nkey_file = "{box.key}"', more=PINS)

    code, result = doctor(path, "--siren", "--lang", "en")

    found = codes(result)
    assert [] == [it for it in result["checks"] if it["state"] == "bad"]
    assert code == (1 if result["summary"]["warn"] else 0)      # this machine's clock and disk are not ours
    assert {"camera/gate": "camera-ok", "model": "model-ok", "siren/horn": "output-driven", "ward": "ward-ok",
            "light/yard": "output-driven", "input/door": "input-rest", "input/lid": "input-rest",
            "certificate": "certificate-ok"}.items() <= found.items()
    driven = [(it.gpio, it.level) for it in changes(tmp_path / "pins")]
    assert [(22, True), (22, False), (17, True), (17, False)] == driven[-4:]
    summary = last_result.summary(tmp_path / "state")
    assert summary is not None
    assert result["summary"]["verdict"] == summary.verdict
    assert str(box.key) not in (tmp_path / "state" / last_result.FILE).read_text()


def test_a_bad_box(tmp_path: Path) -> None:
    """
    A camera that is not there, a broker that is not there, a button that is stuck and a lid that is open are
    each told, with what to do; and nobody who did not agree hears a siren.
    """
    press(tmp_path / "pins", 5, "low")
    press(tmp_path / "pins", 6, "low")
    port = free_port()
    path = config(tmp_path, f'host = "127.0.0.1"\nport = {port}\ntls = false',
                  cameras=f'[cameras.yard]\nsource = "rtsp://127.0.0.1:{port}/x"', more=PINS)

    code, result = doctor(path)

    assert 2 == code
    assert "sight/yard" not in codes(result)
    assert {"camera/yard": "camera-bad-refused", "ward": "ward-bad-network", "input/door": "input-down",
            "input/lid": "input-open", "siren/horn": "output-no-consent"}.items() <= codes(result).items()
    assert ["camera/yard", "input/door", "ward"] == sorted(result["summary"]["bad"])
    assert [] == [it["text"] for it in result["checks"] if english_in(f"{it['text']} {it['do']}")]
    assert not any(it.level for it in changes(tmp_path / "pins") if it.gpio == 17)


def test_a_box_on_guard(tmp_path: Path) -> None:
    """
    Pins and the connection to the ward are guard's while it runs: its word is taken, nothing is touched.
    """
    clip(tmp_path)
    path = config(tmp_path, more=PINS)
    with hold(tmp_path / "run/guard"), only_uplink(tmp_path / "run/uplink"):
        write_link(tmp_path / "run/uplink", True, "2026-11-23T12:00:00.000Z")
        _, result = doctor(path, "--siren")
        write_link(tmp_path / "run/uplink", False, "2026-11-23T12:00:00.000Z")
        _, away = doctor(path)

    assert {"siren/horn": "pins-held", "light/yard": "pins-held", "ward": "ward-guarded"}.items() \
        <= codes(result).items()
    assert "ward-guard-away" == codes(away)["ward"]
    assert [] == changes(tmp_path / "pins")


def test_who_guards(tmp_path: Path) -> None:
    """
    Guard and uplink run as long as each holds its lock, whatever file it left behind; there is one uplink.
    """
    before = guard_runs(tmp_path), uplink_runs(tmp_path)
    with hold(tmp_path):
        guarded = guard_runs(tmp_path), uplink_runs(tmp_path)
    with only_uplink(tmp_path):
        linked = guard_runs(tmp_path), uplink_runs(tmp_path)
        with pytest.raises(FatalError, match="another edgebox uplink runs"), only_uplink(tmp_path):
            pass

    assert ((False, False), (True, False), (False, True)) == (before, guarded, linked)
    assert (False, False) == (guard_runs(tmp_path), uplink_runs(tmp_path))


def test_a_black_picture_and_the_journal(tmp_path: Path) -> None:
    """
    A camera that shows black is worth a look; a journal that is open is looked at and not changed.
    """
    clip(tmp_path, luma=5)
    path = config(tmp_path)
    (tmp_path / "state/uplink").mkdir(parents=True, exist_ok=True)
    journal = Journal.open(tmp_path / "state/uplink/journal.db", 1024 * 1024)
    journal.append(health_entry(ROOT, "gate", CameraState.OK, "160x120", clock.now()))
    journal.count("lost_update", 3)

    _, result = doctor(path)

    assert {"camera/gate": "camera-dark", "journal": "journal-lost"}.items() <= codes(result).items()
    assert (1, 1) == (journal.last_seq(), journal.depth().records)
    journal.close()


def test_a_camera_that_watch_has_open() -> None:
    """
    A USB camera cannot be opened twice: what watch said of it last is told.
    """
    def said(state: str) -> str:
        return _as_watched("gate", Present("t", "y", "gate", json.dumps({"state": state, "detail": "x"}),
                                           "")).state.value

    assert ("ok", "bad") == (said("ok"), said("frozen"))


def test_a_missing_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The box without weights is bad, and says how to get them.
    """
    clip(tmp_path)
    monkeypatch.setenv("EDGEBOX_MODELS", str(tmp_path / "none"))

    path = config(tmp_path)
    code, result = doctor(path)

    assert [] == [it["text"] for it in result["checks"] if english_in(f"{it['text']} {it['do']}")]
    assert (2, "model-bad") == (code, codes(result)[f"model/{load(path).settings.model.name}"])


def test_what_a_camera_can_tell_is_measured_on_its_picture(tmp_path: Path) -> None:
    """
    A camera that gives a picture has lines on how small and how far things may be, by its real size;
    they are worth no warning.
    """
    clip(tmp_path)
    path = config(tmp_path, cameras='[cameras.gate]\nsource = "gate.mkv"\nview_deg = 60\n'
                                    '[cameras.gate.rules.night]\nkind = "enter"\nmin_height_ratio = 0.5')

    _, result = doctor(path, "--lang", "en")

    lines = [it for it in result["checks"] if it["kind"] == "sight"]
    assert [("gate", "ok", "sight-one"), ("gate", "ok", "plate-small")] == [
        (it["name"], it["state"], it["code"]) for it in lines]
    assert "50% (60 px, ≤ 3.8 m)" in lines[0]["text"]
