"""Enrolment over real TLS: who gets a certificate, how often, and what a refusal says."""

from __future__ import annotations

import base64
import contextlib
import shutil
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.ward import certificates
from provisioning.ward.broker_files import CRL
from provisioning.ward.csr import MAX_BYTES
from provisioning.ward.est import WRONG_CODE_S, WRONG_CODES
from provisioning.ward.est_server import LIMITS
from tests.brokers import Authority, until
from tests.provisioning.ward.wards import (
    BOX,
    EST,
    OTHER_BOX,
    Answer,
    Est,
    Papers,
    Ward,
    basic,
    csr,
    openssl,
    papers,
)


def test_a_box_enrols_and_renews(ward: Ward, est: Est, tmp_path: Path) -> None:
    """
    With its name and code a box gets a certificate of its own key that openssl believes; with that one it
    gets the next, for a new key; the broker's access list has it before it was told.
    """
    key, next_key = certificates.new_key(), certificates.new_key()
    answer = est.enrol(BOX, ward.code(), csr(BOX, key))

    [first] = answer.certificates
    assert "application/pkcs7-mime; smime-type=certs-only" == answer.headers["content-type"]
    assert "base64" == answer.headers["content-transfer-encoding"]
    assert key.public_key() == first.public_key()
    assert BOX == certificates.common_name(first.subject)
    assert f"user {BOX}\n" in (ward.folder.broker / "acl").read_text()
    held = papers(tmp_path / "held", certificates.pem_of(first).decode(), key)
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", ward.folder.chain, held.cert)

    [second] = est.renew(held, csr(BOX, next_key)).certificates
    assert next_key.public_key() == second.public_key()
    assert first.serial_number != second.serial_number
    assert [second] == est.renew(held, csr(BOX, next_key)).certificates     # the answer was lost
    assert 2 == len(ward.book.issued(BOX))


def test_other_clients_understand_it(ward: Ward, est: Est, tmp_path: Path) -> None:
    """
    A request made by openssl and sent by curl, over TLS 1.2 as well; openssl reads the answer.
    """
    if shutil.which("curl") is None:
        pytest.skip("needs curl: apt-get install curl")
    key, request = tmp_path / "key", tmp_path / "request"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-subj", f"/O=whatever/CN={BOX}", "-outform", "DER", "-out", tmp_path / "der")
    openssl("base64", "-in", tmp_path / "der", "-out", request)
    answer = subprocess.run(
        ["curl", "--silent", "--fail", "--cacert", ward.folder.chain, "--tls-max", "1.2", "--user",
         f"{BOX}:{ward.code()}", "--header", "Content-Type: application/pkcs10", "--data-binary",
         f"@{request}", f"https://127.0.0.1:{est.port}{EST}/simpleenroll"], capture_output=True, check=True)
    (tmp_path / "answer").write_bytes(base64.b64decode(answer.stdout))
    text = openssl("pkcs7", "-inform", "DER", "-in", tmp_path / "answer", "-print_certs")
    assert 1 == text.count("BEGIN CERTIFICATE")
    assert f"CN = {BOX}" in text or f"CN={BOX}" in text
    assert openssl("pkey", "-in", key, "-pubout") == openssl("x509", "-in", _write(tmp_path, text), "-pubkey",
                                                             "-noout")


def _write(folder: Path, text: str) -> Path:
    (folder / "pem").write_text(text)
    return folder / "pem"


def test_what_anybody_may_have(ward: Ward, est: Est) -> None:
    """
    The chain that boxes believe, and the revocation list; nothing else is there.
    """
    chain = est.ask("GET", f"{EST}/cacerts").certificates
    assert set(chain) == set(x509.load_pem_x509_certificates(ward.folder.chain.read_bytes()))
    assert (ward.folder.broker / CRL).read_bytes() == est.ask("GET", "/crl.pem").body
    for path in ("/", "/ward.toml", "/../ward.toml", "/crl.pem/..%2fward.toml", f"{EST}/csrattrs"):
        assert 404 == est.ask("GET", path).status
    assert 405 == est.ask("GET", f"{EST}/simpleenroll").status


