"""Make a ward: all of its keys, certificates and files, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.base.durable import PUBLIC, SECRET, sync_folder
from provisioning.errors import WordedError
from provisioning.ward import ack_key, certificates
from provisioning.ward.enrolment import Enrolment
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import sealed
from provisioning.ward.passphrase import ISSUING, ROOT, check_apart, check_length
from provisioning.ward.publish import Publisher
from provisioning.ward.settings import WardSettings, as_text
from provisioning.ward.writing import write_new
from ward.command.keys import make_key


@dataclass(frozen=True, slots=True)
class Passphrases:
    """The root's, which is used once in years; and that of the keys which are used daily."""

    root: str
    issuing: str

    def __repr__(self) -> str:
        return "Passphrases()"


def check_free(path: Path) -> None:
    """Raises FatalError when a ward may not be made at `path`."""
    try:
        taken = path.exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as exc:
        raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(path), why=exc) from exc
    if taken:
        raise WordedError("folder-taken", os.EX_CANTCREAT, path=str(path))


def found(path: Path, settings: WardSettings, passphrases: Passphrases, now: datetime,
          write_sheet: Callable[[WardFolder], None]) -> WardFolder:
    """Make the ward at `path`: in a folder beside it, which gets its name in the end.

    Args:
        write_sheet: writes the recovery sheet, when all else is there.

    Raises:
        FatalError: `path` is not empty or cannot be made, or a passphrase is too short or used twice.
    """
    for which, given in ((ROOT, passphrases.root), (ISSUING, passphrases.issuing)):
        check_length(which, given)
    check_apart(passphrases.root, passphrases.issuing)
    path = path.absolute()
    check_free(path)
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as exc:
        raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(path), why=exc) from exc
    try:
        _fill(WardFolder(fresh), settings, passphrases, now)
        write_sheet(WardFolder(fresh))
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as exc:
        raise WordedError("ward-unmade", os.EX_CANTCREAT, path=str(path), why=exc) from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return WardFolder(path)


def _fill(ward: WardFolder, settings: WardSettings, passphrases: Passphrases, now: datetime) -> None:
    for folder in (ward.root_key.parent, ward.broker, ward.est_key.parent, ward.clients):
        folder.mkdir(mode=0o700)
    root_key, issuing_key = certificates.new_key(), certificates.new_key()
    bundle_key = Ed25519PrivateKey.generate()
    root = certificates.make_root(settings.ward, root_key, now)
    issuing = certificates.make_issuing(root, settings.ward, issuing_key, now)
    bundle = certificates.make_bundle_signer(root, settings.ward, bundle_key, now)
    write_new(ward.settings, as_text(settings), PUBLIC)
    write_new(ward.root_certificate, root.pem, PUBLIC)
    write_new(ward.root_key, sealed(root_key, passphrases.root), SECRET)
    write_new(ward.issuing_certificate, issuing.pem, PUBLIC)
    write_new(ward.issuing_key, sealed(issuing_key, passphrases.issuing), SECRET)
    write_new(ward.chain, issuing.pem + root.pem, PUBLIC)
    write_new(ward.bundle_certificate, certificates.pem_of(bundle), PUBLIC)
    write_new(ward.bundle_key, sealed(bundle_key, passphrases.issuing), SECRET)
    make_key(ward.command_key, passphrases.issuing)
    ack_key.make(ward)
    book = Enrolment.create(ward.enrolment)
    Publisher(ward, settings, book).publish(issuing, now)
