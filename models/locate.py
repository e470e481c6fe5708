"""Ask pip where a package's file lies, without running any of the package's code.

pip knows this machine's mirrors, proxies and credentials; we know no address. For a wheel its
installation report tells the address (documented, stable). For an sdist a report would first run the
package's own build script, so the address is read from the log of `pip index versions`, which only
reads the index; whatever it says, the file's sha256 is checked before the file is opened.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from edge.base.errors import RetryableError

Find = Callable[[str, str], str]        # (name, version) -> address

_TIMEOUT_S = 180


def wheel_url(name: str, version: str) -> str:
    """The address (https, http or file) of the wheel that pip would install here.

    Raises:
        RetryableError: pip finds none: no network, no such version, or no mirror set.
    """
    said = _pip(name, version, "install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary",
                ":all:", "--quiet", "--report", "-", f"{name}=={version}")
    try:
        return str(json.loads(said)["install"][0]["download_info"]["url"])
    except (ValueError, LookupError) as exc:
        raise _not_found(name, version, f"its report is not readable ({exc!r})") from exc


def sdist_url(name: str, version: str) -> str:
    """The address (https, http or file) of the source archive (.tar.gz).

    Raises:
        RetryableError: pip finds none.
    """
    said = _pip(name, version, "index", "versions", "-vv", "--no-color", name)
    wanted = f"{_normalised(name)}-{version}.tar.gz"
    for link in re.findall(r"\b(?:Found link|Skipping link:.*?) ((?:https?|file)://\S+)", said):
        archive = unquote(urlsplit(link).path.rsplit("/", 1)[-1])
        if _normalised(archive.removesuffix(f"-{version}.tar.gz")) + f"-{version}.tar.gz" == wanted:
            return str(link.partition("#")[0])
    raise _not_found(name, version, "the index lists no such .tar.gz")


def _pip(name: str, version: str, *arguments: str) -> str:
    """Standard output of pip; how much it says is ours to choose, all else the user's configuration."""
    ours = {key: value for key, value in os.environ.items() if key not in ("PIP_QUIET", "PIP_VERBOSE")}
    try:
        done = subprocess.run([sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check",
                               *arguments], env=ours, capture_output=True, text=True, check=False,
                              timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired as exc:
        raise _not_found(name, version, f"no answer for {_TIMEOUT_S} s") from exc
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        why = errors[-1].removeprefix("ERROR: ") if errors else f"pip exited {done.returncode}"
        raise _not_found(name, version, why)
    return done.stdout


def _not_found(name: str, version: str, why: str) -> RetryableError:
    return RetryableError(f"{name}=={version}: pip cannot find it: {why}; check the network and "
                          "`pip config list`, or bring the files and use --from DIR")


def _normalised(name: str) -> str:
    """A package's name in the normal form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
