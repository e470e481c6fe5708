"""Give a box its name, its code, its bundle and its row: what the commands share, in the one right order.

A name is given once for ever. So all that can be refused is refused before the code is made; after it, the
plan is kept and the row written first, and a card that then fails costs no name: `box renew` writes it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.bundle import form
from edge.contract.messages import rfc3339
from edge.contract.topics import Root
from provisioning.box import inventory
from provisioning.box.answer_store import AnswerStore
from provisioning.box.bundle import Code, WardFacts, check_config, make_bundle, read_facts
from provisioning.box.card import Place, check_place, write_bundle
from provisioning.box.inventory import NEW, RENEW, Row, RowFault, identity_of
from provisioning.box.invites import Invited, invited
from provisioning.box.plan import BoxPlan, place_of
from provisioning.errors import WordedError
from provisioning.ward.enrolment import Enrolment, RefusedError
from provisioning.ward.folder import WardFolder
from provisioning.ward.identity import box_name
from provisioning.ward.keys import Signer, load_signer, read_certificate
from provisioning.ward.settings import WardSettings, read_settings

CODE_DAYS, CODE_DAYS_MAX = 14, 90


@dataclass(frozen=True, slots=True)
class Given:
    """A box that got its bundle."""

    identity: str
    plan: BoxPlan
    people: tuple[Invited, ...]     # with their tokens, for the handover sheet
    expires: datetime
    where: Path


@dataclass(frozen=True, slots=True)
class BoxStanding:
    """One box as the ward's books have it."""

    row: Row                    # its last
    state: str                  # enrolled, waiting, expired, revoked


class Office:
    """One ward's folder, opened for preparing boxes. One thread."""

    def __init__(self, ward: WardFolder, passphrase: str) -> None:
        """Raises FatalError: not with this passphrase, or something is missing."""
        self.ward = ward
        self.settings: WardSettings = read_settings(ward.settings)
        self._signer: Signer = load_signer(ward.path, passphrase)
        self._facts: WardFacts = read_facts(ward, self.settings)
        self._book = Enrolment.open(ward.enrolment)
        self._keeper = AnswerStore(ward.path, passphrase)

    def last_plan(self) -> BoxPlan | None:
        """The plan of the box that was prepared last: what the next one is probably like."""
        rows = inventory.read_rows(self.ward.inventory)
        return self._keeper.find(identity_of(rows[-1])) if rows else None

    def plan_of(self, root: Root) -> BoxPlan | None:
        """The stored plan of a box; None where it is gone. Raises FatalError: the name was never given."""
        identity = box_name(root)
        if identity not in self.taken():
            raise WordedError("box-missing", os.EX_NOHOST, name=identity)
        return self._keeper.find(identity)

    def taken(self) -> frozenset[str]:
        """The names that were ever given."""
        return taken_names(self.ward, self._book)

    def places(self) -> dict[tuple[str, str], str]:
        """The boxes that were not revoked, by group and place; of two at one place, one."""
        last = {identity_of(row): row for row in inventory.read_rows(self.ward.inventory)}
        return {place_of(row["group"], row["title"]): identity for identity, row in last.items()
                if not self._book.revoked(identity)}

    def next_name(self, group: str, besides: frozenset[str] = frozenset()) -> str:
        """hop-01, hop-02 and so on: the first after the highest that was given in `group`."""
        start = f"{self.settings.ward}.{group}."
        names = [name.removeprefix(start) for name in self.taken() | besides if name.startswith(start)]
        numbers = [int(name[4:]) for name in names if name.startswith("hop-") and name[4:].isdecimal()]
        return f"hop-{max(numbers, default=0) + 1:02}"

    def check(self, plan: BoxPlan, place: Place, replace: bool) -> None:
        """Check for whatever would be refused later. Raises FatalError."""
        check_config(plan, self._facts)
        check_place(place, self._identity(plan), replace)

    def give(self, plans: Sequence[tuple[BoxPlan, Place]], now: datetime, days: int,
             replace: bool = False) -> Iterator[Given]:
        """New boxes, one after the other, each when it is wanted.

        Raises FatalError: a name was given before, or `check` fails, then no box has got anything; or a card
        fails on the way.
        """
        with inventory.alone(self.ward):
            taken = self.taken()
            for plan, place in plans:
                if self._identity(plan) in taken:
                    raise WordedError("box-taken", os.EX_UNAVAILABLE, name=self._identity(plan))
                self.check(plan, place, replace)
            for plan, place in plans:
                yield self._give(plan, place, now, days, NEW)

    def renew(self, plan: BoxPlan, place: Place, now: datetime, days: int) -> Given:
        """A new code and bundle for a box that has its name already. Raises FatalError."""
        with inventory.alone(self.ward):
            if self._book.revoked(self._identity(plan)):
                raise WordedError("box-revoked", os.EX_UNAVAILABLE, name=self._identity(plan))
            self.check(plan, place, replace=True)
            return self._give(plan, place, now, days, RENEW)

    def _give(self, plan: BoxPlan, place: Place, now: datetime, days: int, act: str) -> Given:
        identity, expires = self._identity(plan), now + timedelta(days=days)
        try:
            code = Code(self._book.new_code(identity, expires, now), expires)
        except RefusedError as exc:
            raise WordedError("box-revoked", os.EX_UNAVAILABLE, name=identity) from exc
        people = invited(plan)
        files = make_bundle(plan, self._facts, code, people, now, self._signer)
        self._keeper.keep(identity, plan)
        inventory.append(self.ward.inventory, self._row(plan, act, now, expires, files), self._signer)
        try:
            where = write_bundle(place, files)
        except WordedError as exc:
            raise WordedError("name-stays", exc.exit_code, fault=exc, folder=str(self.ward.path),
                            name=identity) from exc
        return Given(identity, plan, people, expires, where)

    def _row(self, plan: BoxPlan, act: str, now: datetime, expires: datetime, files: dict[str, bytes]) -> Row:
        network = plan.network
        kinds = ["cable-fixed" if network.fixed else "cable", *(["wifi"] if network.wifi else []),
                 *(["4g"] if network.mobile else [])]
        return {"at": rfc3339(now), "act": act, "ward": self.settings.ward, "group": plan.group,
                "box": plan.box, "title": plan.title,
                "cameras": " ".join(camera.name for camera in plan.cameras),
                "wired": " ".join(plan.wired), "network": " ".join(kinds), "code_expires": rfc3339(expires),
                "bundle": sha256(files[form.LIST]).hexdigest()}

    def _identity(self, plan: BoxPlan) -> str:
        return box_name(plan.root(self.settings.ward))


