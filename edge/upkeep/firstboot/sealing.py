"""Secrets that only this machine opens: systemd's encrypted credentials, by its own tool.

`--with-key=auto` takes the machine's key in /var/lib/systemd/credential.secret, and the TPM besides where
there is one. There is no way to keep a key without: a box that cannot encrypt does not enrol.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from edge.base import durable
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.files import disk_faults

TOOL = "systemd-creds"
MACHINE_KEY = "/var/lib/systemd/credential.secret"
_TIMEOUT_S = 60             # the first call makes the machine's key; a TPM takes its time


def seal(name: str, plain: bytes) -> bytes:
    """Encrypt, and make sure that the machine's own key lies on the disk. Raises FirstbootError."""
    sealed = _run(["encrypt", f"--name={name}", "--with-key=auto", "-", "-"], plain)
    _settle(Path(os.environ.get("SYSTEMD_CREDENTIAL_SECRET") or MACHINE_KEY))
    return sealed


def unseal(name: str, sealed: bytes) -> bytes:
    """Decrypt. Raises FirstbootError: made under another name or on another machine, or changed."""
    return _run(["decrypt", f"--name={name}", "-", "-"], sealed)


def _settle(machine_key: Path) -> None:
    """systemd-creds may just have made the machine's key, and does not wait for the disk."""
    with disk_faults(machine_key):
        if machine_key.exists():        # else the TPM alone is the key
            with machine_key.open("rb") as file:
                os.fsync(file.fileno())
            durable.sync_folder(machine_key.parent)


def _run(arguments: list[str], given: bytes) -> bytes:
    try:
        done = subprocess.run([TOOL, *arguments], input=given, capture_output=True, timeout=_TIMEOUT_S,
                              check=True)
    except FileNotFoundError as exc:
        raise FirstbootError(SetupFault.NO_KEY, f"no {TOOL} here; install systemd 250 or later") from exc
    except subprocess.TimeoutExpired as exc:
        raise FirstbootError(SetupFault.NO_KEY,
                             f"{TOOL} {arguments[0]} has not ended for {_TIMEOUT_S} s; restart "
                             "the box") from exc
    except subprocess.CalledProcessError as exc:
        said = exc.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise FirstbootError(SetupFault.NO_KEY, f"{TOOL} {arguments[0]}: {said or exc.returncode}; the "
                             f"machine's key must lie on its own disk ({MACHINE_KEY}), and opens nothing of "
                             "another machine") from exc
    return done.stdout
