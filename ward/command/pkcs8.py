"""A private key at rest: PKCS #8 in PEM, encrypted by PBES2 (RFC 8018) with a slow derivation.

The library that reads these files writes them with 2048 rounds of PBKDF2 and lets nobody choose: a graphics
card tries millions of passphrases a second against that. So the frame around the ciphertext is made here;
`openssl pkey` and the library read it. Pure but for the randomness.
"""

from __future__ import annotations

import base64
import hashlib
import os
import textwrap

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

ROUNDS = 600_000                # OWASP's for PBKDF2 with HMAC-SHA-256
_SEQUENCE, _INTEGER, _OCTETS, _NULL = 0x30, 0x02, 0x04, b"\x05\x00"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")            # 1.2.840.113549.1.5.13
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")           # 1.2.840.113549.1.5.12
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d0209")        # 1.2.840.113549.2.9
_AES256_CBC = bytes.fromhex("060960864801650304012a")       # 2.16.840.1.101.3.4.1.42


def encrypted_pem(pkcs8: bytes, passphrase: bytes) -> bytes:
    """`pkcs8` (a PrivateKeyInfo in DER) as an "ENCRYPTED PRIVATE KEY"."""
    salt, vector = os.urandom(16), os.urandom(16)
    secret = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 32)
    padder, encryptor = PKCS7(128).padder(), Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(padder.update(pkcs8) + padder.finalize()) + encryptor.finalize()
    rounds = ROUNDS.to_bytes(ROUNDS.bit_length() // 8 + 1, "big")
    derivation = _der(_SEQUENCE, _PBKDF2, _der(_SEQUENCE, _der(_OCTETS, salt), _der(_INTEGER, rounds),
                                               _der(_SEQUENCE, _HMAC_SHA256, _NULL)))
    scheme = _der(_SEQUENCE, _AES256_CBC, _der(_OCTETS, vector))
    algorithm = _der(_SEQUENCE, _PBES2, _der(_SEQUENCE, derivation, scheme))
    whole = base64.b64encode(_der(_SEQUENCE, algorithm, _der(_OCTETS, ciphertext))).decode()
    lines = "\n".join(textwrap.wrap(whole, 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n".encode()


def _der(tag: int, *parts: bytes) -> bytes:
    """One value of ASN.1; its length in the one form that DER allows."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body
