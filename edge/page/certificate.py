"""The page's TLS certificate: the configured one, else one that the box makes itself.

A self-made one is an end certificate, EC P-256, signed by itself: browsers warn about it once. It is no
authority, since a box that hangs on a wall is no place for a key which phones believe in everything.
A box's clock may stand in 1970 when it is made: then it is valid for thirty years, so that phones with
a right clock accept it, and it is made anew once the box knows the time, for as long as every phone
accepts (Apple: 825 days). Each new one makes browsers warn again, so a name that it once had stays in it: a
box that gets an earlier address back needs no other. While the card cannot be written the one on it is served
on, though it be due; where there is none, one in the run folder, which the card takes over when it can.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.base import durable
from edge.base.errors import FatalError
from edge.config.model import PageSettings
from edge.web.addresses import is_address

log = logging.getLogger("page")

_MAX_BYTES = 64 * 1024
_MAX_NAMES = 32                      # a box whose address changes daily goes through its router's pool
_BACK = timedelta(days=30)           # phones' clocks are wrong as well
_LIFE = timedelta(days=790)
_RENEW_BEFORE = timedelta(days=60)
_TIMELESS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))


class CertificateUnsavedError(FatalError):
    """The folder of a self-made certificate cannot be written."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where certificate and key lie, and whether they are ours to renew."""

    cert: Path
    key: Path
    self_made: bool

    @classmethod
    def of(cls, settings: PageSettings, state_dir: Path) -> CertificateFiles:
        if settings.cert_file is not None and settings.key_file is not None:
            return cls(settings.cert_file, settings.key_file, self_made=False)
        return cls(state_dir / "page.crt", state_dir / "page.key", self_made=True)


def ensure(files: CertificateFiles, names: Sequence[str], now: datetime, clock_synchronised: bool,
           spare: CertificateFiles | None = None) -> bool:
    """Make or renew a self-made certificate where it is due; say whether the files are new.

    Args:
        names: that it has to be good for; a name too many is no reason for a new one. Names of the one
            before stay in the next, the latest of them where there are too many.
        spare: taken over rather than making another one, if it will do.

    Raises:
        CertificateUnsavedError: the folder cannot be written.
    """
    if not files.self_made or not _is_due(files, names, now, clock_synchronised):
        return False
    try:
        files.cert.parent.mkdir(parents=True, exist_ok=True)
        if spare is not None and not _is_due(spare, names, now, clock_synchronised):
            durable.write(files.key, durable.read(spare.key, _MAX_BYTES))
            durable.write(files.cert, durable.read(spare.cert, _MAX_BYTES), durable.PUBLIC)
            log.info("page certificate saved: file=%s", files.cert)
            return True
        key = _kept_key(files.key) or ec.generate_private_key(ec.SECP256R1())
        period = (now - _BACK, now + _LIFE) if clock_synchronised else _TIMELESS
        durable.write(files.key, key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        general = tuple(dict.fromkeys((*_general(names), *_names_of(files.cert))))[:_MAX_NAMES]
        durable.write(files.cert, _signed(key, names[0], general, period).public_bytes(
            serialization.Encoding.PEM), durable.PUBLIC)
    except OSError as exc:
        raise CertificateUnsavedError(f"{files.cert}: cannot make the page's certificate: {exc.strerror}; "
                                      "check box.state_dir", os.EX_CANTCREAT) from exc
    log.info("page certificate made: names=%s until=%s", ",".join(names), f"{period[1]:%Y-%m-%d}")
    return True


def context(files: CertificateFiles) -> ssl.SSLContext:
    """A server's TLS context, TLS 1.2 or newer. `load_cert_chain` again makes new connections use new files.

    Raises:
        FatalError: the files are not there, or do not belong together.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    try:
        made.load_cert_chain(files.cert, files.key)
    except (OSError, ValueError) as exc:         # ssl.SSLError is an OSError
        raise FatalError(f"page.cert_file {files.cert}, page.key_file {files.key}: cannot be used: {exc}; "
                         "want PEM, the certificate first, then those who signed it, and its own key",
                         os.EX_NOINPUT) from exc
    return made


def is_usable(files: CertificateFiles) -> bool:
    """Whether it can be served, be it due or not."""
    try:
        context(files)
    except FatalError:
        return False
    return True


def authority(files: CertificateFiles) -> bytes | None:
    """The PEM of who signed the configured certificate, for phones to install; None where there is none."""
    if files.self_made:
        return None
    try:
        last = x509.load_pem_x509_certificates(files.cert.read_bytes())[-1]
        if last.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return last.public_bytes(serialization.Encoding.PEM)
    except (OSError, ValueError, x509.ExtensionNotFound):
        pass
    return None


def _is_due(files: CertificateFiles, names: Sequence[str], now: datetime, clock_synchronised: bool) -> bool:
    try:
        cert = x509.load_pem_x509_certificate(durable.read(files.cert, _MAX_BYTES))
    except (OSError, ValueError):
        return True
    key, covered = _kept_key(files.key), _names_of(files.cert)
    if key is None or key.public_key() != cert.public_key() or not set(_general(names)) <= set(covered):
        return True
    if not clock_synchronised:
        return False
    timeless = cert.not_valid_after_utc == _TIMELESS[1]
    return timeless or not cert.not_valid_before_utc <= now <= cert.not_valid_after_utc - _RENEW_BEFORE


def _names_of(path: Path) -> list[x509.GeneralName]:
    """What the certificate at `path` is good for, in its order; nothing where there is none."""
    with contextlib.suppress(OSError, ValueError, x509.ExtensionNotFound):
        cert = x509.load_pem_x509_certificate(durable.read(path, _MAX_BYTES))
        return list(cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    return []


def _kept_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        key = serialization.load_pem_private_key(durable.read(path, _MAX_BYTES), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
    return None


def _general(names: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)
            for name in names]


def _signed(key: ec.EllipticCurvePrivateKey, common_name: str, names: Sequence[x509.GeneralName],
            period: tuple[datetime, datetime]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    public = key.public_key()
    identity = x509.SubjectKeyIdentifier.from_public_key(public)
    return (x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(period[0]).not_valid_after(period[1])
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(identity, critical=False)
            .sign(key, hashes.SHA256()))
