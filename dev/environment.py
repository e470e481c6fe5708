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
from dataclasses import dataclass
from pathlib import Path


def say(text: str) -> None:
    print(f"run: {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Need:
    """A program or a module of the system's python3, and the Debian packages that bring it."""

    probe: str                 # a program, or "gi:Name" for a GObject introspection module
    packages: tuple[str, ...]
    why: str

    def met(self) -> bool:
        if self.probe.startswith("gi:"):
            code = f"import gi; gi.require_version({self.probe[3:]!r}, '1.0')"
            return subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, check=False,
                                  env={"PATH": "/usr/bin:/bin"}).returncode == 0
        return shutil.which(self.probe, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


WARD_NEEDS = (
    Need("mosquitto", ("mosquitto",), "a real MQTT broker"),
    Need("openssl", ("openssl",), "certificates for it"),
    Need("gi:GstRtspServer", ("python3-gi", "gir1.2-gst-rtsp-server-1.0", "gstreamer1.0-plugins-good",
                              "gstreamer1.0-plugins-bad"), "a real RTSP server"),
)
TEST_NEEDS = (
    *WARD_NEEDS,
    Need("chromium", ("chromium",), "a real browser"),
    Need("chromedriver", ("chromium-driver",), "driving it"),
)

# An image of another processor is made by running its programs under QEMU.
IMAGE_NEEDS = (
    Need("mmdebstrap", ("mmdebstrap",), "the image's root"),
    Need("genimage", ("genimage", "mtools", "dosfstools", "e2fsprogs"), "the image's partitions"),
    Need("mkfs.erofs", ("erofs-utils",), "its read-only root"),
    Need("depmod", ("kmod",), "its kernel's modules"),
    Need("update-binfmts", ("binfmt-support",), "running programs of another processor"),
    Need("qemu-aarch64-static", ("qemu-user-static",), "running arm64 programs"),
)
SYSTEM_NEEDS = (*IMAGE_NEEDS, *WARD_NEEDS, Need("gcc", ("gcc", "libc6-dev"), "a clock of a test's own"))
QEMU_NEEDS = (
    Need("qemu-system-aarch64", ("qemu-system-arm",), "a machine that boots the image"),
    Need("qemu-system-x86_64", ("qemu-system-x86",), "a machine with GPIO"),
)


def ensure_packages(needs: tuple[Need, ...]) -> None:
    """Install what is missing, or exit naming the exact command where we may not."""
    missing = [need for need in needs if not need.met()]
    if not missing:
        return
    packages = sorted({package for need in missing for package in need.packages})
    say("missing: " + ", ".join(f"{need.packages[0]} ({need.why})" for need in missing))
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
            _install_venv_package()
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


def _install_venv_package() -> None:
    """Debian splits `venv` off its python3."""
    sudo = _root_prefix()
    command = "apt-get install -y python3-venv"
    if sudo is None or shutil.which("apt-get") is None:
        sys.exit(f"run: python3 comes without venv here; install it first:  sudo {command}")
    say("python3 comes without venv here; installing python3-venv")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*sudo, "apt-get", "update", "-q"], env=environment, stdout=sys.stderr, check=False)
    if subprocess.run([*sudo, *command.split()], env=environment, stdout=sys.stderr, check=False).returncode:
        sys.exit(f"run: that failed; try it by hand:  sudo {command}")