def taken_names(ward: WardFolder, book: Enrolment) -> frozenset[str]:
    """The book knows a box from its first code on, the inventory from its first bundle on."""
    named = {identity_of(row) for row in inventory.read_rows(ward.inventory)}
    return frozenset(named | {holder.name for holder in book.holders() if holder.kind == "box"})


def standings(ward: WardFolder, now: datetime) -> list[BoxStanding]:
    """Each box's last row and what became of it, by name. Needs no passphrase. Raises FatalError."""
    book = Enrolment.open(ward.enrolment)
    last = {identity_of(row): row for row in inventory.read_rows(ward.inventory)}
    return [BoxStanding(row, _state(book, identity, row, now)) for identity, row in sorted(last.items())]


def _state(book: Enrolment, identity: str, row: Row, now: datetime) -> str:
    if book.revoked(identity):
        return "revoked"
    if any(issued.not_after > now and issued.revoked is None for issued in book.issued(identity)):
        return "enrolled"
    expires = datetime.fromisoformat(row["code_expires"])
    return "waiting" if now <= expires else "expired"


def row_faults(ward: WardFolder) -> list[RowFault | str]:
    """Rows that do not verify, then the names of boxes that the book knows and no row tells of.

    Needs no passphrase. Raises FatalError.
    """
    public = read_certificate(ward.bundle_certificate).public_key()
    if not isinstance(public, Ed25519PublicKey):
        raise WordedError("certificate-kind", os.EX_UNAVAILABLE, path=str(ward.bundle_certificate))
    rows = inventory.read_rows(ward.inventory)
    known = {identity_of(row) for row in rows}
    missing = sorted(taken_names(ward, Enrolment.open(ward.enrolment)) - known)
    return [*inventory.faults(rows, public), *missing]
