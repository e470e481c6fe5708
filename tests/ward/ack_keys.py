"""A receiver's key for acks, made once: its halves, and how its file looks."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from edge.contract.signing import kid_of
from ward.ack import AckKey

_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = _PRIVATE.public_key()
ACK_KEY = AckKey(kid_of(PUBLIC), _PRIVATE)


def public_file(folder: Path) -> Path:
    """The public half, as a box's bundle has it."""
    path = folder / "receiver.pub"
    path.write_bytes(PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def key_file(folder: Path) -> Path:
    """As `openssl genpkey -algorithm ed25519` writes it, for its owner alone."""
    path = folder / "ack.key"
    path.write_bytes(_PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    return path
