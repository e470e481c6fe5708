"""The page's certificate: what phones accept, when it is made anew, and who may read its key."""

from __future__ import annotations

import socket
import ssl
import stat
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.base.errors import FatalError
from edge.config.model import PageSettings
from edge.members.values import Credential
from edge.page import addresses, certificate
from edge.page.addresses import own_names
from edge.page.certificate import CertificateFiles
from edge.page.guard_link import GuardLink
from edge.page.server import GroupPage
from tests.brokers import Authority, free_port
from tests.edge.page.stand import Stand, settings_of, standing
from tests.mounts import own_card

NAMES = ("hop.local", "192.168.1.20", "localhost")
NOW = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def made(folder: Path, names: tuple[str, ...] = NAMES, now: datetime = NOW,
         synchronised: bool = True) -> bool:
    return certificate.ensure(files(folder), names, now, synchronised)


def files(folder: Path) -> CertificateFiles:
    return CertificateFiles.of(PageSettings(), folder)


def read(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "page.crt").read_bytes())


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    """
    The second start makes none; fewer names, or a clock that is lost again, are no reason; every new one
    would make browsers warn again.
    """
    assert made(tmp_path)
    before = (tmp_path / "page.crt").read_bytes()
    assert not made(tmp_path)
    assert not made(tmp_path, NAMES[:1])
    assert not made(tmp_path, now=EPOCH, synchronised=False)
    assert before == (tmp_path / "page.crt").read_bytes()


@pytest.mark.parametrize("change", ["name", "age", "jumped", "key", "damaged", "half"])
def test_it_is_made_anew_when_it_must_be(tmp_path: Path, change: str) -> None:
    """
    A new address, its last 60 days, a clock before its time, a lost or foreign key, a damaged file.
    """
    made(tmp_path)
    names: tuple[str, ...] = NAMES
    now = NOW
    match change:
        case "name":
            names = (*NAMES, "192.168.1.21")
        case "age":
            now = NOW + timedelta(days=731)
        case "jumped":
            now = NOW - timedelta(days=31)
        case "key":
            (tmp_path / "page.key").unlink()
        case "damaged":
            (tmp_path / "page.crt").write_bytes((tmp_path / "page.crt").read_bytes()[:200])
        case "half":
            (tmp_path / "other").mkdir()
            made(tmp_path / "other")
            (tmp_path / "page.key").write_bytes((tmp_path / "other" / "page.key").read_bytes())
    assert made(tmp_path, names, now)
    assert not made(tmp_path, names, now)
    certificate.context(files(tmp_path))


def test_old_names_stay_with_the_same_key(tmp_path: Path) -> None:
    """
    A new address makes a new certificate that is good for the old one as well, so the way back needs none;
    after a hundred addresses the names of today are in it, and it is no book.
    """
    made(tmp_path)
    key = (tmp_path / "page.key").read_bytes()
    assert made(tmp_path, (*NAMES[:1], "192.168.1.21", "localhost"))
    assert not made(tmp_path, NAMES)
    for last in range(30, 130):
        assert made(tmp_path, ("hop.local", f"192.168.1.{last}", "localhost"))
    covered = read(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert 32 == len(list(covered))
    assert {"hop.local", "localhost"} == set(covered.get_values_for_type(x509.DNSName))
    assert "192.168.1.129" == str(covered.get_values_for_type(x509.IPAddress)[0])
    assert key == (tmp_path / "page.key").read_bytes()


@pytest.mark.parametrize(("configured", "numbers4", "expected"), [
    (("hop.local",), ["192.168.1.20"], ("hop.local", "192.168.1.20")),
    (("hop.local",), [], ("hop.local",)),
    ((), ["192.168.1.20"], ("box.local", "box", "192.168.1.20")),
    ((), [], ("box.local", "box", "2001:db8::7"))])
def test_a_new_ipv6_prefix_is_no_new_name(monkeypatch: pytest.MonkeyPatch, configured: tuple[str, ...],
                                          numbers4: list[str], expected: tuple[str, ...]) -> None:
    """
    IPv6 addresses count only for a box that has neither a configured name nor an IPv4 address.
    """
    monkeypatch.setattr(socket, "gethostname", lambda: "box.lan")
    monkeypatch.setattr(addresses, "_addresses4", lambda: numbers4)
    monkeypatch.setattr(addresses, "_addresses6", lambda: ["2001:db8::7"])
    assert (*expected, "localhost", "127.0.0.1", "::1") == own_names(configured)


def test_a_clock_in_1970_makes_one_that_phones_accept(tmp_path: Path) -> None:
    """
    It is valid for every right clock of these decades; once the box knows the time it is made anew, with
    the same key, for less than the 825 days that the strictest phones accept.
    """
    assert made(tmp_path, now=EPOCH, synchronised=False)
    assert not made(tmp_path, now=EPOCH + timedelta(days=1), synchronised=False)
    timeless = read(tmp_path)
    assert timeless.not_valid_before_utc <= NOW <= timeless.not_valid_after_utc
    assert made(tmp_path)
    known = read(tmp_path)
    assert known.not_valid_after_utc - known.not_valid_before_utc < timedelta(days=825)
    assert known.not_valid_before_utc < NOW - timedelta(days=20)
    assert timeless.public_key() == known.public_key()


def test_nobody_else_reads_the_key(tmp_path: Path) -> None:
    """
    Mode 0600, whatever the umask; P-256; no authority, so that no phone can be made to believe it in others.
    """
    made(tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / "page.key").stat().st_mode)
    assert [] == [path.name for path in tmp_path.iterdir() if path.suffix == ".new"]
    extensions = read(tmp_path).extensions
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert "secp256r1" == read(tmp_path).public_key().curve.name        # type: ignore[union-attr]


