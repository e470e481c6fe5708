"""Files out of packages, from a real web server on loopback that hangs up, lies or ignores ranges."""

from __future__ import annotations

import hashlib
import random
import zipfile
from pathlib import Path

import pytest

from edge.base.errors import FatalError, RetryableError
from models.fetch import Progress, fetch_members
from models.package import Package, PackageFile
from tests.models.web import Server, sdist, wheel

RNG = random.Random(7)
WANTED = RNG.randbytes(300_000)
SECOND = b"many equal bytes " * 20_000
BULK = RNG.randbytes(3_000_000)
FILES = {"pack/bulk.bin": BULK, "pack/wanted.bin": WANTED, "pack/deep/second.txt": SECOND,
         "pack-1.0.dist-info/METADATA": b"Name: pack\n"}


def member(path: str, content: bytes) -> PackageFile:
    return PackageFile(path, hashlib.sha256(content).hexdigest(), len(content))


WHEEL = Package("pack", "1.0", "wheel", (member("pack/wanted.bin", WANTED),
                                        member("pack/deep/second.txt", SECOND)))


def quiet(name: str, there_bytes: int, all_bytes: int) -> None:
    """No progress."""


def get(server: Server, folder: Path, package: Package = WHEEL, name: str = "/pack-1.0-py3-none-any.whl",
        progress: Progress = quiet) -> dict[str, Path]:
    """As production does, but with a known address and without waiting between tries."""
    return fetch_members(package, folder, progress, lambda _: server.url + name, pause=lambda _: None)


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_only_the_members_travel(server: Server, tmp_path: Path, compression: int) -> None:
    """
    Two members of a 3 MB wheel cost their own bytes, the directory and a header each.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES, compression)

    got = get(server, tmp_path)

    assert (WANTED, SECOND) == (got["wanted.bin"].read_bytes(), got["second.txt"].read_bytes())
    assert server.sent_bytes < len(WANTED) + len(SECOND) + 70_000
    assert {"wanted.bin", "second.txt"} == leftovers(tmp_path)


def test_a_second_call_asks_nobody(server: Server, tmp_path: Path) -> None:
    """
    What is there with the right hash needs no address and no network.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    get(server, tmp_path)

    def nobody(_: Package) -> str:
        raise AssertionError("asked for an address")

    assert WANTED == fetch_members(WHEEL, tmp_path, quiet, find=nobody)["wanted.bin"].read_bytes()


def test_a_broken_file_is_fetched_anew_and_only_it(server: Server, tmp_path: Path) -> None:
    """
    A damaged file of ours is replaced; the sound one beside it is not downloaded again.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    got = get(server, tmp_path)
    got["second.txt"].write_bytes(SECOND[:-1])
    before = server.sent_bytes

    get(server, tmp_path)

    assert SECOND == got["second.txt"].read_bytes()
    assert server.sent_bytes - before < 70_000


def test_an_interruption_is_resumed_where_it_stopped(server: Server, tmp_path: Path) -> None:
    """
    A connection that breaks thrice costs no byte twice, and the progress never goes back.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = whole = wheel(FILES)
    sizes: list[int] = []

    def watch(name: str, there_bytes: int, all_bytes: int) -> None:
        if name == "wanted.bin":
            sizes.append(there_bytes)

    server.cut_after = [10**9, 10**9, 100_000, 50_000, 1]       # the directory and a header come whole
    get(server, tmp_path, progress=watch)

    assert sizes == sorted(sizes)
    assert server.sent_bytes < len(WANTED) + 70_000 < len(whole)


def test_giving_up_keeps_what_came(server: Server, tmp_path: Path) -> None:
    """
    A server that stays away is a RetryableError that says how much is kept; the next call goes on there.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    server.cut_after = [10**9, 10**9, 200_000] + [0] * 20

    with pytest.raises(RetryableError, match=r"200000 bytes are kept, run the same command again"):
        get(server, tmp_path)
    server.cut_after, before = [], server.sent_bytes
    got = get(server, tmp_path)

    assert WANTED == got["wanted.bin"].read_bytes()
    assert server.sent_bytes - before < len(WANTED) - 200_000 + 72_000


def test_a_server_that_ignores_ranges(server: Server, tmp_path: Path) -> None:
    """
    The whole wheel is taken instead, and not kept.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    server.ranges = False

    got = get(server, tmp_path)

    assert (WANTED, SECOND) == (got["wanted.bin"].read_bytes(), got["second.txt"].read_bytes())
    assert {"wanted.bin", "second.txt"} == leftovers(tmp_path)


def test_a_server_without_ranges_that_hangs_up(server: Server, tmp_path: Path) -> None:
    """
    Without ranges an interrupted download starts again, and still ends with the right bytes.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    server.ranges, server.cut_after = False, [0, 1_000_000]

    assert WANTED == get(server, tmp_path)["wanted.bin"].read_bytes()


@pytest.mark.parametrize("ranges", [True, False])
def test_wrong_content_is_refused_and_removed(server: Server, tmp_path: Path, ranges: bool) -> None:
    """
    Other bytes of the right length: one line with both hashes; nothing stays, so that a later call can
    succeed.
    """
    forged = WANTED[:-1] + bytes([WANTED[-1] ^ 1])
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES | {"pack/wanted.bin": forged})
    server.ranges = ranges

    with pytest.raises(FatalError, match=r"^wanted\.bin: wrong content: want sha256 \w{16}\.\.\., found"):
        get(server, tmp_path)

    assert set() == leftovers(tmp_path)


@pytest.mark.parametrize("content", [WANTED[:-1], WANTED + b"x", b""])
def test_wrong_length_is_refused(server: Server, tmp_path: Path, content: bytes) -> None:
    """
    A shorter or longer member is told with the length that was wanted.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES | {"pack/wanted.bin": content})

    with pytest.raises(FatalError, match=r"^wanted\.bin: want 300000 bytes, found"):
        get(server, tmp_path)

    assert set() == leftovers(tmp_path)


