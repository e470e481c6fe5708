"""Make the machine ready: a virtual environment from the lock, and Debian packages that tests need.

Standard library only: it runs before anything is installed. A second run finds a stamp and does
nothing, so it is quick and works without a network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from dev.needs import NEEDS


def say(text: str) -> None:
    print(f"run: {text}", file=sys.stderr, flush=True)


def ensure_packages(command: str) -> None:
    """Install what `command` of `./run` needs of Debian, or exit and say how where we may not."""
    missing = [need for need in NEEDS.get(command, ()) if not need.met()]
    if missing:
        say("missing: " + ", ".join(f"{need.packages[0]} ({need.why})" for need in missing))
        _install(sorted({package for need in missing for package in need.packages}))


def _install(packages: list[str]) -> None:
    sudo = _root_prefix()
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if sudo is None or shutil.which("apt-get") is None:
        sys.exit(f"run: install them first:  sudo {shlex.join(install)}")
    say(f"installing them: {shlex.join([*sudo, *install])}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*sudo, "apt-get", "update", "-q"], env=environment, stdout=sys.stderr, check=False)
    done = subprocess.run([*sudo, *install], env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"run: that failed; try it by hand:  sudo {shlex.join(install)}")


def _root_prefix() -> list[str] | None:
    """How to become root without asking: [] as root, sudo where it needs no password, else None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True,
                                                   check=False).returncode:
        return ["sudo", "-n"]
    return None


def ensure_venv(root: Path, lock: str, folder: Path = Path(".venv")) -> Path:
    """A virtual environment, `root`/`folder`, that holds requirements/`lock`.lock; returns its python.

    `dev.lock` holds all of `edgebox.lock`, so one environment serves both.
    """
    venv = root / folder
    python = venv / "bin" / "python"
    wanted = _digest(root, lock)
    stamp = venv / "edgebox-locks"
    have = stamp.read_text().split() if stamp.exists() else []
    if wanted in have and python.exists():
        return python
    if not python.exists():
        if importlib.util.find_spec("ensurepip") is None:
            say("python3 comes without venv here")      # Debian splits it off
            _install(["python3-venv"])
        say(f"making a virtual environment: {venv.name}")
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    say(f"installing what requirements/{lock}.lock names, each checked by its hash")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    done = subprocess.run([str(python), "-m", "pip", "install", *quiet, "--disable-pip-version-check",
                           "--require-hashes", "--only-binary", ":all:",
                           "-r", str(root / "requirements" / f"{lock}.lock")],
                          stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit("run: the packages could not be installed (see above); is there a network? Run it again")
    digests = [wanted] + ([_digest(root, "edgebox")] if lock == "dev" else [])
    stamp.write_text("\n".join(digests) + "\n")
    return python


def _digest(root: Path, lock: str) -> str:
    return hashlib.sha256((root / "requirements" / f"{lock}.lock").read_bytes()).hexdigest()
