"""How long everything of a ward still holds. What has gone over two thirds of its life is told loudly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.base.words import Words
from provisioning.ward import broker_files
from provisioning.ward.enrolment import Enrolment, Holder, Issued
from provisioning.ward.expiry import Expiry, LifeState
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import read_certificate
from provisioning.ward.publish import life_of, read_list, reload_is_due


@dataclass(frozen=True, slots=True)
class Line:
    """One thing, for people and for programs."""

    name: str
    state: LifeState
    text: str
    ends: datetime | None = None


def status_of(ward: WardFolder, words: Words, now: datetime) -> tuple[Line, ...]:
    """The worst first. Raises FatalError when the folder cannot be read."""
    lines = [_list(ward, words, now), *_own(ward, words, now), *_holders(ward, words, now)]
    return tuple(sorted(lines, key=lambda line: -line.state))


def worst(lines: tuple[Line, ...]) -> LifeState:
    return max(line.state for line in lines)


def as_json(lines: tuple[Line, ...]) -> list[dict[str, object]]:
    return [{"name": line.name, "state": line.state.name.lower(),
             "ends": line.ends.isoformat() if line.ends else None} for line in lines]


def _list(ward: WardFolder, words: Words, now: datetime) -> Line:
    found = read_list(ward.broker / broker_files.CRL)
    if found is None:
        return Line(broker_files.CRL, LifeState.OVER, words("crl-missing", folder=str(ward.path)))
    return _line(broker_files.CRL, "crl", life_of(found), words, now, folder=str(ward.path))


def _own(ward: WardFolder, words: Words, now: datetime) -> Iterator[Line]:
    for path in (ward.root_certificate, ward.issuing_certificate, ward.bundle_certificate,
                 ward.broker / broker_files.SERVER, ward.est_certificate):
        name = str(path.relative_to(ward.path))
        yield _line(name, "life", life_of(read_certificate(path)), words, now)
    if ward.root_key.exists():
        yield Line("root.key", LifeState.DUE, words("root-here", path=str(ward.root_key)))
    if not ward.ack_key.exists():
        yield Line("ack.key", LifeState.DUE, words("ack-key-none", folder=str(ward.path)))
    if ward.next_ack_key.exists():
        yield Line("ack-next.key", LifeState.GOOD, words("ack-key-changing", folder=str(ward.path)))
    if reload_is_due(ward):
        yield Line("broker", LifeState.DUE, words("reload-due", folder=str(ward.path)))


def _holders(ward: WardFolder, words: Words, now: datetime) -> Iterator[Line]:
    """A box that is away is no fault of the ward's keys, so what is over of a box is told as due."""
    book = Enrolment.open(ward.enrolment)
    for holder in book.holders():
        line = _holder(holder, book.issued(holder.name), words, now)
        yield Line(line.name, min(line.state, LifeState.DUE), line.text, line.ends)


def _holder(holder: Holder, issued: tuple[Issued, ...], words: Words, now: datetime) -> Line:
    if holder.revoked is not None:
        text = words("life-revoked", name=holder.name, until=_day(holder.revoked), why=holder.why or "")
        return Line(holder.name, LifeState.GOOD, text)
    if not issued:
        return Line(holder.name, LifeState.GOOD, words("life-waiting", name=holder.name))
    newest = max(issued, key=lambda one: one.not_after)
    return _line(holder.name, "life", Expiry(newest.not_before, newest.not_after), words, now)


def _line(name: str, kind: str, life: Expiry, words: Words, now: datetime, **more: str) -> Line:
    state = life.state(now)
    days = max(0, (life.ends - now).days)
    text = words(f"{kind}-{state.name.lower()}", name=name, days=days, until=_day(life.ends), **more)
    return Line(name, state, text, life.ends)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%d.%m.%Y}"
