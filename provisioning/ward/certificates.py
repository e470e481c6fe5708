"""The ward's certificates, by `cryptography` alone. Pure but for the randomness of keys and serials.

    root (20 years, EC P-256, offline)
      issuing CA (10 years, path length 0)
        boxes (365 days)   servers of broker and enrolment, programs of the ward (2 years)
      bundle signer (10 years, Ed25519, code signing)

Why no ready-made CA (docs/ward-keys.md says more): cfssl is 1.2 in Debian 12, speaks its own protocol and not
EST, and keeps its keys in the clear; step-ca comes in no Debian package, has no EST, and its tokens are too
long to type; estserver of libest is its authors' demonstration. A one-time code that is used up in the same
transaction as the certificate is written down would have to be put in front of each of them. What is left is
this file.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.errors import WordedError
from provisioning.ward.enrolment import Issued

ROOT_DAYS, ISSUING_DAYS, BUNDLE_DAYS = 20 * 365, 10 * 365, 10 * 365
BOX_DAYS, SERVER_DAYS, CLIENT_DAYS = 365, 730, 730
CRL_DAYS = 30
CUT_LIFE = timedelta(minutes=10)
BACKDATED = timedelta(days=1)       # a box may boot with a clock that is behind

PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate and its key, opened. No text of it tells the key."""

    certificate: x509.Certificate
    _private: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"Authority({self.certificate.subject.rfc4514_string()})"

    @property
    def pem(self) -> bytes:
        return pem_of(self.certificate)

    def issue(self, builder: x509.CertificateBuilder, public: PublicKey, now: datetime,
              ends: datetime) -> x509.Certificate:
        """Sign; never beyond our own end.

        Raises FatalError: our own certificate does not hold at `now`: this machine's clock is wrong, or it
        is time for a new issuing CA.
        """
        begins, own_end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not begins <= now <= own_end:
            raise WordedError("authority-clock", os.EX_UNAVAILABLE,
                            name=self.certificate.subject.rfc4514_string(), begins=f"{begins:%Y-%m-%d}",
                            ends=f"{own_end:%Y-%m-%d}", now=f"{now:%Y-%m-%d}")
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (builder.issuer_name(self.certificate.subject).public_key(public)
                .not_valid_before(max(now - BACKDATED, begins)).not_valid_after(min(ends, own_end))
                .serial_number(x509.random_serial_number())
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own),
                               critical=False)
                .sign(self._private, hashes.SHA256()))

    def revocation_list(self, listed: Iterable[Issued], now: datetime) -> bytes:
        """PEM; for CRL_DAYS from `now` on."""
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
                   .last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=CRL_DAYS))
                   .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own),
                                  critical=False))
        for issued in listed:
            assert issued.revoked is not None
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(int(issued.serial, 16))
                .revocation_date(issued.revoked).build())
        return builder.sign(self._private, hashes.SHA256()).public_bytes(Encoding.PEM)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_root(ward: str, private: ec.EllipticCurvePrivateKey, now: datetime) -> Authority:
    public = private.public_key()
    name = _name(f"{ward} root")
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - BACKDATED)
                   .not_valid_after(now + timedelta(days=ROOT_DAYS))
                   .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
                   .add_extension(_usage(authority=True), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
                   .sign(private, hashes.SHA256()))
    return Authority(certificate, private)


def make_issuing(root: Authority, ward: str, private: ec.EllipticCurvePrivateKey, now: datetime) -> Authority:
    builder = (x509.CertificateBuilder().subject_name(_name(f"{ward} issuing"))
               .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
               .add_extension(_usage(authority=True), critical=True))
    return Authority(root.issue(builder, private.public_key(), now, now + timedelta(days=ISSUING_DAYS)),
                     private)


def make_bundle_signer(root: Authority, ward: str, private: Ed25519PrivateKey,
                       now: datetime) -> x509.Certificate:
    """What a box asks of it: issued by the root itself, for signing code (edge/bundle/verify.py)."""
    builder = _leaf(f"{ward} bundles", ExtendedKeyUsageOID.CODE_SIGNING)
    return root.issue(builder, private.public_key(), now, now + timedelta(days=BUNDLE_DAYS))


def make_server(issuing: Authority, hosts: Sequence[str], public: PublicKey,
                now: datetime) -> x509.Certificate:
    """A certificate for who listens at `hosts`, names or IP addresses; the first is its common name."""
    builder = _leaf(hosts[0], ExtendedKeyUsageOID.SERVER_AUTH).add_extension(
        x509.SubjectAlternativeName([_general(host) for host in dict.fromkeys(hosts)]), critical=False)
    return issuing.issue(builder, public, now, now + timedelta(days=SERVER_DAYS))


def make_client(issuing: Authority, name: str, public: PublicKey, now: datetime,
                life: timedelta) -> x509.Certificate:
    """A certificate for a box or a program of the ward: `name` is who it is at the broker."""
    builder = _leaf(name, ExtendedKeyUsageOID.CLIENT_AUTH).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return issuing.issue(builder, public, now, now + life)


def make_box(issuing: Authority, name: str, public: PublicKey, now: datetime) -> Issued:
    return issued_of(make_client(issuing, name, public, now, timedelta(days=BOX_DAYS)), name)


def issued_of(certificate: x509.Certificate, name: str) -> Issued:
    """What the book stores of a certificate."""
    public = certificate.public_key()
    assert isinstance(public, PublicKey)
    return Issued(f"{certificate.serial_number:x}", name, key_id(public), certificate.not_valid_before_utc,
                  certificate.not_valid_after_utc, pem_of(certificate).decode())


def key_id(public: PublicKey) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as `openssl x509 -fingerprint -sha256` tells it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def common_name(name: x509.Name) -> str | None:
    """The only common name of `name`; None where there is none or more than one."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if len(found) == 1 else None


def _leaf(name: str, purpose: x509.ObjectIdentifier) -> x509.CertificateBuilder:
    return (x509.CertificateBuilder().subject_name(_name(name))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "edgebox"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=not authority, content_commitment=False, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, key_cert_sign=authority,
                         crl_sign=authority, encipher_only=False, decipher_only=False)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
