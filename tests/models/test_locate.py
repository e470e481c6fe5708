"""Where pip says that a package lies: real pip, on an index of our own on loopback."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from edge.base.errors import RetryableError
from models import locate
from models.fetch import fetch_members
from models.package import Package, PackageFile
from tests.models.web import Server, sdist, wheel

METADATA = b"Metadata-Version: 2.1\nName: some-pack\nVersion: 1.0\n"
DATA = b"eight bytes and some more" * 100


@pytest.fixture
def index(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    """A package index in the simple format, which this process's pip is told to use alone."""
    for name in ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", server.url + "/simple")
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    marker = tmp_path / "setup-was-run"
    server.files["/files/some_pack-1.0-py3-none-any.whl"] = wheel({
        "some_pack/data.bin": DATA, "some_pack-1.0.dist-info/METADATA": METADATA,
        "some_pack-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "some_pack-1.0.dist-info/RECORD": b""})
    server.files["/files/some_pack-1.0.tar.gz"] = sdist({
        "some_pack-1.0/setup.py": f"open({str(marker)!r}, 'w')\n".encode(), "some_pack-1.0/data.bin": DATA,
        "some_pack-1.0/PKG-INFO": METADATA})
    names = ["some_pack-0.9.tar.gz", "some_pack-1.0.tar.gz", "some_pack-1.0-py3-none-any.whl"]
    server.files["/simple/some-pack/"] = "".join(
        f'<a href="/files/{name}">{name}</a>\n' for name in names).encode()
    return server


@pytest.mark.slow
def test_wheel_from_the_index_that_pip_is_told_to_use(index: Server, tmp_path: Path) -> None:
    """
    The whole way, without an address of ours: pip finds the wheel, ranges bring the member.
    """
    package = Package("some-pack", "1.0", "wheel",
                      (PackageFile("some_pack/data.bin", hashlib.sha256(DATA).hexdigest(), len(DATA)),))

    assert index.url + "/files/some_pack-1.0-py3-none-any.whl" == locate.wheel_url("some-pack", "1.0")
    got = fetch_members(package, tmp_path / "out", lambda *_: None)

    assert DATA == got["data.bin"].read_bytes()


def test_sdist_is_found_without_running_it(index: Server, tmp_path: Path) -> None:
    """
    The address of a .tar.gz is found although its setup.py is never run and it is not even downloaded.
    """
    found = locate.sdist_url("Some_Pack", "1.0")

    assert index.url + "/files/some_pack-1.0.tar.gz" == found
    assert not (tmp_path / "setup-was-run").exists()
    assert not any(line.startswith("/files/") for line in index.asked)


@pytest.mark.parametrize(("find", "version"), [(locate.wheel_url, "2.0"), (locate.sdist_url, "2.0"),
                                               (locate.sdist_url, "1")])
def test_a_version_that_is_not_there(index: Server, find: locate.Find, version: str) -> None:
    """
    One line that names package and version and says what to do.
    """
    with pytest.raises(RetryableError, match=rf"^some-pack=={version}: pip cannot find it: .*--from DIR$"):
        find("some-pack", version)


def test_no_network(index: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An index that does not answer is a RetryableError, not a traceback.
    """
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")

    with pytest.raises(RetryableError, match=r"^some-pack==1\.0: pip cannot find it"):
        locate.wheel_url("some-pack", "1.0")
