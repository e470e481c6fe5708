"""The issuing CA, opened with its passphrase."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from provisioning.errors import WordedError
from provisioning.ward.certificates import Authority
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import open_key, read_certificate


def open_issuing(ward: WardFolder, passphrase: str) -> Authority:
    """The CA that issues to boxes, servers and clients. Raises FatalError."""
    private, certificate = open_key(ward.issuing_key, passphrase), read_certificate(ward.issuing_certificate)
    if not isinstance(private, EllipticCurvePrivateKey) or private.public_key() != certificate.public_key():
        raise WordedError("key-pair", os.EX_DATAERR, path=str(ward.issuing_key),
                        other=ward.issuing_certificate.name)
    return Authority(certificate, private)
