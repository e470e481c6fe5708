"""What measured values mean. Pure: a table of limits, with time as an argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from edge.base.findings import Finding, Kind, State
from edge.health.power import BoardStrain
from edge.health.system import Space

MIB = 1024 * 1024
FREE_BAD_BYTES, FREE_BAD_RATIO, FREE_WARN_RATIO = 64 * MIB, 0.03, 0.12
FULL_WARN_RATIO = 0.8           # of journal.max_bytes
RELIEF = ("relief-idle", "relief-smaller", "relief-fewer", "relief-all")      # its steps, from 1
LIFE_WARN, LIFE_BAD = 8, 10     # tenths of a card's life
ACKS_OLD = timedelta(hours=1)   # while the ward's receiver is there it signs every ten minutes
LEFT_RATIO = 1 / 3              # it renews itself at two thirds; later means that renewal fails
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)     # this firmware is younger


def disk(name: str, space: Space) -> Finding:
    values = {"free": space.free_bytes // MIB, "total": space.total_bytes // MIB}
    ratio = space.free_bytes / max(1, space.total_bytes)
    if space.read_only:
        return Finding(Kind.DISK, name, State.BAD, "disk-read-only", values)
    if space.free_bytes < FREE_BAD_BYTES or ratio < FREE_BAD_RATIO:
        return Finding(Kind.DISK, name, State.BAD, "disk-full", values)
    if ratio < FREE_WARN_RATIO:
        return Finding(Kind.DISK, name, State.WARN, "disk-short", values)
    return Finding(Kind.DISK, name, State.OK, "disk-ok", values)


def ext4(errors: Mapping[str, int]) -> Iterator[Finding]:
    for name, count in errors.items():
        if count:
            yield Finding(Kind.DISK, name, State.BAD, "disk-errors", {"count": count})


def life(used: Mapping[str, int]) -> Iterator[Finding]:
    """What a card says of its age."""
    for name, tenths in used.items():
        state = State.BAD if tenths > LIFE_BAD else State.WARN if tenths > LIFE_WARN else State.OK
        yield Finding(Kind.DISK, name, state, "card-old" if state is not State.OK else "card-ok",
                      {"used": min(tenths, 11) * 10})


def board(strain: BoardStrain) -> tuple[Finding, Finding]:
    """Its power and its heat."""
    return power(strain), heat(strain)


def power(strain: BoardStrain) -> Finding:
    if strain.undervolted is None:
        return Finding(Kind.POWER, "", State.SKIPPED, "power-unknown")
    if strain.undervolted:
        return Finding(Kind.POWER, "", State.BAD, "power-low")
    if strain.was_undervolted:
        return Finding(Kind.POWER, "", State.WARN, "power-was-low")
    return Finding(Kind.POWER, "", State.OK, "power-ok")


def heat(strain: BoardStrain) -> Finding:
    celsius = strain.temperature_c
    if celsius is None and strain.slowed is None:
        return Finding(Kind.HEAT, "", State.SKIPPED, "heat-unknown")
    values = {"celsius": "?" if celsius is None else round(celsius)}
    if strain.is_hot:
        return Finding(Kind.HEAT, "", State.BAD, "heat-hot", values)
    if strain.is_warm:
        return Finding(Kind.HEAT, "", State.WARN, "heat-warm", values)
    return Finding(Kind.HEAT, "", State.OK, "heat-ok", values)


def relief(step: int) -> Finding | None:
    """What watch gives up for a strained board: `step` as `edge.watch.relief` counts; None: nothing."""
    return Finding(Kind.MODEL, "", State.WARN, RELIEF[step - 1]) if step else None


def clock(now: datetime, synchronised: bool, source: str) -> Finding:
    if now < EARLIEST:
        return Finding(Kind.CLOCK, "", State.BAD, "clock-wrong", {"now": f"{now:%d/%m/%Y}"})
    if not synchronised:
        return Finding(Kind.CLOCK, "", State.WARN, "clock-free")
    return Finding(Kind.CLOCK, "", State.OK, "clock-ok" if source else "clock-ok-unnamed", {"source": source})


def certificate(name: str, begins: datetime, ends: datetime, now: datetime) -> Finding:
    left = ends - now
    values = {"until": f"{ends:%d/%m/%Y}", "from": f"{begins:%d/%m/%Y}", "days": left // timedelta(days=1)}
    if now < begins:
        return Finding(Kind.CERTIFICATE, name, State.BAD, "certificate-early", values)
    if left <= timedelta(0):
        return Finding(Kind.CERTIFICATE, name, State.BAD, "certificate-over", values)
    if left < (ends - begins) * LEFT_RATIO:
        return Finding(Kind.CERTIFICATE, name, State.WARN, "certificate-due", values)
    return Finding(Kind.CERTIFICATE, name, State.OK, "certificate-ok", values)


def journal(held_bytes: int, max_bytes: int, records: int, counters: Mapping[str, int]) -> Finding:
    lost = sum(count for name, count in counters.items()
               if name.startswith("lost_") or name == "journal_lost")
    values = {"records": records, "percent": round(100 * held_bytes / max_bytes), "lost": lost}
    if held_bytes > max_bytes * FULL_WARN_RATIO:
        return Finding(Kind.JOURNAL, "", State.WARN, "journal-full", values)
    if lost:
        return Finding(Kind.JOURNAL, "", State.WARN, "journal-lost", values)
    return Finding(Kind.JOURNAL, "", State.OK, "journal-ok", values)


def acks(by_ward: bool, newest: datetime | None, now: datetime) -> Finding:
    """By whose word what was sent is let go of; `newest` is when the ward signed the last ack believed.

    That none has come yet is nothing to look at in a box's first hour; after it guard has a fault.
    """
    if not by_ward:
        return Finding(Kind.ACK, "", State.OK, "acks-broker")
    if newest is None:
        return Finding(Kind.ACK, "", State.OK, "acks-none")
    age = max(now - newest, timedelta())        # by two clocks: the ward's may be ahead
    is_old = age > ACKS_OLD
    return Finding(Kind.ACK, "", State.WARN if is_old else State.OK, "acks-old" if is_old else "acks-ok",
                   {"minutes": age // timedelta(minutes=1)})


def inference(took_s: float, score: float, label: str, least: float, limit_s: float,
              wanted_fps: float) -> Finding:
    """What the golden picture's inference shows; `wanted_fps` is what all cameras together may ask for."""
    values = {"ms": round(took_s * 1000), "score": f"{score:.2f}", "least": f"{least:.2f}", "label": label,
              "limit_ms": round(limit_s * 1000), "fps": f"{1 / max(took_s, 1e-6):.0f}",
              "wanted_fps": f"{wanted_fps:.0f}"}
    if score < least:
        return Finding(Kind.MODEL, "", State.BAD, "model-blind", values)
    if took_s > limit_s:
        return Finding(Kind.MODEL, "", State.BAD, "model-slow", values)
    if took_s * wanted_fps > 1:
        return Finding(Kind.MODEL, "", State.WARN, "model-short", values)
    return Finding(Kind.MODEL, "", State.OK, "model-ok", values)
