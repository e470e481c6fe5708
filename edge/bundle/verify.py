"""Believe a bundle, or say why not. Nothing of it is used before all of it has been verified."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID
from pydantic import ValidationError

from edge.base.errors import FatalError
from edge.bundle import form
from edge.bundle.form import BundleFault, BundleList
from edge.contract.signing import is_signed_by, kid_of


class BundleError(FatalError):
    """The bundle is not believed; `fault` is what light and report tell."""

    def __init__(self, fault: BundleFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was believed: its list, and the bytes of each file as they were verified."""

    list: BundleList
    files: dict[str, bytes]     # without the code once that was erased

    @property
    def code(self) -> str | None:
        """The one-time code; None when it has been erased already."""
        raw = self.files.get(form.CODE)
        return raw.decode("ascii").strip() if raw is not None else None


def read_bundle(folder: Path, anchor: x509.Certificate) -> Bundle:
    """Read and verify all of `folder`: what is returned is what was verified, not what lies there later.

    Args:
        folder: `edge-bundle` on the card.
        anchor: the ward's root certificate, from the box's own image.

    Whether the code has expired is not judged here: the clock may not be right yet (`refuse_expired`).

    Raises:
        BundleError: not believed; the message names the file and says what to do.
    """
    if not folder.is_dir():
        raise BundleError(BundleFault.NO_BUNDLE, f"{folder}: no such folder; write one to the card with "
                          "`edgebox-provision box new`")
    raw = _read(folder / form.LIST, form.MAX_LIST_BYTES)
    document = _parsed(folder / form.LIST, raw)
    listed = _listed(folder / form.LIST, document)
    _refuse_foreign(folder, document, listed, anchor)
    files = {name: _verified(folder / name, digest) for name, digest in sorted(listed.files.items())
             if name != form.CODE or not _erased(folder / name)}
    missing = [name for name in form.NEEDED if name not in files]
    if missing:
        raise _damaged(folder, f"does not list {', '.join(missing)}")
    return Bundle(listed, files)


def refuse_expired(bundle: Bundle, now: datetime) -> None:
    """Raise BundleError when the one-time code has expired at `now`, which must be a right time."""
    if now > bundle.list.code_expires:
        ended = f"{bundle.list.code_expires:%Y-%m-%d %H:%M} UTC"
        raise BundleError(BundleFault.CODE_EXPIRED,
                          f"the enrolment code expired at {ended}; make a new bundle "
                          "with `edgebox-provision box renew`")


def _read(path: Path, limit_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(limit_bytes + 1)
    except OSError as exc:
        raise _damaged(path, f"cannot be read: {exc.strerror}") from exc
    if len(raw) > limit_bytes:
        raise _damaged(path, f"is larger than {limit_bytes} bytes")
    return raw


def _parsed(path: Path, raw: bytes) -> dict[str, object]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise _damaged(path, "is no JSON") from exc
    if not isinstance(document, dict):
        raise _damaged(path, "holds no JSON object")
    return document


def _listed(path: Path, document: dict[str, object]) -> BundleList:
    try:
        return BundleList.model_validate(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc


def _refuse_foreign(folder: Path, document: dict[str, object], listed: BundleList,
                    anchor: x509.Certificate) -> None:
    """The list must be signed by the key in signer.crt, and that certificate issued by the anchor."""
    path = folder / form.SIGNER
    try:
        signer = x509.load_pem_x509_certificate(_read(path, form.MAX_FILE_BYTES))
    except ValueError as exc:
        raise _damaged(path, "is no certificate") from exc
    public = signer.public_key()
    if not isinstance(public, Ed25519PublicKey):
        raise _damaged(path, "is not of an Ed25519 key")
    try:
        signer.verify_directly_issued_by(anchor)
    except (InvalidSignature, ValueError, TypeError) as exc:
        raise BundleError(BundleFault.OTHER_WARD,
                          f"{folder}: is of ward {listed.ward!r}, whose root is not the "
                          "one in this box's image; flash the image of that "
                          "ward, or make a bundle of this one") from exc
    if not _may_sign_bundles(signer) or kid_of(public) != listed.kid or not is_signed_by(document, public):
        raise BundleError(BundleFault.BAD_SIGNATURE,
                          f"{folder}: its signature does not hold: it was changed after "
                          "it was made; make it again with `edgebox-provision box new`")


def _may_sign_bundles(signer: x509.Certificate) -> bool:
    """The root issues other certificates too: only one made for signing code may sign a bundle."""
    try:
        purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CODE_SIGNING in purposes


def _erased(path: Path) -> bool:
    """Gone, or a power cut came between its overwriting and its removal."""
    return not path.exists() or not _read(path, form.MAX_FILE_BYTES).strip(b"\0")


def _verified(path: Path, digest: str) -> bytes:
    raw = _read(path, form.MAX_FILE_BYTES)
    if hashlib.sha256(raw).hexdigest() != digest:
        raise _damaged(path, "is not the file that was signed")
    return raw


def _damaged(path: Path, what: str) -> BundleError:
    return BundleError(BundleFault.DAMAGED, f"{path}: {what}; write the bundle to the card again with "
                       "`edgebox-provision box new`")
