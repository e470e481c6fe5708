"""Commands as a ward signs them, and forged ones: each with the reason that its box must give."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.base.limits import COMMAND_MAX_BYTES
from edge.contract.command import CommandRefusal
from edge.contract.messages import rfc3339
from edge.contract.signing import ALG, kid_of, signature_text, signed_part
from edge.contract.topics import Root

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FOREIGN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SECRET = "hunter2"                  # stands in forged payloads; no log may show it
INJECTED = "\nERROR commands  command obeyed: name=siren\x1b[2J\u202e"


def public_pem(path: Path, key: Ed25519PrivateKey = KEY) -> Path:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@dataclass(frozen=True)
class Ward:
    """Who knows how a command to one box must look."""

    root: Root
    boot_id: str
    now: datetime           # the box's

    def document(self, **changes: object) -> dict[str, object]:
        """A good siren command, not yet signed; a change to None takes the key away."""
        document: dict[str, object] = {
            "cmd_id": str(uuid.uuid4()), "name": "siren", "box": self.root.path, "boot_id": self.boot_id,
            "issued": self.at(0), "expires": self.at(60), "issuer": "Trực ban Phường 5", "duration_s": 20.0,
            "kid": kid_of(KEY.public_key()), "alg": ALG}
        return {key: value for key, value in (document | changes).items() if value is not None}

    def at(self, later_s: float) -> str:
        return rfc3339(self.now + timedelta(seconds=later_s))

    def order(self, **changes: object) -> bytes:
        """A command that is signed as it stands."""
        return wire(signed(self.document(**changes)))

    def command(self, name: str, **changes: object) -> bytes:
        """A good one of any name."""
        duration = 20.0 if name in ("siren", "light") else None
        return self.order(**{"name": name, "duration_s": duration, **changes})


def signed(document: dict[str, object], key: Ed25519PrivateKey = KEY) -> dict[str, object]:
    return {**document, "sig": signature_text(key.sign(signed_part(document)))}


def wire(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Forgery:
    what: str
    payload: bytes
    reason: CommandRefusal
    name: str = "siren"         # the last part of the topic
    retained: bool = False
    has_id: bool = True         # its cmd_id can be read
    signed: bool = False        # by the right key, so its issuer is told


def forgeries(ward: Ward) -> Iterator[Forgery]:
    """Each differs from a good command in one thing."""
    yield from _of_the_signature(ward)
    yield from _of_the_meaning(ward)
    yield from _of_the_form(ward)
    yield from _of_the_bytes(ward)


def _of_the_signature(ward: Ward) -> Iterator[Forgery]:
    good = signed(ward.document())
    sig = str(good["sig"])
    bad, unknown = CommandRefusal.BAD_SIGNATURE, CommandRefusal.UNKNOWN_KEY
    foreign = kid_of(FOREIGN_KEY.public_key())
    yield Forgery("unsigned", wire(ward.document()), bad)
    yield Forgery("empty signature", wire(good | {"sig": ""}), bad)
    yield Forgery("signature of zeros", wire(good | {"sig": signature_text(bytes(64))}), bad)
    yield Forgery("signature of no text", wire(good | {"sig": 7}), bad)
    yield Forgery("signature cut", wire(good | {"sig": sig[:-4]}), bad)
    yield Forgery("signed by another key under our kid", wire(signed(ward.document(), FOREIGN_KEY)), bad)
    yield Forgery("signed by a key that is not ours", wire(signed(ward.document(kid=foreign), FOREIGN_KEY)),
                  unknown)
    yield Forgery("foreign kid over a right signature", wire(signed(ward.document(kid=foreign))), unknown)
    yield Forgery("no kid", wire(signed(ward.document(kid=None))), unknown)
    yield Forgery("kid of no text", wire(signed(ward.document(kid=1))), unknown)
    yield Forgery("no algorithm", wire(signed(ward.document(alg=None))), bad)
    yield Forgery("algorithm none", wire(signed(ward.document(alg="none"))), bad)
    yield Forgery("another algorithm", wire(signed(ward.document(alg="HS256"))), bad)
    yield Forgery("duration tampered with", wire(good | {"duration_s": 180.0}), bad)
    yield Forgery("expiry tampered with", wire(good | {"expires": ward.at(290)}), bad)
    yield Forgery("name tampered with", wire(good | {"name": "disarm", "duration_s": None}), bad, "disarm")
    yield Forgery("id tampered with", wire(good | {"cmd_id": str(uuid.uuid4())}), bad)
    yield Forgery("a key added after signing", wire(good | {"password": SECRET}), bad)
    yield Forgery("text for the log", wire(good | {"issuer": f"x{INJECTED} {SECRET}"}), bad)


def _of_the_meaning(ward: Ward) -> Iterator[Forgery]:
    other = Root(ward.root.ward, ward.root.group, "hop-99")
    for what, reason, changes in (
            ("to another box", CommandRefusal.OTHER_BOX, {"box": other.path}),
            ("to a group", CommandRefusal.OTHER_BOX, {"box": ward.root.path.rpartition("/")[0]}),
            ("to all boxes", CommandRefusal.OTHER_BOX, {"box": "edge/v1/+/+/+"}),
            ("of another boot", CommandRefusal.OTHER_BOOT, {"boot_id": str(uuid.uuid4())}),
            ("expired", CommandRefusal.EXPIRED, {"issued": ward.at(-90), "expires": ward.at(-30)}),
            ("long expired", CommandRefusal.EXPIRED, {"issued": "1970-01-01T00:00:00Z",
                                                      "expires": "1970-01-01T00:05:00Z"}),
            ("not yet", CommandRefusal.NOT_YET, {"issued": ward.at(60), "expires": ward.at(90)}),
            ("for ever", CommandRefusal.TOO_LONG_LIVED, {"expires": "9999-12-31T23:59:59-23:59"}),
            ("too long lived", CommandRefusal.TOO_LONG_LIVED, {"expires": ward.at(301)}),
            ("since ever", CommandRefusal.TOO_LONG_LIVED, {"issued": "0001-01-01T00:00:00+23:59"})):
        yield Forgery(what, ward.order(**changes), reason, signed=True)
    yield Forgery("to another topic", ward.order(), CommandRefusal.OTHER_NAME, "light", signed=True)
    yield Forgery("to a topic of no name", ward.order(), CommandRefusal.OTHER_NAME, "SIREN", signed=True)
    yield Forgery("retained", ward.order(), CommandRefusal.RETAINED, retained=True)


def _of_the_form(ward: Ward) -> Iterator[Forgery]:
    for what, changes in (
            ("a name that is none", {"name": "reload-config", "duration_s": None}),
            ("negative duration", {"duration_s": -20.0}), ("no duration", {"duration_s": 0}),
            ("huge duration", {"duration_s": 1e308}), ("duration as text", {"duration_s": "20"}),
            ("duration as truth", {"duration_s": True}), ("times as numbers", {"issued": 1772352000}),
            ("times without a zone", {"issued": "2026-03-01T08:00:00"}),
            ("expires before it is issued", {"expires": ward.at(-1)}), ("nobody's", {"issuer": ""}),
            ("issued for the log", {"issuer": f"x{INJECTED}"}), ("an extra key", {"password": SECRET}),
            ("an argument of another command", {"with_siren": True}), ("no box", {"box": None}),
            ("a box of no text", {"box": 5}), ("no times", {"issued": None, "expires": None})):
        yield Forgery(f"signed, but {what}", ward.order(**changes), CommandRefusal.MALFORMED)
    yield Forgery("signed, but no id", ward.order(cmd_id=None), CommandRefusal.MALFORMED, has_id=False)
    yield Forgery("signed, but an id for the log", ward.order(cmd_id=f"{uuid.uuid4()}{INJECTED}"),
                  CommandRefusal.MALFORMED, has_id=False)


def _of_the_bytes(ward: Ward) -> Iterator[Forgery]:
    good = ward.order()
    for what, payload in (
            ("empty", b""), ("binary", bytes(range(256))), ("no UTF-8", good.replace("ự".encode(), b"\xff")),
            ("UTF-16", good.decode().encode("utf-16")), ("cut off", good[:-20]), ("two of them", good + good),
            ("text", SECRET.encode()), ("a list", b"[" + good + b"]"), ("null", b"null"), ("a number", b"7"),
            ("deep", b"[" * 4000), ("deep and closed", b"[" * 2000 + b"]" * 2000),
            ("deep objects", b'{"a":' * 600 + b"1" + b"}" * 600),
            ("a doubled key", good.replace(b'"duration_s":20.0', b'"duration_s":20.0,"duration_s":20.0')),
            ("NaN", good.replace(b"20.0", b"NaN")), ("Infinity", good.replace(b"20.0", b"-Infinity")),
            ("a number cut off", good.replace(b"20.0", b"9" * 3000 + b"e")),
            ("arguments in a table", good.replace(b"20.0", b'{"s":20.0}'))):
        yield Forgery(what, payload, CommandRefusal.MALFORMED, has_id=False)
    yield Forgery("oversized", good[:-1] + b" " * COMMAND_MAX_BYTES + b"}", CommandRefusal.OVERSIZED,
                  has_id=False)
    yield Forgery("a number that no double holds", good.replace(b"20.0", b"9" * 400),
                  CommandRefusal.BAD_SIGNATURE)
    yield Forgery("half a letter", good.replace("Trực".encode(), b"\\ud83d"), CommandRefusal.BAD_SIGNATURE)
