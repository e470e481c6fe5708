"""Certificates for the ward's own programs: the receiver, the command tool."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from edge.base.durable import PUBLIC, SECRET
from provisioning.ward import certificates
from provisioning.ward.certificates import Authority
from provisioning.ward.identity import client_name
from provisioning.ward.keys import bare
from provisioning.ward.publish import Publisher
from provisioning.ward.writing import replace


def make_client_files(publisher: Publisher, issuing: Authority, name: str, may: tuple[str, ...],
                      now: datetime) -> tuple[str, Path, Path]:
    """A new key and certificate under clients/, in place of what is there; the broker's files not yet.

    The key is not encrypted: the program starts without anybody there.

    Returns its name at the broker, and the two files. Raises RefusedError: that name was revoked.
    """
    full, private = client_name(publisher.settings.ward, name), certificates.new_key()
    made = certificates.make_client(issuing, full, private.public_key(), now,
                                    timedelta(days=certificates.CLIENT_DAYS))
    publisher.book.add_client(certificates.issued_of(made, full), may, now)
    cert, key = publisher.ward.clients / f"{name}.crt", publisher.ward.clients / f"{name}.key"
    replace(key, bare(private), SECRET)
    replace(cert, certificates.pem_of(made), PUBLIC)
    return full, cert, key
