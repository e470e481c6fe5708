"""Private keys of the ward at rest, and the one that signs bundles.

Encrypted by PBES2 with 600,000 rounds (ward/command/pkcs8.py says why not the library's own).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.contract.signing import ALG, kid_of, signature_text, signed_part
from provisioning.errors import WordedError
from provisioning.ward.folder import WardFolder
from ward.command.pkcs8 import encrypted_pem

PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey
_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Signer:
    """The ward's key for bundles and inventory rows, opened. No text of it tells the key."""

    kid: str
    certificate: bytes      # PEM: `signer.crt` of a bundle
    _private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.kid})"

    def signed(self, document: dict[str, object]) -> dict[str, object]:
        """`document` with kid, alg and sig, as edge.bundle.verify wants it."""
        whole = {**document, "kid": self.kid, "alg": ALG}
        return {**whole, "sig": signature_text(self._private.sign(signed_part(whole)))}


def load_signer(folder: Path, passphrase: str) -> Signer:
    """Open the bundle key of the ward at `folder`. Raises FatalError, whose text holds no secret."""
    ward = WardFolder(folder)
    private = open_key(ward.bundle_key, passphrase)
    certificate = read_certificate(ward.bundle_certificate)
    if not isinstance(private, Ed25519PrivateKey) or private.public_key() != certificate.public_key():
        raise WordedError("key-pair", os.EX_DATAERR, path=str(ward.bundle_key),
                        other=ward.bundle_certificate.name)
    return Signer(kid_of(private.public_key()), certificate.public_bytes(Encoding.PEM), private)


def sealed(private: PrivateKey, passphrase: str) -> bytes:
    """PEM, encrypted."""
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return encrypted_pem(plain, passphrase.encode())


def bare(private: PrivateKey) -> bytes:
    """PEM, not encrypted: for a server or client that starts without anybody there."""
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def open_key(path: Path, passphrase: str | None) -> PrivateKey:
    """None for a key that is not encrypted.

    Raises FatalError: no such key, or not with this passphrase; the text holds neither.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
    except OSError as exc:
        raise WordedError("copy-unreadable", os.EX_NOINPUT, path=str(path), why=exc) from exc
    try:
        private = load_pem_private_key(text, None if passphrase is None else passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise WordedError("passphrase-wrong", os.EX_NOPERM, path=str(path)) from exc
    if not isinstance(private, PrivateKey):
        raise WordedError("key-kind", os.EX_DATAERR, path=str(path))
    return private


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate in the PEM file at `path`. Raises FatalError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as exc:
        raise WordedError("copy-unreadable", os.EX_NOINPUT, path=str(path), why=exc) from exc
    except ValueError as exc:
        raise WordedError("certificate-bad", os.EX_DATAERR, path=str(path)) from exc
