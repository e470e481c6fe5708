"""The ward's own acknowledgement: which numbers of a box the store has committed, gathered, built and signed.

Pure but for the key's file: the caller says what was committed, what time it is, and sends what is due. An
ack never covers a number that was not committed, told by a tombstone, or below what a birth said is owed.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edge.base.errors import FatalError
from edge.contract.ack import MAX_BEYOND, MAX_NAMED_CALLS, runs_of
from edge.contract.messages import rfc3339
from edge.contract.signing import ALG, kid_of, signature_text, signed_part
from edge.contract.topics import Root
from ward.store.journals import MAX_JUMP
from ward.store.seqs import Runs, united

EVERY_S = 600.0              # an ack that says nothing new
NEWS_S = 0.5                 # so long apart while there is something new
CALLS_NAMED_MS = 600_000     # so long an alarm's record is named after it came, or came again
RUNS_LOOKED_AT = 1000        # of one journal; what an ack leaves out is told when holes below it are filled
_CALLS_KEPT = 10_000
_KEY_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class AckKey:
    """The receiver's private key, opened. It is in no text that this object gives of itself."""

    kid: str
    _private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"AckKey({self.kid})"

    def signed(self, document: dict[str, object]) -> bytes:
        """`document` with kid, alg and sig, as it is published."""
        whole = document | {"kid": self.kid, "alg": ALG}
        whole["sig"] = signature_text(self._private.sign(signed_part(whole)))
        return json.dumps(whole, separators=(",", ":")).encode()


def load_ack_key(path: Path) -> AckKey:
    """The Ed25519 key in the PEM file at `path`. It has no passphrase: the receiver starts without anybody.

    Raises FatalError: it cannot be read, others can read it, or it is no such key.
    """
    try:
        with path.open("rb") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read(_KEY_MAX_BYTES)
    except OSError as exc:
        raise FatalError(f"--ack-key {path}: cannot be read: {exc.strerror}; make one with `openssl genpkey "
                         f"-algorithm ed25519 -out {path}` and chmod 600", os.EX_NOINPUT) from exc
    if stat.S_IMODE(mode) & 0o077 and not _is_credential(path):
        raise FatalError(f"--ack-key {path}: want a file that its owner alone can read, found mode "
                         f"{stat.S_IMODE(mode):o}: whoever reads it can make boxes forget; chmod 600, and "
                         "make a new key if others had it", os.EX_NOPERM)
    try:
        private = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise FatalError(f"--ack-key {path}: want an Ed25519 private key in PEM without a passphrase, found "
                         "something else; make one with `openssl genpkey -algorithm ed25519`",
                         os.EX_NOINPUT) from exc
    if not isinstance(private, Ed25519PrivateKey):
        raise FatalError(f"--ack-key {path}: want an Ed25519 key; make one with `openssl genpkey -algorithm "
                         "ed25519`", os.EX_NOINPUT)
    return AckKey(kid_of(private.public_key()), private)