def test_a_refusal_says_why(ward: Ward, est: Est) -> None:
    """
    Each has its status and its word, which the box's light and report tell; nothing is issued.
    """
    key, now = certificates.new_key(), datetime.now(UTC)
    expired = ward.book.new_code(OTHER_BOX, now - timedelta(seconds=1), now - timedelta(days=3))
    code = ward.code()
    good = csr(BOX, key)

    def refused(name: str, code: str, request: bytes) -> tuple[int, str]:
        answer = est.enrol(name, code, request)
        return answer.status, answer.word

    assert (401, "code-wrong") == refused(BOX, "00000-00000-00000", good)
    assert (401, "code-wrong") == refused("not a box", code, good)
    assert (401, "code-wrong") == refused("phuong-5.receiver", code, good)
    assert (403, "name-other") == refused(BOX, code, csr(OTHER_BOX, key))
    assert (403, "code-expired") == refused(OTHER_BOX, expired, csr(OTHER_BOX, key))
    for request in (b"", b"not base64!", b"bm90IGEgcmVxdWVzdA==",
                    csr(BOX, rsa.generate_private_key(65537, 2048)), csr(BOX, Ed25519PrivateKey.generate()),
                    csr(BOX, ec.generate_private_key(ec.SECP384R1()))):
        assert (400, "request-bad") == refused(BOX, code, request)
    assert (413, "request-bad") == refused(BOX, code, b"A" * (MAX_BYTES + 1))
    headers = basic(BOX, code, "text/plain")
    assert 415 == est.ask("POST", f"{EST}/simpleenroll", good, headers).status
    without = est.ask("POST", f"{EST}/simpleenroll", good, {"Content-Type": "application/pkcs10"})
    assert (401, "code-wrong") == (without.status, without.word)
    assert without.headers["www-authenticate"].startswith("Basic ")
    assert () == ward.book.issued(BOX)

    assert 1 == len(est.enrol(BOX, code, good).certificates)        # none of that used up the code
    assert (403, "code-used") == refused(BOX, code, csr(BOX, certificates.new_key()))
    ward.book.revoke(BOX, "stolen", now)
    assert (403, "box-revoked") == refused(BOX, code, good)


def test_only_a_boxs_own_certificate_renews(ward: Ward, est: Est, tmp_path: Path) -> None:
    """
    No certificate, another box's, a program's, one of a CA that calls itself like ours, a revoked one:
    refused, the foreign one in the handshake already.
    """
    mine, other, key = ward.box(), ward.box(OTHER_BOX), certificates.new_key()
    program = ward.client("receiver", "receive")
    request = csr(BOX, key)

    assert (403, "certificate-needed") == _refused(est, None, request)
    assert (403, "name-other") == _refused(est, other, request)
    assert (403, "certificate-unknown") == _refused(est, program, csr("phuong-5.receiver", key))
    foreign = Authority(tmp_path / "foreign", "phuong-5 issuing").issue(BOX)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        est.renew(Papers(foreign.cert, foreign.key), request)
    ward.book.revoke(BOX, "stolen", datetime.now(UTC))
    assert (403, "box-revoked") == _refused(est, mine, request)
    assert 1 == len(ward.book.issued(BOX))


def _refused(est: Est, papers: Papers | None, request: bytes) -> tuple[int, str]:
    answer = est.renew(papers, request)
    return answer.status, answer.word


def test_possession_of_the_key_is_proven(ward: Ward, est: Est) -> None:
    """
    A request whose signature was made by another key, or was changed on the way, is not signed.
    """
    raw = bytearray(base64.b64decode(csr(BOX, certificates.new_key())))
    raw[-4] ^= 1
    answer = est.enrol(BOX, ward.code(), base64.b64encode(raw))
    assert (400, "request-bad") == (answer.status, answer.word)


def test_a_power_cut_strands_no_box(ward: Ward, tmp_path: Path) -> None:
    """
    The server is killed after the certificate was recorded and before it was told; the box asks again with
    the same key and gets that one; with another key it gets none. One certificate was issued.
    """
    reached = tmp_path / "reached"
    slow = Est(ward, "--reload", f"sh -c 'touch {reached}; sleep 600'")
    code, key = ward.code(), certificates.new_key()
    ward.publish()
    slow.start()
    (ward.folder.broker / "acl").write_text("")     # what enrolling brings up to date, and reloads
    with contextlib.closing(slow.connect()) as connection:
        connection.request("POST", f"{EST}/simpleenroll", csr(BOX, key), basic(BOX, code))
        until(reached.exists, "the broker to be told of the new box", 30)
        [recorded] = ward.book.issued(BOX)
        slow.kill()
        with pytest.raises((ConnectionError, ssl.SSLError)):
            connection.getresponse()

    again = Est(ward).start()
    try:
        [given] = again.enrol(BOX, code, csr(BOX, key)).certificates
        assert recorded.pem == certificates.pem_of(given).decode()
        assert "code-used" == again.enrol(BOX, code, csr(BOX, certificates.new_key())).word
        assert 1 == len(ward.book.issued(BOX))
    finally:
        again.stop()


