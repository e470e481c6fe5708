"""The client against the ward's real server, and against servers that are not as they should be."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from edge.upkeep.firstboot.est import EstClient, Problem
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.identity import Identity, renewal_request, request_for
from provisioning.ward import csr
from tests.edge.upkeep.firstboot.servers import Answer, answering, random_bytes, saying, server_context
from tests.edge.upkeep.firstboot.stand import WARD, WardStand

NOW = datetime.now(UTC)


def client(ward: WardStand, url: str | None = None, own: bytes | None = None,
           timeout_s: float = 20.0) -> EstClient:
    return EstClient(url or ward.settings.est_url, ward.folder.chain.read_bytes(), own, timeout_s)


def enrolled(ward: WardStand, name: str) -> Identity:
    key = generate_private_key(SECP256R1())
    code = ward.book.new_code(name, NOW + timedelta(days=1))
    certificate = client(ward).enrol(request_for(key, name), name, code)
    assert isinstance(certificate, x509.Certificate)
    return Identity(certificate, key)


def expired(ward: WardStand) -> Identity:
    """Of a box that spent too long in a cupboard."""
    key, ended = generate_private_key(SECP256R1()), NOW - timedelta(days=1)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{WARD}.to-12.old")])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(ward.issuing.certificate.subject)
                   .public_key(key.public_key()).serial_number(1).not_valid_before(ended - timedelta(days=1))
                   .not_valid_after(ended).sign(ward.issuing._private, hashes.SHA256()))
    return Identity(certificate, key)


def test_who_is_to_be_believed(ward: WardStand) -> None:
    """
    cacerts gives issuing CA and root, as the bundle has them.
    """
    found = client(ward).cacerts()

    assert not isinstance(found, Problem)
    assert {*x509.load_pem_x509_certificates(ward.folder.chain.read_bytes())} == {*found}


def test_the_same_key_gets_the_same_certificate(ward: WardStand) -> None:
    """
    An answer that was lost costs nothing: asking again is no second certificate.
    """
    key, name = generate_private_key(SECP256R1()), f"{WARD}.to-12.twice"
    code = ward.book.new_code(name, NOW + timedelta(days=1))

    first, second = (client(ward).enrol(request_for(key, name), name, code) for _ in range(2))

    assert isinstance(first, x509.Certificate)
    assert first == second
    assert 1 == len(ward.book.issued(name))


def test_renewal_by_the_present_certificate(ward: WardStand) -> None:
    """
    Another key, another certificate, the same name; without one it is refused.
    """
    held = enrolled(ward, f"{WARD}.to-12.renewing")
    key = generate_private_key(SECP256R1())
    request = renewal_request(key, held.certificate)

    fresh = client(ward, own=held.pem).renew(request)
    refused = client(ward).renew(request)

    assert isinstance(fresh, x509.Certificate)
    assert (held.certificate.subject, key.public_key()) == (fresh.subject, fresh.public_key())
    assert isinstance(refused, Problem)
    assert (SetupFault.REFUSED, True) == (refused.fault, "certificate-needed" in refused.text)


def test_a_server_that_refuses_our_certificate(tmp_path: Path, ward: WardStand) -> None:
    """
    Its alert is heard, though it comes after the handshake; the text says what to do.
    """
    context = server_context(ward, tmp_path, "127.0.0.1", NOW)
    context.load_verify_locations(ward.folder.chain)
    context.verify_mode = ssl.CERT_REQUIRED
    held = expired(ward)
    with answering(context, saying("200 OK", b"")) as url:
        refused = client(ward, url, held.pem).renew(renewal_request(held.key, held.certificate))

    assert isinstance(refused, Problem)
    assert (SetupFault.REFUSED, True) == (refused.fault, "certificate expired" in refused.text)


def test_a_server_of_another_time(tmp_path: Path, ward: WardStand) -> None:
    """
    Its certificate does not hold yet at the time that this box believes: as on a box in 1970.
    """
    context = server_context(ward, tmp_path, "127.0.0.1", NOW + timedelta(days=365))
    with answering(context, saying("200 OK", b"")) as url:
        found = client(ward, url).cacerts()

    assert isinstance(found, Problem)
    assert SetupFault.NO_TIME is found.fault


def test_a_server_of_another_name(tmp_path: Path, ward: WardStand) -> None:
    """
    The ward's broker is not its enrolment server.
    """
    context = server_context(ward, tmp_path, "mqtt.example", NOW)
    with answering(context, saying("200 OK", b"")) as url:
        found = client(ward, url).cacerts()

    assert isinstance(found, Problem)
    assert SetupFault.WRONG_SERVER is found.fault


@pytest.mark.parametrize(("answer", "fault"), [
    (saying("503 Service Unavailable", b"later: a fault\n"), SetupFault.NO_SERVER),
    (saying("429 Too Many Requests", b"wait: too many\n"), SetupFault.NO_SERVER),
    (saying("202 Accepted", b""), SetupFault.NO_SERVER),
    (saying("404 Not Found", b"<html>"), SetupFault.REFUSED),
    (saying("401 Unauthorized", b"code-used: by another key\n"), SetupFault.CODE_USED),
    (saying("403 Forbidden", b"code-expired: at noon\n"), SetupFault.CODE_EXPIRED),
    (saying("403 Forbidden", b"\xff\x00\x1b[31m\n"), SetupFault.REFUSED),
    (saying("200 OK", b"not base64!"), SetupFault.REFUSED),
    (saying("200 OK", b"aGVsbG8="), SetupFault.REFUSED),
    (saying("200 OK", b""), SetupFault.REFUSED),
    (random_bytes, SetupFault.NO_SERVER),
    (lambda connection, body: None, SetupFault.NO_SERVER),
])
def test_odd_answers(answer: Answer, fault: SetupFault, tmp_path: Path,
                     ward: WardStand) -> None:
    """
    Each is a fault with one printable line; none is an exception.
    """
    key = generate_private_key(SECP256R1())
    with answering(server_context(ward, tmp_path, "127.0.0.1", NOW), answer) as url:
        found = client(ward, url).enrol(request_for(key, "a.b.c"), "a.b.c", "secret-code")

    assert isinstance(found, Problem)
    assert fault is found.fault
    assert found.text.isprintable()
    assert "secret-code" not in found.text


def test_a_certificate_of_another_key(tmp_path: Path, ward: WardStand) -> None:
    """
    What we cannot use is not taken.
    """
    key, answer = generate_private_key(SECP256R1()), csr.answer([ward.issuing.pem])
    with answering(server_context(ward, tmp_path, "127.0.0.1", NOW), saying("200 OK", answer)) as url:
        found = client(ward, url).enrol(request_for(key, "a.b.c"), "a.b.c", "code")

    assert isinstance(found, Problem)
    assert (SetupFault.REFUSED, True) == (found.fault, "another key" in found.text)


def test_a_server_that_says_nothing(tmp_path: Path, ward: WardStand) -> None:
    """
    It is left after the time-out.
    """
    done = threading.Event()
    context = server_context(ward, tmp_path, "127.0.0.1", NOW)
    with answering(context, lambda connection, body: [done.wait(20)].clear()) as url:
        found = client(ward, url, timeout_s=0.3).cacerts()
        done.set()

    assert isinstance(found, Problem)
    assert SetupFault.NO_SERVER is found.fault


def test_no_certificate_of_the_system_is_believed(ward: WardStand) -> None:
    """
    Only those that came with the bundle; what is none is told when the client is made.
    """
    with pytest.raises(ValueError, match="PEM"):
        EstClient(ward.settings.est_url, b"no certificate")
