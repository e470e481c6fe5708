"""Whatever can be wrong is refused with its own code, in one line, and leaves nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.bundle import form
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.signals import PATTERNS
from tests.brokers import free_port, until
from tests.edge.upkeep.firstboot.stand import RUN_LIMIT_S, Box, WardStand, config_text, make_ward


def fault_of(box: Box, exit_code: int, *, marked: bool = False) -> tuple[str, str]:
    """Of a run that fails: the code in the report, and the one line on the terminal.

    `marked`: of a box that is provisioned, and stays so.
    """
    done = box.run()

    told = [line for line in done.stderr.splitlines() if line.startswith("edgebox: ")]
    assert (exit_code, 1) == (done.returncode, len(told)), done.stderr
    report = box.report()
    pattern = PATTERNS[SetupFault(str(report["fault"]))]
    assert f"edgebox: {report['text']}" == told[0]
    assert {"long": pattern.long, "short": pattern.short} == report["flashes"]
    assert marked is box.places.marker.exists()
    return str(report["fault"]), told[0]


def assert_untouched(box: Box) -> None:
    """Nothing of the bundle has come in."""
    assert [] == [*box.places.state.glob("**/*")]


def test_no_bundle(box: Box) -> None:
    """
    An image that was flashed and nothing else.
    """
    assert ("no-bundle", True) == ((found := fault_of(box, os.EX_NOINPUT))[0], "box new" in found[1])
    assert_untouched(box)


def test_a_changed_bundle(box: Box) -> None:
    """
    One line added to the config with an editor.
    """
    box.put_bundle()
    with (box.places.bundle / form.CONFIG).open("a") as file:
        file.write("# mine\n")

    fault, line = fault_of(box, os.EX_DATAERR)

    assert ("damaged-bundle", True) == (fault, "edge.toml" in line)
    assert_untouched(box)


def test_a_forged_list(box: Box) -> None:
    """
    The list itself was changed, e.g. to send the box to another server.
    """
    box.put_bundle()
    path = box.places.bundle / form.LIST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"est": "https://192.0.2.1:1"}))

    assert "bad-signature" == fault_of(box, os.EX_NOPERM)[0]
    assert_untouched(box)


def test_another_wards_bundle(box: Box, tmp_path: Path) -> None:
    """
    It is whole and signed, by somebody whom this image does not know.
    """
    other = make_ward(tmp_path / "other")
    box.put_bundle(signed_by=other.signs)

    assert "other-ward" == fault_of(box, os.EX_NOPERM)[0]
    assert_untouched(box)


def test_the_wrong_image(box: Box) -> None:
    """
    An image without a ward's root believes nobody.
    """
    box.put_bundle()
    done = box.run("firstboot", "--anchor", str(box.path / "none.pem"))

    assert os.EX_CONFIG == done.returncode
    assert "no-anchor" == box.report()["fault"]
    assert_untouched(box)


@pytest.mark.parametrize(("more", "want"), [
    ("[page]\nport = 'x'\n", "page.port"),
    ("password_file = 'pw'\nusername = 'u'\n", "cameras.gate.password_file: the bundle has no such file"),
    ("[members]\ninvites_file = 'invites.json'\n", "members.invites_file: the bundle has no such file"),
])
def test_a_bad_config(box: Box, more: str, want: str) -> None:
    """
    Judged before it is put in place; the line names the key, and the line where there is one.
    """
    box.put_bundle(config=config_text(box.name, more))

    fault, line = fault_of(box, os.EX_CONFIG)

    assert ("bad-config", True) == (fault, want in line), line
    assert_untouched(box)


def test_a_config_that_waits_for_the_wards_ack_needs_the_receivers_key(box: Box) -> None:
    """
    A bundle without it would make a box that lets go of nothing; with it uplink and guard, of one group, may
    read the key, and nobody may write it.
    """
    by_ward = 'ack = "ward"\nack_keys = ["receiver.pub"]'
    config = config_text(box.name).replace("\n[commands]", f"{by_ward}\n\n[commands]")
    box.put_bundle(config=config)
    fault, line = fault_of(box, os.EX_CONFIG)
    assert ("bad-config", True) == (fault, "mqtt.ack_keys[0]: the bundle has no such file" in line), line

    box.put_bundle(config=config, files={"receiver.pub": box.ward.folder.command_public.read_bytes()})
    assert 0 == box.run().returncode
    assert 0o640 == stat.S_IMODE((box.places.config / "receiver.pub").stat().st_mode)


def test_a_config_of_another_box(box: Box) -> None:
    """
    Two bundles mixed up by whoever made them.
    """
    box.put_bundle(config=config_text("other"))

    assert "bad-config" == fault_of(box, os.EX_CONFIG)[0]
    assert_untouched(box)


def test_an_expired_code(box: Box) -> None:
    """
    The ward says so, whatever this box's clock says; nothing is issued.
    """
    box.put_bundle(life=timedelta(seconds=-1))

    assert "code-expired" == fault_of(box, os.EX_NOPERM)[0]
    assert 0 == box.issued()


def test_a_used_code(box: Box) -> None:
    """
    Used by another machine: a copied card. The first keeps its certificate.
    """
    code = box.put_bundle()
    assert 0 == box.run().returncode
    copy = Box(box.path / "copy", box.ward, box.name)
    copy.put_bundle(code=code)

    assert "code-used" == fault_of(copy, os.EX_NOPERM)[0]
    assert 1 == box.issued()
    assert not (copy.places.identity / "box.key.cred").exists()


def test_a_box_that_runs_keeps_its_config_when_it_is_refused(box: Box) -> None:
    """
    The card of another box, whose code was used, in a box that is provisioned: it stays who it is, with its
    own config and certificate, and not with the other's config and its own certificate.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    other = Box(box.path / "other", box.ward, f"{box.name}-b")
    code = other.put_bundle()
    assert 0 == other.run().returncode
    other.put_bundle(code=code)
    shutil.rmtree(box.places.bundle)
    shutil.move(other.places.bundle, box.places.bundle)

    assert "code-used" == fault_of(box, os.EX_NOPERM, marked=True)[0]

    assert config_text(box.name) == box.places.config_file.read_text()
    current = x509.load_pem_x509_certificate((box.places.identity / "box.crt").read_bytes())
    assert f"CN={box.identity}" in current.subject.rfc4514_string()


