"""Signatures: Ed25519 (RFC 8032) over the canonical form of JSON (RFC 8785). What both sides must agree on.

The canonical form is of the values that were sent, not of what a type made of them, so a number may stand as
30, 30.0 or 3e1: it is the same number, and the same command. The only file that imports rfc8785. A box checks
and never signs commands: who holds a private key lies in `ward`.

cryptography is imported with the first signature that is verified, not with the keys: it takes 9 MB, and most
boxes' guards verify nothing for weeks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import rfc8785

from edge.base.errors import ConfigError

ALG = "Ed25519"
_KEY_MAX_BYTES = 16 * 1024
_PRIVATE = b"PRIVATE KEY-----"
# RFC 8410: what stands before the 32 bytes of every Ed25519 public key in a PEM file.
_DER_HEAD = bytes.fromhex("302a300506032b6570032100")
_PEM = re.compile(rb"\s*-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/]{59}=)\s+-----END PUBLIC KEY-----\s*")


class VerifyKey(Protocol):
    """A public Ed25519 key: cryptography's own, or a `RawKey`."""

    def public_bytes_raw(self) -> bytes:
        """Its 32 bytes."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises cryptography's InvalidSignature: `signature` is not of `data` by this key."""


@dataclass(frozen=True, slots=True)
class RawKey:
    """A public Ed25519 key by its 32 bytes: a `VerifyKey` that needs cryptography only to verify."""

    raw: bytes

    def public_bytes_raw(self) -> bytes:
        return self.raw

    def verify(self, signature: bytes, data: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)


def canonical(document: Mapping[str, object]) -> bytes:
    """The one form of a JSON object that is signed.

    Raises:
        ValueError: a number beyond what a double holds, text that is no Unicode, or no JSON at all.
    """
    return rfc8785.dumps(dict(document))        # type: ignore[arg-type]


def signed_part(document: Mapping[str, object]) -> bytes:
    """What `sig` of `document` is over: the canonical form of all the rest. Raises as `canonical`."""
    return canonical({key: value for key, value in document.items() if key != "sig"})


def signature_text(raw: bytes) -> str:
    """A signature as it stands in `sig`."""
    return base64.b64encode(raw).decode()


def is_signed_by(document: Mapping[str, object], public: VerifyKey) -> bool:
    """Whether `sig` of `document` was made by the other half of `public`. Raises nothing."""
    from cryptography.exceptions import InvalidSignature

    raw = _signature(document.get("sig"))
    if raw is None:
        return False
    try:
        public.verify(raw, signed_part(document))
    except (InvalidSignature, ValueError):
        return False
    return True


def unambiguous_object(payload: bytes) -> dict[str, object] | None:
    """One JSON object in UTF-8, each key once and no NaN in it; None for anything else.

    Two readers of a doubled key may take different ones, and the canonical form knows no such object.
    """
    try:
        document = json.loads(payload.decode(), object_pairs_hook=_each_key_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def kid_of(public: VerifyKey) -> str:
    """The key's id: the first 16 hex digits of the sha256 of its 32 bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def load_public(path: Path) -> RawKey:
    """The Ed25519 public key in the PEM file at `path`.

    Raises:
        ConfigError: there is none; the message says what is there instead, never a byte of it.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_KEY_MAX_BYTES)
    except OSError as exc:
        raise ConfigError(f"key {path}: cannot be read: {exc.strerror}; copy the ward's public key there "
                          "and let this user read it") from exc
    if _PRIVATE in text:
        raise ConfigError(f"key {path}: holds a private key, want a public one; a private key of the ward "
                          "belongs on no box: delete it here, and make a new pair at the ward")
    plain = _PEM.fullmatch(text)
    der = base64.b64decode(plain[1]) if plain else b""
    return RawKey(der[len(_DER_HEAD):]) if der.startswith(_DER_HEAD) else _unusual_key(path, text)


def load_keys(paths: Iterable[Path]) -> dict[str, RawKey]:
    """The keys at `paths` by their ids. Raises as `load_public`, for the first that cannot be used."""
    keys = [load_public(path) for path in paths]
    return {kid_of(key): key for key in keys}


def _unusual_key(path: Path, text: bytes) -> RawKey:
    """The key in a file that has more in it than a key, such as a comment. Raises as `load_public`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        public = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise ConfigError(f"key {path}: want a public key in PEM (-----BEGIN PUBLIC KEY-----), found "
                          "something else; copy the ward's public key again") from exc
    if not isinstance(public, Ed25519PublicKey):
        kind = type(public).__name__.removeprefix("_").removesuffix("PublicKey")
        raise ConfigError(f"key {path}: want an Ed25519 public key, found one of kind {kind}; make the pair "
                          "with `openssl genpkey -algorithm ed25519`")
    return RawKey(public.public_bytes_raw())


def _signature(text: object) -> bytes | None:
    """The 64 bytes; None unless `text` is the one base64 form of them, so that no signature has two."""
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == 64 and signature_text(raw) == text else None


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice")
    return document


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