def test_a_bomb_is_not_unpacked(server: Server, tmp_path: Path) -> None:
    """
    A member that unpacks to far more than is pinned is cut off, not written out.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES | {"pack/wanted.bin": bytes(50_000_000)})

    with pytest.raises(FatalError, match="want 300000 bytes, found more"):
        get(server, tmp_path)

    assert set() == leftovers(tmp_path)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_member_that_is_not_there(server: Server, tmp_path: Path, ranges: bool) -> None:
    """
    A package of another make is told with the name that it lacks.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel({"pack/other.bin": BULK})
    server.ranges = ranges

    with pytest.raises(FatalError, match=r"pack/wanted\.bin' in it, found no such file"):
        get(server, tmp_path)


@pytest.mark.parametrize("ranges", [True, False])
def test_something_that_is_no_wheel(server: Server, tmp_path: Path, ranges: bool) -> None:
    """
    A captive portal's page instead of a wheel is one clear line.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = b"<html>please log in</html>" * 10_000
    server.ranges = ranges

    with pytest.raises(FatalError, match=r"pack-1\.0-py3-none-any\.whl(\.part)?: (not a wheel|broken)"):
        get(server, tmp_path)


def test_refusals_and_hiccups_are_told_apart(server: Server, tmp_path: Path) -> None:
    """
    A busy server is asked again; one that has no such file, or wants a password, is not.
    """
    server.files["/pack-1.0-py3-none-any.whl"] = wheel(FILES)
    server.errors = [503, 429, 500]
    get(server, tmp_path / "a")
    server.errors = [403]

    with pytest.raises(FatalError, match="the server answers 403"):
        get(server, tmp_path / "b")
    with pytest.raises(FatalError, match="the server answers 404"):
        get(server, tmp_path / "b", name="/gone.whl")

    assert 1 == sum(line.startswith("/gone.whl") for line in server.asked)


def test_an_address_with_a_password_is_not_told(server: Server, tmp_path: Path) -> None:
    """
    A mirror's credentials never reach a message.
    """
    address = server.url.replace("http://", "http://box:geheim@") + "/gone.whl"

    with pytest.raises((FatalError, RetryableError)) as caught:
        fetch_members(WHEEL, tmp_path, quiet, lambda _: address, pause=lambda _: None)

    assert "geheim" not in str(caught.value)


ARCHIVE = sdist({"pack-1.0/setup.py": b"raise SystemExit('ran')\n", "pack-1.0/clip.mp4": WANTED})
SDIST = Package("pack", "1.0", "sdist", (member("pack-1.0/clip.mp4", WANTED),),
                sha256=hashlib.sha256(ARCHIVE).hexdigest())


def test_sdist_comes_whole_and_is_resumed(server: Server, tmp_path: Path) -> None:
    """
    An interrupted .tar.gz goes on where it stopped; only the member stays.
    """
    server.files["/pack-1.0.tar.gz"] = ARCHIVE
    server.cut_after = [100_000, 0, 1]

    got = get(server, tmp_path, SDIST, "/pack-1.0.tar.gz")

    assert WANTED == got["clip.mp4"].read_bytes()
    assert len(ARCHIVE) == server.sent_bytes
    assert {"clip.mp4"} == leftovers(tmp_path)


def test_a_download_that_was_whole_before_a_crash(server: Server, tmp_path: Path) -> None:
    """
    A complete .part file, left by a crash before it was opened, is used as it is.
    """
    server.files["/pack-1.0.tar.gz"] = ARCHIVE
    (tmp_path / "pack-1.0.tar.gz.part").write_bytes(ARCHIVE)

    got = get(server, tmp_path, SDIST, "/pack-1.0.tar.gz")

    assert (WANTED, 0) == (got["clip.mp4"].read_bytes(), server.sent_bytes)


def test_a_forged_sdist_is_not_opened(server: Server, tmp_path: Path) -> None:
    """
    The hash of the whole archive is checked before a byte of it is unpacked.
    """
    server.files["/pack-1.0.tar.gz"] = sdist({"pack-1.0/clip.mp4": WANTED})

    with pytest.raises(FatalError, match=r"^pack-1\.0\.tar\.gz\.part: wrong content"):
        get(server, tmp_path, SDIST, "/pack-1.0.tar.gz")

    assert set() == leftovers(tmp_path)


def test_a_mirror_on_a_disk(tmp_path: Path) -> None:
    """
    pip may answer with file:// (a folder of wheels); then nothing is downloaded at all.
    """
    mirror = tmp_path / "my wheels"
    mirror.mkdir()
    (mirror / "pack-1.0-py3-none-any.whl").write_bytes(wheel(FILES))
    address = (mirror / "pack-1.0-py3-none-any.whl").as_uri()

    got = fetch_members(WHEEL, tmp_path / "out", quiet, find=lambda _: address)

    assert WANTED == got["wanted.bin"].read_bytes()


def test_a_folder_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    """
    A file where the folder should be is one line that names it.
    """
    (tmp_path / "taken").write_text("")

    with pytest.raises(FatalError, match=r"taken: (File exists|Not a directory); free the disk or name"):
        get(server, tmp_path / "taken")