def test_a_bad_config_uses_up_no_code(box: Box) -> None:
    """
    Nor on a box that is provisioned, where the config is put in place last.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    box.name = f"{box.name}-b"
    box.put_bundle(config=config_text(box.name, "nonsense = 1\n"))

    assert "bad-config" == fault_of(box, os.EX_CONFIG, marked=True)[0]
    assert 0 == box.issued()


def test_a_bundle_whose_code_is_blank_is_no_new_one(box: Box) -> None:
    """
    An old bundle with an empty file for a code, or with zeros: it changes nothing on a box that runs.
    """
    box.put_bundle()
    assert 0 == box.run().returncode
    for blank in (b"", bytes(16)):
        box.put_bundle(config=config_text(box.name) + "# older\n")
        box.places.code.write_bytes(blank)

        assert "damaged-bundle" == fault_of(box, os.EX_DATAERR, marked=True)[0]
        assert config_text(box.name) == box.places.config_file.read_text()


def test_a_code_that_was_replaced(box: Box) -> None:
    """
    A bundle that was made anew makes the earlier one worthless.
    """
    first = box.put_bundle()
    box.put_bundle()
    box.put_bundle(code=first)

    fault, line = fault_of(box, os.EX_NOPERM)

    assert ("est-refused", True) == (fault, "code-wrong" in line)
    assert first not in line


def test_a_revoked_box(box: Box) -> None:
    """
    It was stolen and comes back with its bundle.
    """
    box.put_bundle()
    box.ward.book.revoke(box.identity, "stolen", datetime.now(UTC))

    fault, line = fault_of(box, os.EX_NOPERM)

    assert ("est-refused", True) == (fault, "revoked" in line)


def test_no_network(box: Box) -> None:
    """
    The server's name cannot be resolved.
    """
    box.put_bundle(est="https://est.invalid:8443")

    assert "no-network" == fault_of(box, os.EX_TEMPFAIL)[0]


def test_no_server(box: Box) -> None:
    """
    Nobody listens there.
    """
    box.put_bundle(est=f"https://127.0.0.1:{free_port()}")

    assert "no-server" == fault_of(box, os.EX_TEMPFAIL)[0]


def test_another_wards_server(box: Box, tmp_path: Path) -> None:
    """
    It never hears the code.
    """
    other = make_ward(tmp_path / "other")
    with other.serving():
        box.put_bundle(est=other.settings.est_url)

        assert "wrong-server" == fault_of(box, os.EX_TEMPFAIL)[0]
    assert 0 == box.issued()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Of 48 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "none", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("needs to mount a tmpfs: run as root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_data_partition(box: Box, small_disk: Path) -> None:
    """
    Found out before anything is written.
    """
    box.put_bundle()
    box.places.state.symlink_to(small_disk)

    assert "disk-full" == fault_of(box, os.EX_CANTCREAT)[0]
    assert_untouched(box)


def test_a_full_card(box: Box, small_disk: Path) -> None:
    """
    The bundle fits, the report would not: one line, and nothing is done.
    """
    box.places.card.rmdir()
    box.places.card.symlink_to(small_disk)
    box.put_bundle()
    (small_disk / "photos").write_bytes(bytes(16 * 1024))

    done = box.run()

    assert os.EX_CANTCREAT == done.returncode
    assert "KiB free, want 64" in done.stderr.splitlines()[-1]
    assert_untouched(box)


def test_a_machine_without_systemd_creds(box: Box, tmp_path: Path) -> None:
    """
    No key is ever kept in the clear: a box that cannot encrypt does not enrol.
    """
    box.put_bundle()
    box.environment["PATH"] = str(tmp_path)

    fault, line = fault_of(box, os.EX_UNAVAILABLE)

    assert ("no-key", True) == (fault, "systemd-creds" in line)
    assert 0 == box.issued()


def test_it_waits_for_the_server(tmp_path: Path) -> None:
    """
    Without --once: the fault is told while it lasts, and the box goes on by itself when the server is back.
    """
    ward = make_ward(tmp_path / "ward")
    box = Box(tmp_path / "box", ward)
    box.put_bundle()
    arguments = [argument for argument in box.arguments() if argument != "--once"]
    with subprocess.Popen([sys.executable, "-m", "edge.cli", *arguments], stderr=subprocess.DEVNULL,
                          env={**os.environ, **box.machine}) as process:
        until(lambda: box.places.report.exists() and "no-server" == box.report().get("fault"), "no-server",
              RUN_LIMIT_S)
        assert "waiting" == box.report()["state"]
        with ward.serving():
            assert 0 == process.wait(RUN_LIMIT_S)
    assert "provisioned" == box.report()["state"]
    assert "fault" not in box.report()


def test_it_can_be_stopped_while_it_waits(box: Box) -> None:
    """
    SIGTERM ends it at once, as not yet provisioned.
    """
    arguments = [argument for argument in box.arguments() if argument != "--once"]
    with subprocess.Popen([sys.executable, "-m", "edge.cli", *arguments], stderr=subprocess.DEVNULL,
                          env={**os.environ, **box.machine}) as process:
        until(box.places.report.exists, "report", RUN_LIMIT_S)
        process.send_signal(signal.SIGTERM)

        assert os.EX_TEMPFAIL == process.wait(RUN_LIMIT_S)
    assert "stopped" == box.report()["state"]


def test_a_new_bundle_mends_a_bad_one(box: Box, ward: WardStand) -> None:
    """
    After any refusal the next card simply works.
    """
    box.put_bundle(life=timedelta(seconds=-1))
    assert "code-expired" == fault_of(box, os.EX_NOPERM)[0]
    box.put_bundle(config=config_text(box.name) + "# second\n")

    assert 0 == box.run().returncode
    assert 1 == box.issued()
    assert "# second" in box.places.config_file.read_text()