def _is_credential(path: Path) -> bool:
    """Whether systemd hands it over (LoadCredential=), and so to this unit alone.

    Where it lets the unit's user read the file by an access control list, the mode shows that as the group's.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return folder != "" and path.parent == Path(folder)


def ack_document(root: Root, epoch: str, runs: Sequence[tuple[int, int]], calls: Sequence[str], session: str,
                 ward_time_ms: int) -> dict[str, object]:
    """What an ack says, unsigned. `runs` are united; of `calls`, the newest last, the last are named."""
    upto, beyond = 0, list(runs)
    if beyond and beyond[0][0] <= 1:
        upto = beyond.pop(0)[1]
    return {"box": root.path, "epoch": epoch, "upto_seq": upto,
            "beyond": [[first, last] for first, last in beyond[:MAX_BEYOND]],
            "calls": list(calls[-MAX_NAMED_CALLS:]), "session": session,
            "ward_time": rfc3339(datetime.fromtimestamp(ward_time_ms / 1000, UTC))}


@dataclass(slots=True)
class _BoxAcks:
    """What is to be said to one box."""

    epoch: str
    runs: Runs = field(default_factory=list)                # committed by the lane of the rest
    calls: set[int] = field(default_factory=set)            # committed by the lane of alarms, not in `runs`
    named: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=4 * MAX_NAMED_CALLS))
    before: frozenset[str] = frozenset()                    # epochs of the box that are over
    is_news: bool = True
    published_s: float | None = None


class AckBook:
    """What both lanes have committed, per box. Any thread.

    Args:
        every_s: an ack is due so long after the last, also without news.
    """

    def __init__(self, ward: str, every_s: float = EVERY_S) -> None:
        self._ward, self._every_s = ward, every_s
        self._boxes: dict[str, _BoxAcks] = {}
        self._lock = threading.Lock()
        self._ready = False
        self._last_ms = 0

    def begin(self) -> None:
        """The lane of the rest opens its store, perhaps another one than before: what it has is put in anew,
        and nothing is said until then.
        """
        with self._lock:
            self._ready = False
            for mine in self._boxes.values():
                mine.runs, mine.is_news = [], True

    def ready(self) -> None:
        """All that the store holds was put in: what is said from now on is never less than what it has."""
        with self._lock:
            self._ready = True

    def put(self, box: str, epoch: str, runs: Runs) -> None:
        """The present journal of a box, and what is here of it or never comes."""
        with self._lock:
            mine = self._of(box, epoch)
            if mine.runs != runs:
                mine.runs, mine.is_news = runs, True
                starts = [first for first, _ in runs]
                mine.calls = {seq for seq in mine.calls if not _within(seq, runs, starts)}

    def call(self, box: str, epoch: str | None, seq: int | None) -> None:
        """The number of an alarm's record that is on disk."""
        with self._lock:
            self._call(box, epoch, seq)

    def load(self, numbers: Sequence[tuple[str, str | None, int | None]]) -> None:
        """Box, epoch and number of what was stored before this process, in order: of each box those of its
        present journal, as the other lane has put it or else the last of them.
        """
        present = {box: epoch for box, epoch, _ in numbers if epoch is not None}
        with self._lock:
            present |= {box: mine.epoch for box, mine in self._boxes.items()}
            for box, epoch, seq in numbers:
                if epoch == present.get(box):
                    self._call(box, epoch, seq)

    def name(self, box: str, name: str, received_ms: int) -> None:
        """An alarm's record came and is on disk, perhaps once more: the next ack names it."""
        with self._lock:
            mine = self._boxes.get(box)
            if mine is not None:
                mine.named.append((received_ms, name))
                mine.is_news = True

    def forget_published(self) -> None:
        """A connection began: each box is told at once where it stands."""
        with self._lock:
            for mine in self._boxes.values():
                mine.published_s = None

    def due(self, now_s: float) -> list[str]:
        """The boxes to which an ack is due, by a clock that never goes back."""
        with self._lock:
            return [box for box, mine in self._boxes.items() if self._ready and (
                mine.published_s is None
                or now_s - mine.published_s >= (NEWS_S if mine.is_news else self._every_s))]

    def next_time_ms(self, now_ms: int) -> int:
        """A time for an ack that is later than that of every ack before, also where the clock went back."""
        with self._lock:
            self._last_ms = max(now_ms, self._last_ms + 1)
            return self._last_ms

    def document(self, box: str, session: str, ward_time_ms: int, now_ms: int,
                 now_s: float) -> dict[str, object]:
        """The ack that is due to `box`; taken as published."""
        group, name = box.split("/")
        with self._lock:
            mine = self._boxes[box]
            mine.is_news, mine.published_s = False, now_s
            top = mine.runs[-1][1] if mine.runs else 0
            calls = runs_of(seq for seq in mine.calls if seq <= top + MAX_JUMP)
            named = dict.fromkeys(name for received_ms, name in reversed(mine.named)
                                  if received_ms >= now_ms - CALLS_NAMED_MS)
            return ack_document(Root(self._ward, group, name), mine.epoch, united(mine.runs, calls),
                                [*named][:MAX_NAMED_CALLS][::-1], session, ward_time_ms)

    def start_time(self, last_ms: int) -> None:
        """Times of acks begin after this one."""
        with self._lock:
            self._last_ms = max(self._last_ms, last_ms)

    def _call(self, box: str, epoch: str | None, seq: int | None) -> None:
        known = self._boxes.get(box)
        if epoch is None or seq is None or (known is not None and epoch in known.before):
            return
        mine = self._of(box, epoch)
        if len(mine.calls) < _CALLS_KEPT:
            mine.calls.add(seq)
            mine.is_news = True

    def _of(self, box: str, epoch: str) -> _BoxAcks:
        mine = self._boxes.get(box)
        if mine is None:
            mine = self._boxes[box] = _BoxAcks(epoch)
        elif mine.epoch != epoch:
            mine = self._boxes[box] = _BoxAcks(epoch, named=mine.named,
                                                before=(mine.before | {mine.epoch}) - {epoch})
        return mine


def _within(seq: int, runs: Sequence[tuple[int, int]], starts: Sequence[int]) -> bool:
    place = bisect_right(starts, seq)
    return place > 0 and seq <= runs[place - 1][1]
