"""What one image is made of: the request, the package sources, and the key of all that decides its bytes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from dev.image.steps import BuildError, answer

RECIPE = Path("provisioning/image")
# What an image is made from; a commit that touches none of these makes the same image.
INPUTS = ("edge", "models", "provisioning", "systemd", "ward", "setup.py", "pyproject.toml", "README.md",
          "requirements/box.lock", "dev/image")
MODEL = "picodet-s-coco"
ARCHES = ("arm64", "amd64")
SOURCES = ("debian", "raspberrypi")
_TIMEOUT_S = 60
_DATE = re.compile(r"^Date: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Where packages are fetched. `raspberrypi_key` is the file that its archive is signed by."""

    debian: str
    security: str
    raspberrypi: str = ""
    raspberrypi_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    arch: str
    sources: str
    mirrors: Mirrors
    revision: str = "HEAD"
    anchor: Path | None = None      # the ward's root certificate; none: an image for any ward, for trying


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request with everything looked up that its bytes depend on."""

    request: Request
    suite: str
    lines: tuple[str, ...]          # of sources.list
    packages: tuple[str, ...]
    commit: str                     # the last one that touched INPUTS
    epoch: int                      # its time
    base_epoch: int                 # when the archives were last published: the base is older than the commit
    base_key: str
    site_key: str
    image_key: str

    @property
    def name(self) -> str:
        return f"edgebox-{self.request.arch}-{self.request.sources}-{self.commit[:12]}"


@dataclass(frozen=True, slots=True)
class Release:
    """What an archive says of itself."""

    digest: str         # changes whenever the archive does
    epoch: int          # when it was published


def configured_mirrors() -> tuple[str, str]:
    """Debian's archive and its security archive, as apt is configured here."""
    told = answer(["apt-get", "indextargets", "--format", "$(SITE)"]).split()
    sites = [site.rstrip("/") for site in dict.fromkeys(told)]
    plain = [site for site in sites if site.endswith("/debian")]
    security = [site for site in sites if site.endswith("-security")]
    if not plain:
        raise BuildError("apt knows no mirror of Debian here; name one with --mirror")
    return plain[0], security[0] if security else plain[0] + "-security"


def look_up(root: Path, request: Request, models: Path) -> Recipe:
    """Find all that decides the image's bytes.

    Raises:
        BuildError: git or a mirror does not answer; or there is no such combination.
    """
    git = ["git", "-C", str(root)]
    commit, epoch = answer([*git, "log", "-1", "--format=%H %ct", request.revision, "--", *INPUTS]).split()

    # Not from the working tree: what is built is the commit.
    def at_commit(path: str) -> bytes:
        return subprocess.run([*git, "show", f"{commit}:{path}"], check=True,
                              capture_output=True).stdout

    table = tomllib.loads(at_commit(f"{RECIPE}/packages.toml").decode())
    source = table[request.sources]
    if request.arch not in source["packages"]:
        raise BuildError(f"{request.sources} has nothing for {request.arch}; "
                         f"it has {', '.join(source['packages'])}")
    lines = _filled([*source["lines"], *source.get("extra_lines", {}).get(request.arch, [])],
                    source["key"], request.mirrors)
    packages = (*table["common"]["packages"], *source["packages"][request.arch])
    hooks = answer([*git, "ls-tree", "-r", commit, f"{RECIPE}/base/"])
    releases = [release_of(line) for line in lines]
    base_key = _digest(request.arch, *packages, hooks, *(release.digest for release in releases))
    site_key = _digest(request.arch, at_commit("requirements/box.lock").hex())
    weights = hashlib.sha256((models / MODEL / "model.onnx").read_bytes()).hexdigest()
    anchor = root_certificate(request.anchor) if request.anchor else ""
    return Recipe(request, source["suite"], lines, packages, commit, int(epoch),
                  max(release.epoch for release in releases), base_key, site_key,
                  _digest(base_key, site_key, commit, weights, anchor))


def root_certificate(path: Path) -> str:
    """A ward's root certificate, as text. A wrong one would be found out on the wall, by box after box.

    Raises:
        BuildError: it cannot be read, or is not one certificate of a CA that has signed itself.
    """
    try:
        text = path.read_text()
        [certificate] = x509.load_pem_x509_certificates(text.encode())
        certificate.verify_directly_issued_by(certificate)
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except OSError as exc:
        raise BuildError(f"--anchor {path}: {exc.strerror}; name the ward's root.crt") from exc
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as exc:
        raise BuildError(f"--anchor {path}: is not one root certificate; name the ward's root.crt") from exc
    if not is_ca:
        raise BuildError(f"--anchor {path}: is no certificate of a CA; name the ward's root.crt")
    return text


def _filled(lines: list[str], key: str, mirrors: Mirrors) -> tuple[str, ...]:
    if any("{raspberrypi}" in line for line in lines):
        if not mirrors.raspberrypi:
            raise BuildError("Raspberry Pi's archive is none that Debian knows: name its address with "
                             "--raspberrypi-mirror (docs/image.md)")
        if mirrors.raspberrypi_key is None:
            raise BuildError("Raspberry Pi's archive is signed by a key that Debian does not have: "
                             "name its file with --keyring (docs/image.md)")
    return tuple(line.format(key=f"signed-by={key}", mirror=mirrors.debian, security=mirrors.security,
                             raspberrypi=mirrors.raspberrypi, raspberrypi_key=mirrors.raspberrypi_key)
                 for line in lines)


def release_of(line: str) -> Release:
    """What the archive of this line of sources.list has published last. Raises BuildError."""
    mirror, suite = line.rpartition("] ")[2].split()[:2]
    address = f"{mirror}/dists/{suite}/InRelease"
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answered:  # noqa: S310  (apt's own address)
            text: bytes = answered.read()
    except (urllib.error.URLError, TimeoutError) as exc:
        raise BuildError(f"{address}: {exc}; is there a network? name another mirror with --mirror") from exc
    date = _DATE.search(text.decode())
    if date is None:
        raise BuildError(f"{address}: no line 'Date:'; is this an archive?")
    return Release(hashlib.sha256(text).hexdigest(), int(parsedate_to_datetime(date[1]).timestamp()))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
