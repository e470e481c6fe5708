"""A new key and a new certificate, long before the old one ends.

Both hold until the old one expires. The new pair is used once, for a question to the enrolment server, before
it takes the old one's place; and it takes that place by one rename.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from edge.base import durable
from edge.bundle import form
from edge.upkeep.firstboot.est import EstClient, Problem
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.files import disk_faults
from edge.upkeep.firstboot.identity import Identity, IdentityStore, renewal_request
from edge.upkeep.firstboot.install import installed_list
from edge.upkeep.firstboot.places import CardPlaces

log = logging.getLogger("renew")


class Renewal:
    """Renews one box's certificate. Every call can be repeated after a power cut at any point."""

    def __init__(self, places: CardPlaces) -> None:
        self._places = places
        self._store = IdentityStore(places.identity)

    def renew(self, now: datetime, force: bool) -> Identity | None:
        """The new identity, in its place; None where two thirds of its life are not over.

        Raises FirstbootError: there is no new one; the old one is as it was.
        """
        with self._store.alone():
            return self._renewed(now, force)

    def _renewed(self, now: datetime, force: bool) -> Identity | None:
        current = self._store.current()
        if current is None:
            raise FirstbootError(SetupFault.NO_KEY,
                                 f"{self._places.identity}: this box has no certificate yet; "
                                 "run `edgebox firstboot`")
        waiting = self._store.next_key()
        if waiting is not None and waiting.public_key() == current.key.public_key():
            self._store.drop_next()         # a cut came after the switch
        if not force and not current.renewal_due(now):
            log.info("not due: until=%s", f"{current.certificate.not_valid_after_utc:%Y-%m-%d}")
            return None
        try:
            fresh = self._asked(current)
        except FirstbootError as exc:
            ended = current.certificate.not_valid_after_utc
            if now <= ended:
                raise
            raise FirstbootError(SetupFault.REFUSED,
                                 f"this box's certificate ended on {ended:%Y-%m-%d}; make a "
                                 f"new bundle with `edgebox-provision box renew` (the ward: {exc})") from exc
        with disk_faults(self._restart_due):
            durable.write(self._restart_due, b"", durable.PUBLIC)
        self._store.switch_to(fresh)
        log.info("renewed: box=%s until=%s", fresh.name, f"{fresh.certificate.not_valid_after_utc:%Y-%m-%d}")
        return fresh

    @property
    def restart_is_due(self) -> bool:
        """Services read their key when they start: those that run have the old one until then."""
        return self._restart_due.exists()

    def restarted(self) -> None:
        with disk_faults(self._restart_due):
            self._restart_due.unlink(missing_ok=True)
            durable.sync_folder(self._restart_due.parent)

    @property
    def _restart_due(self) -> Path:
        return self._places.identity / "restart-due"

    def _asked(self, current: Identity) -> Identity:
        """The next identity, asked of the ward with a key that is used once. Raises FirstbootError."""
        key = self._store.next_key() or self._store.make_next()
        certificate = self._client(current).renew(renewal_request(key, current.certificate))
        if isinstance(certificate, Problem):
            raise FirstbootError(certificate.fault, certificate.text)
        fresh = Identity(certificate, key)
        if fresh.name != current.name:
            raise FirstbootError(SetupFault.REFUSED, f"the ward's certificate is for {fresh.name!r}, want "
                                 f"{current.name}; ask the ward")
        used = self._client(fresh).cacerts()
        if isinstance(used, Problem):
            raise FirstbootError(used.fault, f"the new certificate, used once: {used.text}")
        return fresh

    def _client(self, identity: Identity) -> EstClient:
        ward_ca = self._places.config / form.WARD_CA
        with disk_faults(ward_ca):
            raw = ward_ca.read_bytes()
        try:
            return EstClient(installed_list(self._places).est, raw, identity.pem)
        except ValueError as exc:
            raise FirstbootError(SetupFault.DAMAGED, f"{ward_ca}: {exc}; make a new bundle with "
                                 "`edgebox-provision box renew`") from exc
