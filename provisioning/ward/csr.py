"""A certificate request as it comes over EST, and the answer. Pure; RFC 7030, 4.2 and 4.1.3."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from provisioning.ward.certificates import common_name, key_id

MAX_BYTES = 16 * 1024


class RequestError(ValueError):
    """The request is none that we sign; the text says why, in words of our own."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose sender has shown that he holds the private key. All but name and key is passed over."""

    name: str
    public: EllipticCurvePublicKey

    @property
    def key(self) -> bytes:
        return key_id(self.public)


def parse(body: bytes) -> Request:
    """Base64 of a PKCS #10 in DER. Raises RequestError."""
    try:
        found = x509.load_der_x509_csr(base64.b64decode(b"".join(body.split()), validate=True))
        public, is_signed = found.public_key(), found.is_signature_valid
        name = common_name(found.subject)
    except binascii.Error as exc:
        raise RequestError("want base64") from exc
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as exc:
        raise RequestError("want a PKCS #10 request") from exc
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
        raise RequestError("want a key on the curve P-256")
    if not is_signed:
        raise RequestError("its signature is not of its key")
    if name is None:
        raise RequestError("want one common name")
    return Request(name, public)


def answer(pems: list[bytes]) -> bytes:
    """Certificates as "certs-only" CMS in base64."""
    certificates = [x509.load_pem_x509_certificate(pem) for pem in pems]
    return base64.encodebytes(serialize_certificates(certificates, Encoding.DER))
