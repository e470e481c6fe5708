"""Who the box is: a key that was made here and never leaves, and the ward's certificate of it.

    identity/box.key.cred     key and certificate, one PEM, encrypted: one rename switches both
    identity/box.crt          the certificate alone, for whoever wants to know until when it holds
    identity/next.key.cred    a key that has no certificate yet, encrypted

A key is on the disk before the ward hears of it. So after a power cut the same key asks again, and the ward
answers with the same certificate.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from edge.base import durable
from edge.upkeep.firstboot import sealing
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.files import disk_faults, make_folder

CREDENTIAL = "box.key"          # its name to systemd: LoadCredentialEncrypted=box.key:...
_FOLDER = 0o755
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """Key and certificate, which belong together. No text of it tells the key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        """{ward}.{group}.{box}; "" where the certificate has no such name."""
        found = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found[0].value) if len(found) == 1 else ""

    @property
    def pem(self) -> bytes:
        return pem_of_key(self.key) + self.certificate.public_bytes(Encoding.PEM)

    def holds(self, name: str, now: datetime) -> bool:
        """Whether it is `name`'s, and will not have expired at `now`."""
        return self.name == name and now < self.certificate.not_valid_after_utc

    def renewal_due(self, now: datetime) -> bool:
        """Two thirds of its life are over."""
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return now >= begins + (ends - begins) * 2 / 3


class IdentityStore:
    """The folder `identity`. Who changes anything in it is `alone`: first boot and renewal may meet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sealed, self._certificate = folder / "box.key.cred", folder / "box.crt"
        self._next = folder / "next.key.cred"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process changes anything here. Raises FirstbootError."""
        with disk_faults(self._folder):
            make_folder(self._folder, _FOLDER)
            handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def current(self) -> Identity | None:
        """None where there is none yet. Raises FirstbootError: there is one that does not open here."""
        with disk_faults(self._sealed):
            if not self._sealed.exists():
                return None
            sealed = durable.read(self._sealed, _MAX_BYTES)
        pem = sealing.unseal(CREDENTIAL, sealed)
        try:
            return Identity(x509.load_pem_x509_certificate(pem), _key(pem))
        except ValueError as exc:
            raise FirstbootError(SetupFault.NO_KEY,
                                 f"{self._sealed}: holds no key with its certificate; make a "
                                 "new bundle with `edgebox-provision box renew`") from exc

    def next_key(self) -> EllipticCurvePrivateKey | None:
        """The key that waits for its certificate; None where there is none that opens here."""
        with disk_faults(self._next):
            if not self._next.exists():
                return None
            sealed = durable.read(self._next, _MAX_BYTES)
        try:
            return _key(sealing.unseal(CREDENTIAL, sealed))
        except (FirstbootError, ValueError):
            return None         # of another machine: nothing was issued that anybody here could use

    def make_next(self) -> EllipticCurvePrivateKey:
        """A fresh key, encrypted on the disk when this returns. Raises FirstbootError."""
        key = generate_private_key(SECP256R1())
        sealed = sealing.seal(CREDENTIAL, pem_of_key(key))
        with disk_faults(self._folder):
            make_folder(self._folder, _FOLDER)
            durable.write(self._next, sealed, durable.SECRET)
        return key

    def switch_to(self, identity: Identity) -> None:
        """Use this identity from now on; doing it again changes nothing. Raises FirstbootError."""
        sealed = sealing.seal(CREDENTIAL, identity.pem)
        with disk_faults(self._folder):
            durable.write(self._certificate, identity.certificate.public_bytes(Encoding.PEM), durable.PUBLIC)
            durable.write(self._sealed, sealed, durable.SECRET)
        self.drop_next()

    def drop_next(self) -> None:
        with disk_faults(self._next):
            if self._next.exists():
                self._next.unlink()
                durable.sync_folder(self._folder)


def request_for(key: EllipticCurvePrivateKey, name: str) -> x509.CertificateSigningRequest:
    """A request for the first certificate, of which the name is all."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())


def renewal_request(key: EllipticCurvePrivateKey,
                    certificate: x509.Certificate) -> x509.CertificateSigningRequest:
    """A request for the next certificate: subject and other names stay (RFC 7030, 4.2.2)."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(certificate.subject)
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256())


def pem_of_key(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _key(pem: bytes) -> EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("not an EC key")
    return key
