"""What was typed, kept in the ward's folder: for a new card of the same box, and as the next box's defaults.

It holds passwords of cameras and Wi-Fi, so it is encrypted by the passphrase of the ward's daily keys, which
whoever prepares a box types anyway: Fernet (AES-128-CBC, HMAC-SHA-256) under a key from scrypt.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge.base.durable import SECRET
from provisioning.box.plan import BoxPlan, from_json, to_json
from provisioning.errors import WordedError
from provisioning.ward.writing import replace

FOLDER = "boxes"
_FORMAT = "edgebox-kept/1"
_COST = 2 ** 16             # 64 MiB and about 0.3 s a try


class AnswerStore:
    """The folder `boxes` of one ward, opened with the passphrase. One thread."""

    def __init__(self, ward: Path, passphrase: str) -> None:
        self._folder, self._passphrase = ward / FOLDER, passphrase
        self._salt = os.urandom(16)             # of what this run writes
        self._opened: dict[bytes, Fernet] = {}

    def keep(self, identity: str, plan: BoxPlan) -> None:
        """Raises FatalError."""
        token = self._cipher(self._salt).encrypt(to_json(plan))
        self._folder.mkdir(mode=0o700, exist_ok=True)
        replace(self._path(identity), json.dumps({"format": _FORMAT, "salt": self._salt.hex(),
                                                  "token": token.decode()}) + "\n", SECRET)

    def find(self, identity: str) -> BoxPlan | None:
        """None where nothing was kept of that box. Raises FatalError: damaged, or of another passphrase."""
        path = self._path(identity)
        try:
            document = json.loads(path.read_bytes())
            salt, token = bytes.fromhex(document["salt"]), str(document["token"])
            return from_json(self._cipher(salt).decrypt(token.encode()))
        except FileNotFoundError:
            return None
        except InvalidToken as exc:
            raise WordedError("kept-closed", os.EX_NOPERM, path=str(path)) from exc
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise WordedError("kept-bad", os.EX_DATAERR, path=str(path), detail=str(exc)) from exc

    def _cipher(self, salt: bytes) -> Fernet:
        if salt not in self._opened:
            key = Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(self._passphrase.encode())
            self._opened[salt] = Fernet(base64.urlsafe_b64encode(key))
        return self._opened[salt]

    def _path(self, identity: str) -> Path:
        return self._folder / f"{identity}.kept"