def test_guessing_is_held_back(ward: Ward, est: Est) -> None:
    """
    After five wrong codes an address waits, whatever it sends; the box's own code is not used up by that.
    """
    code, request = ward.code(), csr(BOX, certificates.new_key())
    for _ in range(WRONG_CODES):
        assert 401 == est.enrol(BOX, "00000-00000-00000", request).status
    answer = est.enrol(BOX, code, request)
    assert (429, "wait") == (answer.status, answer.word)
    assert 0 < int(answer.headers["retry-after"]) <= WRONG_CODE_S
    assert () == ward.book.issued(BOX)


def test_the_log_holds_no_secret(ward: Ward, est: Est) -> None:
    """
    One line for each answer that matters: who, why, from where; never a code, nor the passphrase, which is
    in no command line either.
    """
    code, key = ward.code(), certificates.new_key()
    est.enrol(BOX, "00000-00000-00000", csr(BOX, key))
    est.enrol(BOX, code, csr(BOX, key))
    assert est.process is not None
    command = Path(f"/proc/{est.process.pid}/cmdline").read_bytes()
    est.stop()
    text = est.log.read_text()

    assert f"refused: name={BOX} from=127.0.0.1 why=code-wrong" in text
    assert f"certificate given: name={BOX} by=code serial=" in text
    for secret in (code, code.replace("-", ""), "00000-00000", ward.passphrase_file.read_text().strip()):
        assert secret not in text
        assert secret.encode() not in command


def test_a_slow_or_silent_client_holds_nobody_up(ward: Ward, est: Est) -> None:
    """
    Many who connect and say nothing, or half a request, and the next box enrols all the same.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            silent = est.connect()
            silent.connect()
            stack.callback(silent.close)
            half = est.connect()
            half.putrequest("POST", f"{EST}/simpleenroll")
            half.putheader("Content-Length", "1000")
            half.putheader("Content-Type", "application/pkcs10")
            half.putheader("Authorization", basic(BOX, "x")["Authorization"])
            half.endheaders(b"half")
            stack.callback(half.close)
        assert 1 == len(est.enrol(BOX, ward.code(), csr(BOX, certificates.new_key())).certificates)


def test_a_crowd_that_says_nothing_makes_room(ward: Ward, est: Est) -> None:
    """
    More connections than there is room for, half of them with a request that never ends: who came first and
    has nothing to say goes for the next, so a box enrols at once.
    """
    with contextlib.ExitStack() as stack:
        for number in range(LIMITS.places + 20):
            silent = est.connect()
            silent.connect()
            stack.callback(silent.close)
            if number % 2:
                with contextlib.suppress(OSError):      # it had to go already
                    silent.putrequest("POST", f"{EST}/simpleenroll")
                    for key, value in {**basic(BOX, "x"), "Content-Length": "1000"}.items():
                        silent.putheader(key, value)
                    silent.endheaders(b"half")

        assert 1 == len(est.enrol(BOX, ward.code(), csr(BOX, certificates.new_key())).certificates)


def test_many_boxes_at_once(ward: Ward, est: Est) -> None:
    """
    Eight boxes, four of them with the same code, at the same time: one certificate a code.
    """
    codes = {f"phuong-5.to-12.hop-{number}": ward.code(f"phuong-5.to-12.hop-{number}") for number in range(4)}
    asked = [*codes.items(), *[(BOX, ward.code())] * 4]

    def enrol(one: tuple[str, str]) -> Answer:
        return est.enrol(one[0], one[1], csr(one[0], certificates.new_key()))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(enrol, asked))

    assert [200] * 4 == [answer.status for answer in answers[:4]]
    assert [200, 403, 403, 403] == sorted(answer.status for answer in answers[4:])
    assert 1 == len(ward.book.issued(BOX))


def test_old_tls_is_refused(est: Est) -> None:
    """
    TLS 1.2 at least.
    """
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{est.port}", "-tls1_1", "-cipher",
                           "ALL:@SECLEVEL=0"], input=b"", capture_output=True, timeout=60)
    assert 0 != done.returncode


@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_when_told_to(ward: Ward, busy: bool) -> None:
    """
    SIGTERM ends it with exit code 0: at once after it listens, and with a connection that hangs about.
    """
    server = Est(ward).start()
    with contextlib.closing(server.connect()) as connection:
        if busy:
            connection.connect()
        server.stop()
    assert server.process is not None
    assert 0 == server.process.returncode, server.log.read_text()
