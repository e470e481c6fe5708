"""A member's code: which ones are refused, and how it is kept.

argon2id with OWASP's least, 19 MiB, two passes, one lane: 23 ms on a 2.5 GHz server core; a Pi 4 has not been
measured, 0.1 to 0.2 s is expected. One at a time, so that guard's memory grows by 19 MiB and not by more.
A six-digit code falls to whoever tries all million of them, whatever the hash. So before it, the code goes
through HMAC with a key that lies beside the database: the database alone, in a backup or sent to somebody
for help, tells nothing. Against whoever has the whole card, only argon2id stands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import secrets
import threading
import unicodedata
from dataclasses import dataclass

import argon2.exceptions
from argon2 import PasswordHasher

from edge.members.errors import CodeReason

MIN_LENGTH = 6
MAX_LENGTH = 128
_HASH_BYTES = 32
_SALT_BYTES = 16

_WORST_TEXT = """
    147258 147258369 147369 159357 159753 258369 258456 321654 357159 456852 741852 741852963 753159 753951
    789456 789456123 852456 951753 963852 963852741 102030 010203 112358 114114 115115 113113 520520 521521
    131313 696969 900900 123654 654123 456123 123789 789123 142536 147852 159951 202020 200000 100000 123000
    1234567890 0987654321 123456a 123456aa a123456 a1234567 aa123456 abc123 abcabc 123abc 123qwe 1q2w3e
    1qaz2wsx qwerty qwerty123 qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx 1q2w3e4r admin admin123
    password passw0rd password1 matkhau matkhau1 matkhau123 mậtkhẩu mậtkhẩu123 khongbiet khongcomatkhau
    anhyeuem emyeuanh yeuem yeuanh iloveyou tinhyeu hanhphuc giadinh congan toanquoc vietnam vietnam123
    saigon hanoi totruong todanpho baochay administrator letmein welcome default dragon sunshine princess
    """
_WORST = frozenset(_WORST_TEXT.split())


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one argon2id hash, one lane."""

    memory_kib: int = 19 * 1024
    passes: int = 2


class Codes:
    """Hashes and verifies codes; any thread, one hash at a time."""

    def __init__(self, key: bytes, cost: Cost) -> None:
        self._key, self._cost = key, cost
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1,
                                      hash_len=_HASH_BYTES, salt_len=_SALT_BYTES)
        self._one_at_a_time = threading.Lock()

    def hashed(self, code: str) -> str:
        """The hash of `code` as it is stored, with its salt and cost."""
        with self._one_at_a_time:
            return self._hasher.hash(self._keyed(code))

    def verify(self, stored: str | None, code: str) -> bool:
        """Whether `code` is the stored one; nobody's, None, takes the same time."""
        with self._one_at_a_time:
            try:
                return self._hasher.verify(self._nobodys() if stored is None else stored, self._keyed(code))
            except argon2.exceptions.VerifyMismatchError:
                return False

    def _keyed(self, code: str) -> bytes:
        text = normalised(code).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).digest()

    def _nobodys(self) -> str:
        """A hash that no code has."""
        salt, hashed = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
                        for size in (_SALT_BYTES, _HASH_BYTES))
        return f"$argon2id$v=19$m={self._cost.memory_kib},t={self._cost.passes},p=1${salt}${hashed}"


def normalised(code: str) -> str:
    """The same code, whichever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", code).strip()


def fault(code: str, name: str) -> CodeReason | None:
    """Why the member `name` is refused `code`: want digits or a passphrase, 6 characters at least."""
    text = normalised(code).casefold()
    if len(text) < MIN_LENGTH:
        return CodeReason.TOO_SHORT
    if len(text) > MAX_LENGTH:
        return CodeReason.TOO_LONG
    packed = _packed(text)
    if packed in _WORST or packed in _packed(name) or _repeats(packed) or _runs(packed):
        return CodeReason.TOO_SIMPLE
    return None


def _packed(text: str) -> str:
    return "".join(normalised(text).casefold().split())


def _repeats(text: str) -> bool:
    """One to three characters over and over: 111111, 121212, 123123; or two alone, or the like of 112233."""
    return (len(set(text)) < 3 or any(text == (text[:size] * len(text))[:len(text)] for size in (1, 2, 3))
            or (len(text) % 2 == 0 and text[::2] == text[1::2] and _runs(text[::2])))


def _runs(text: str) -> bool:
    """Up or down in equal steps, 9 to 0 counting as one: 123456, 024680, abcdef; or there and back."""
    half = text[:(len(text) + 1) // 2]
    return _equal_steps(text) or (text == text[::-1] and _equal_steps(half))


def _equal_steps(text: str) -> bool:
    modulus = 10 if text.isdecimal() else 0x110000
    return len({(ord(after) - ord(before)) % modulus
                for before, after in itertools.pairwise(text)}) <= 1
