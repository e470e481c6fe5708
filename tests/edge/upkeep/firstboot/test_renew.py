"""The next certificate, from the real server, by the real `edgebox renew`."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from edge.bundle import form
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.identity import Identity, IdentityStore
from edge.upkeep.firstboot.renewal import Renewal
from provisioning.ward import csr
from provisioning.ward.certificates import make_client, pem_of
from tests.brokers import until
from tests.edge.upkeep.firstboot.servers import answering, saying, server_context
from tests.edge.upkeep.firstboot.stand import Box, WardStand
from tests.edge.upkeep.firstboot.test_power_cut import Launcher, assert_provisioned, launcher

__all__ = ["launcher"]


@pytest.fixture
def code(box: Box, monkeypatch: pytest.MonkeyPatch) -> str:
    """`box` is provisioned; this process opens what its machine opens."""
    monkeypatch.setenv(*next(iter(box.machine.items())))
    code = box.put_bundle()
    assert 0 == box.run().returncode
    return code


def held(box: Box) -> Identity:
    current = IdentityStore(box.places.identity).current()
    assert current is not None
    return current


def test_it_is_due_at_two_thirds(box: Box, code: str) -> None:
    """
    Not a second before: of 365 days and the one that it was backdated, on the 244th.
    """
    certificate = held(box).certificate
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    due = begins + timedelta(days=244)

    assert timedelta(days=366) == ends - begins
    assert not held(box).renewal_due(due - timedelta(seconds=1))
    assert held(box).renewal_due(due)
    assert None is Renewal(box.places).renew(due - timedelta(seconds=1), force=False)
    assert 1 == box.issued()


def test_a_box_that_is_due(box: Box, code: str) -> None:
    """
    Another key, another certificate, the same name; three months in a cupboard before it was due are no case.
    """
    before = held(box)
    late = before.certificate.not_valid_before_utc + timedelta(days=244 + 91)

    fresh = Renewal(box.places).renew(late, force=False)

    assert fresh is not None
    assert fresh.certificate == held(box).certificate
    assert before.key.public_key() != fresh.key.public_key()
    assert before.name == fresh.name
    assert_provisioned(box, code, certificates=2)


def test_force(box: Box, code: str) -> None:
    """
    The command, the modes of what it leaves, and the certificate beside for whoever wants its dates.
    """
    assert 0 == box.run("renew").returncode
    assert 1 == box.issued()

    assert 0 == box.run("renew", "--force").returncode

    assert 2 == box.issued()
    folder = box.places.identity
    assert held(box).certificate == x509.load_pem_x509_certificate((folder / "box.crt").read_bytes())
    assert {"box.crt": 0o644, "box.key.cred": 0o600} == {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_services_are_restarted_even_after_a_failure(box: Box, code: str, tmp_path: Path) -> None:
    """
    A restart that did not happen is made up for by the next run, though nothing is due any more.
    """
    systemctl, told = tmp_path / "systemctl", tmp_path / "told"
    systemctl.write_text(f"#!/bin/sh\necho \"$@\" >> {told}\ntest -e {tmp_path}/up\n")
    systemctl.chmod(0o755)
    box.environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"

    failed = box.run("renew", "--force", "--restart", "edgebox-guard.service")
    (tmp_path / "up").touch()
    made_up = box.run("renew", "--restart", "edgebox-guard.service")
    idle = box.run("renew", "--restart", "edgebox-guard.service")

    assert [os.EX_UNAVAILABLE, 0, 0] == [failed.returncode, made_up.returncode, idle.returncode]
    assert ["try-restart edgebox-guard.service"] * 2 == told.read_text().splitlines()
    assert 2 == box.issued()


@pytest.mark.parametrize("command", ["renew", "firstboot"])
def test_first_boot_and_renewal_wait_for_each_other(box: Box, code: str, command: str) -> None:
    """
    A new bundle comes while the timer renews: one after the other changes key and certificate, which stay a
    pair, and the waiting key of one is not taken away by the other.
    """
    if command == "firstboot":
        box.name = f"{box.name}-b"
        box.put_bundle()
    with ThreadPoolExecutor() as pool, IdentityStore(box.places.identity).alone():
        done = pool.submit(box.run, command, *(["--force"] if command == "renew" else []))
        until(lambda: waits_for(box.places.identity) or done.done(), "it to wait")
        assert not done.done()
        assert {"box.crt", "box.key.cred"} == {path.name for path in box.places.identity.iterdir()}
    assert 0 == done.result().returncode
    assert box.identity == held(box).name


def waits_for(folder: Path) -> bool:
    """Somebody waits for a lock on it. Source: proc(5), /proc/locks."""
    inode = f":{folder.stat().st_ino} "
    return any("-> FLOCK" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


def test_a_revoked_box_keeps_what_it_has(box: Box, code: str) -> None:
    """
    Refused with one line; the old pair is as it was, and asking again makes no second key.
    """
    before = held(box).certificate
    box.ward.book.revoke(box.identity, "stolen", datetime.now(UTC))

    done = box.run("renew", "--force")

    assert os.EX_NOPERM == done.returncode
    assert 1 == len(lines := [line for line in done.stderr.splitlines() if line.startswith("edgebox: ")])
    assert "box-revoked" in lines[0]
    assert before == held(box).certificate


def test_a_certificate_that_has_ended(box: Box, code: str) -> None:
    """
    Too long in a cupboard: the line says what to do, and the new bundle works.
    """
    past = held(box).certificate.not_valid_after_utc + timedelta(days=1)
    store, key = IdentityStore(box.places.identity), generate_private_key(SECP256R1())
    then = datetime.now(UTC) - timedelta(hours=1)
    ended = make_client(box.ward.issuing, box.identity, key.public_key(), then, timedelta(minutes=1))
    store.switch_to(Identity(ended, key))

    with pytest.raises(FirstbootError, match="make a new bundle") as caught:
        Renewal(box.places).renew(past, force=False)
    assert SetupFault.REFUSED is caught.value.fault
    box.put_bundle()
    assert 0 == box.run().returncode
    assert held(box).holds(box.identity, datetime.now(UTC) + timedelta(days=300))


def test_a_certificate_that_nobody_accepts(box: Box, code: str, tmp_path: Path, ward: WardStand) -> None:
    """
    It is used once before it takes the old one's place; then the old pair is as it was.
    """
    before, context = held(box).certificate, server_context(ward, tmp_path, "127.0.0.1", datetime.now(UTC))
    context.load_verify_locations(ward.folder.chain)
    context.verify_mode = ssl.CERT_REQUIRED

    def answer(connection: socket.socket, body: bytes) -> None:
        ended = datetime.now(UTC) - timedelta(hours=1)
        public = csr.parse(body).public
        useless = make_client(ward.issuing, box.identity, public, ended, timedelta(minutes=1))
        saying("200 OK", csr.answer([pem_of(useless)]))(connection, body)

    with answering(context, answer) as url:
        listed = box.places.config / form.LIST
        listed.write_text(listed.read_text().replace(ward.settings.est_url, url))
        with pytest.raises(FirstbootError, match="used once"):
            Renewal(box.places).renew(datetime.now(UTC), force=True)

    assert before == held(box).certificate


def test_another_machine_opens_nothing(box: Box, code: str) -> None:
    """
    The data partition in another box: it cannot renew, nor be this box.
    """
    (box.path / "machine.secret").unlink()
    other = Box(box.path / "other", box.ward, "other")
    other.put_bundle()
    assert 0 == other.run().returncode
    (other.path / "machine.secret").rename(box.path / "machine.secret")

    done = box.run("renew", "--force")

    assert os.EX_UNAVAILABLE == done.returncode
    assert "systemd-creds decrypt" in done.stderr
    assert 1 == box.issued()


def test_a_cut_before_every_effect(box: Box, code: str, launcher: Launcher) -> None:
    """
    Before each file, program and connection in turn: one certificate a renewal, and a pair that fits.
    """
    effects = launcher.run(box, "renew", "--force")
    assert 8 < effects
    expected = 2
    for cut_at in range(1, effects + 1):
        launcher.run(box, "renew", "--force", cut_at=cut_at)
        assert box.identity == held(box).name
        issued = box.ward.book.issued(box.identity)
        is_new = expected < len(issued) and int(issued[-1].serial, 16) == held(box).certificate.serial_number
        launcher.run(box, "renew", *([] if is_new else ["--force"]))
        expected += 1
        assert_provisioned(box, code, certificates=expected)
