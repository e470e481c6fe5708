"""The receiver's key, by whose signature boxes believe that the ward has what they sent.

It is not encrypted: the receiver starts without anybody there. It changes by a second one, which boxes get
beside the first while they still need that: begin, give every box a new bundle, end. The public halves stand
in no file of the ward, so that a power cut leaves no pair that does not fit.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.base.durable import SECRET, sync_folder
from edge.contract.signing import kid_of
from provisioning.errors import WordedError
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import bare, open_key
from provisioning.ward.writing import replace


def make(ward: WardFolder) -> str:
    """The first key of a ward; returns its kid. Raises FatalError: it has one."""
    return _made(ward.ack_key)


def begin_change(ward: WardFolder) -> str:
    """The key after this one, for new bundles; returns its kid. Raises FatalError: a change is under way."""
    public_halves(ward)
    return _made(ward.next_ack_key)


def end_change(ward: WardFolder) -> str:
    """The next key takes the first one's place; returns its kid. Raises FatalError: there is none."""
    if not ward.next_ack_key.exists():
        raise WordedError("ack-key-no-next", os.EX_USAGE, folder=str(ward.path))
    kid = kid_of(_opened(ward.next_ack_key).public_key())
    try:
        ward.next_ack_key.replace(ward.ack_key)
        sync_folder(ward.path)
    except OSError as exc:
        raise WordedError("cannot-write", os.EX_CANTCREAT, path=str(ward.ack_key), why=exc) from exc
    return kid


def public_halves(ward: WardFolder) -> tuple[bytes, ...]:
    """The keys that a bundle of now holds, in PEM: the receiver's, and while it changes the next one.

    Raises FatalError: a ward of before, which has none yet.
    """
    if not ward.ack_key.exists():
        raise WordedError("ack-key-missing", os.EX_UNAVAILABLE, path=str(ward.ack_key), folder=str(ward.path))
    paths = [path for path in (ward.ack_key, ward.next_ack_key) if path.exists()]
    return tuple(_opened(path).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
                 for path in paths)


def _made(path: Path) -> str:
    if path.exists():
        raise WordedError("ack-key-there", os.EX_CANTCREAT, path=str(path))
    private = Ed25519PrivateKey.generate()
    replace(path, bare(private), SECRET)
    return kid_of(private.public_key())


def _opened(path: Path) -> Ed25519PrivateKey:
    private = open_key(path, None)
    if not isinstance(private, Ed25519PrivateKey):
        raise WordedError("key-kind", os.EX_DATAERR, path=str(path))
    return private