def test_tls_1_2_and_newer_for_each_name(stand: Stand) -> None:
    """
    A client that believes it gets through under every name; TLS 1.1 does not.
    """
    def connect(context: ssl.SSLContext, name: str) -> str | None:
        with (socket.create_connection(("127.0.0.1", stand.port), 10) as plain,
              context.wrap_socket(plain, server_hostname=name) as secured):
            return secured.version()

    for name in own_names(()):
        assert "TLSv1.3" == connect(stand.trust(), name), name
    old = stand.trust()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert "TLSv1.2" == connect(old, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(stand.trust(), "evil.example")
    ancient = stand.trust()
    ancient.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        ancient.minimum_version = ssl.TLSVersion.TLSv1
        ancient.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(ancient, "localhost")


def test_a_given_certificate_is_used_and_its_authority_offered(tmp_path: Path) -> None:
    """
    Phones that have the ward's authority believe it without a warning; a member can download that authority.
    """
    ward = Authority(tmp_path / "ca")
    issued = ward.issue("hop-1")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(issued.cert.read_bytes() + ward.ca.read_bytes())
    with standing(tmp_path, cert_file=chain, key_file=issued.key) as stand:
        stand.certificate.parent.mkdir()
        stand.certificate.write_bytes(ward.ca.read_bytes())     # whom the phones believe
        who: Credential = stand.join()
        with stand.phone(who) as client:
            answer = client.get("/ca.crt")
            assert (200, "application/x-x509-ca-cert") == (answer.status_code, answer.headers["content-type"])
            offered = x509.load_pem_x509_certificate(answer.content)
            assert offered == x509.load_pem_x509_certificate(ward.ca.read_bytes())
            assert "/ca.crt" in client.get("/me").text
        with stand.phone() as nobody:
            assert 303 == nobody.get("/ca.crt").status_code


def test_the_self_made_one_is_not_offered_as_an_authority(stand: Stand, lan: Credential) -> None:
    """
    There is nothing to install then, and no page says that there is.
    """
    with stand.phone(lan) as client:
        assert 404 == client.get("/ca.crt").status_code
        assert "/ca.crt" not in client.get("/me").text


def test_files_that_do_not_fit_are_told(tmp_path: Path) -> None:
    """
    A key of another certificate, and no file at all: one line that names both keys of the config.
    """
    ward = Authority(tmp_path / "ca")
    one, other = ward.issue("one"), ward.issue("other")
    for cert, key in ((one.cert, other.key), (tmp_path / "nothing.pem", one.key), (one.key, one.key)):
        with pytest.raises(FatalError, match=r"page\.cert_file .*page\.key_file .*cannot be used"):
            certificate.context(CertificateFiles(cert, key, self_made=False))
    with pytest.raises(FatalError, match=r"cannot make the page's certificate"):
        made(one.cert / "below-a-file")


def test_a_taken_port_is_told(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    A second page on the same port is refused with the keys to change.
    """
    second = Stand(tmp_path_factory.mktemp("second"), port=stand.port)
    with pytest.raises(FatalError, match=r"page\.port \d+: cannot listen: Address already in use"):
        second.start()
    second.roster.close()


def test_a_renewed_certificate_serves_the_next_connection(stand: Stand, lan: Credential) -> None:
    """
    Files that were made anew under a running page are taken without a restart.
    """
    assert certificate.ensure(files(stand.certificate.parent), ("127.0.0.1", "192.168.77.1"), NOW, False)
    page = stand.page
    assert page is not None
    page.look_at_certificate(("127.0.0.1", "192.168.77.1", "192.168.77.2"))
    with stand.phone(lan) as client:
        assert 200 == client.get("/").status_code
    served = ssl.get_server_certificate(("127.0.0.1", stand.port)).encode()
    assert read(stand.certificate.parent) == x509.load_pem_x509_certificate(served)


def test_a_card_that_takes_nothing_is_served_from(tmp_path: Path) -> None:
    """
    The card is read-only, and there is no certificate on it: one in memory is served, and the card takes
    over that very one when it can. One that is there is served although the box has got another address.
    """
    with own_card(tmp_path / "card") as card:
        settings = settings_of(tmp_path / "run", card.folder, port=free_port())
        (tmp_path / "run").mkdir()
        card.make_read_only()
        page = GroupPage(settings, GuardLink(settings.box.runtime_dir))
        in_memory = (tmp_path / "run" / "page" / "page.crt").read_bytes()
        card.make_writable()
        page.look_at_certificate(own_names(()))
        assert in_memory == (card.folder / "page" / "page.crt").read_bytes()

        card.make_read_only()
        page.look_at_certificate((*own_names(()), "192.168.77.1"))
        page.close()
        page = GroupPage(settings, GuardLink(settings.box.runtime_dir))
        page.close()
        assert in_memory == (card.folder / "page" / "page.crt").read_bytes()
