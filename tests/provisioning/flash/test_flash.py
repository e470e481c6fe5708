"""An image comes onto a real block device byte for byte, or the card is left alone, or told to be spoilt."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import lzma
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.cli import main
from provisioning.flash.card import Card
from provisioning.flash.device import likely_cards, read_device, refusal
from provisioning.flash.faults import FlashError, FlashFault
from provisioning.flash.gpt import GptError, read_table
from provisioning.flash.image import opened, read_image
from tests.brokers import until
from tests.provisioning.flash.disks import MIB, blank, call, loop, make_image, tool


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 MiB, with the partitions of ours."""
    return make_image(tmp_path_factory.mktemp("image") / "edgebox.img")


def packed(image: Path, folder: Path, how: str) -> Path:
    to = folder / f"{image.name}.{how}" if how else folder / image.name
    match how:
        case "xz":
            to.write_bytes(lzma.compress(image.read_bytes(), preset=0))
        case "zst":
            call("zstd", "-q", "-1", str(image), "-o", str(to))
        case _:
            to.write_bytes(image.read_bytes())
    return to


@pytest.mark.parametrize("how", ["", "xz", "zst"])
def test_what_is_on_the_card_is_the_image(image: Path, tmp_path: Path, how: str,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    """
    Byte for byte, whichever way it is packed; what lies behind it stays; the sum is told, with progress.
    """
    backing = blank(tmp_path / "card", 16)
    with loop(backing) as device:
        assert os.EX_OK == main(["flash", str(packed(image, tmp_path, how)), str(device), "--yes"])
    told = capsys.readouterr()

    assert image.read_bytes() == backing.read_bytes()[:12 * MIB]
    assert b"\xa5" * (4 * MIB) == backing.read_bytes()[12 * MIB:]
    assert hashlib.sha256(image.read_bytes()).hexdigest() in told.out
    assert "Ghi thẻ: 12.6 MB / 12.6 MB (100 %)" in told.err
    assert "Đọc lại: 12.6 MB / 12.6 MB (100 %)" in told.err


@pytest.mark.parametrize("of", ["file", "content", "both", "renamed"])
def test_a_sum_beside_the_image_is_checked(image: Path, tmp_path: Path, of: str,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    """
    Of the packed file before anything is written, also where image and sum were given another name; of what
    is in it at the latest before the card can boot.
    """
    archive, backing = packed(image, tmp_path, "xz"), blank(tmp_path / "card", 12)
    sums = {"file": f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n",
            "content": f"{hashlib.sha256(image.read_bytes()).hexdigest()} *{image.name}\n",
            "renamed": f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  as-it-was-built.img.xz\n"}
    beside = archive.with_name(f"{archive.name}.sha256")
    right = sums["file"] + sums["content"] if of == "both" else sums[of]
    beside.write_text(right)
    with loop(backing) as device:
        assert os.EX_OK == main(["flash", str(archive), str(device), "--yes"])
        beside.write_text(right.replace(right[:8], "00000000"))
        assert os.EX_NOINPUT == main(["flash", str(archive), str(device), "--yes", "--lang", "en"])
    assert "does not match the SHA-256 beside it" in capsys.readouterr().err
    if of == "content":
        assert bytes(MIB) == backing.read_bytes()[:MIB]
    else:
        assert image.read_bytes() == backing.read_bytes()


def large(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(600_000_000_000)
    return path


def mounted(device: Path, on: Path, stack: contextlib.ExitStack) -> None:
    call("mke2fs", "-q", "-t", "ext4", str(device))
    on.mkdir()
    call("mount", str(device), str(on))
    stack.callback(call, "umount", str(on))


def parted(folder: Path, stack: contextlib.ExitStack) -> Path:
    """A device whose partitions the kernel knows: told by hand, since not every kernel reads GPT."""
    device = stack.enter_context(loop(make_image(folder / "card")))
    call("partx", "-a", str(device))
    stack.callback(call, "partx", "-d", str(device))
    return device


def prepared(case: str, folder: Path, stack: contextlib.ExitStack) -> Path:
    """A device that may not be written."""
    match case:
        case "not-there":
            return folder / "nothing"
        case "not-block":
            return blank(folder / "card", 16)
        case "partition":
            return Path(f"{parted(folder, stack)}p1")
        case "mounted-partition":
            device = parted(folder, stack)
            mounted(Path(f"{device}p6"), folder / "on", stack)
            return device
        case "read-only":
            return stack.enter_context(loop(blank(folder / "card", 16), "--read-only"))
        case "too-big":
            return stack.enter_context(loop(large(folder / "card")))
    device = stack.enter_context(loop(blank(folder / "card", 11 if case == "too-small" else 16)))
    if case == "mounted":
        mounted(device, folder / "on", stack)
    if case == "busy":
        stack.callback(os.close, os.open(device, os.O_RDONLY | os.O_EXCL))
    return device


@pytest.mark.parametrize(("case", "said"), [
    ("not-there", "cannot be opened (No such file or directory)"),
    ("not-block", "is neither card nor disk"),
    ("partition", "is a partition; the whole card is written, so name /dev/loop"),
    ("mounted", "is mounted at"),
    ("mounted-partition", "is mounted at"),
    ("read-only", "is write-protected"),
    ("too-small", "has 11.5 MB, the image needs 12.6 MB"),
    ("too-big", "600.0 GB, larger than any usual card"),
    ("busy", "another program uses it"),
])
def test_a_wrong_device_is_refused_in_one_line(case: str, said: str, image: Path, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    """
    Whatever is no free card: one line, and not one byte of it was changed.
    """
    with contextlib.ExitStack() as stack:
        device = prepared(case, tmp_path, stack)
        before = head_of(device)
        assert os.EX_NOINPUT == main(["flash", str(image), str(device), "--yes", "--lang", "en"])
        told = capsys.readouterr().err
        assert before == head_of(device)
    assert 1 == told.count("\n")
    assert f"edgebox-provision: {device}: " in told
    assert said in told


def test_this_machines_own_disk_is_refused() -> None:
    """
    As the system's, whatever else may be said against it. Only asked: a test that fails must not write there.
    """
    root = Path(call("findmnt", "-no", "SOURCE", "/").strip())
    if not root.is_block_device():
        pytest.skip("the root file system is on no disk")
    try:
        device = read_device(root)
    except FlashError as exc:           # a partition of it
        device = read_device(Path(str(exc.values["disk"])))
    refused = refusal(device, MIB, any_size=True)

    assert refused is not None
    assert FlashFault.SYSTEM is refused.fault
    assert "/" in str(refused.values["places"])
    assert device.path not in [card.path for card in likely_cards()]


def head_of(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(4 * MIB)


def test_a_large_disk_is_written_when_asked_for(image: Path, tmp_path: Path) -> None:
    with loop(large(tmp_path / "card")) as device:
        assert os.EX_OK == main(["flash", str(image), str(device), "--yes", "--any-size"])
    assert image.read_bytes() == head_of_size(tmp_path / "card", 12 * MIB)


def head_of_size(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


@pytest.mark.parametrize(("case", "said"), [
    ("missing", "cannot be read"),
    ("noise", "is no image of edgebox (no GUID partition table)"),
    ("short", "is no image of edgebox (no GUID partition table)"),
    ("other", "is no image of edgebox (no partition autoboot, boot_a, boot_b, system_a, system_b, data)"),
    ("one-missing", "is no image of edgebox (no partition data)"),
    ("bad-crc", "is no image of edgebox (its partition table is damaged)"),
    ("no-xz", "the image is damaged"),
    ("bad-sums", "does not match the SHA-256 beside it"),
])
def test_a_wrong_image_is_refused_in_one_line(case: str, said: str, image: Path, tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    """
    What is no image of ours is refused by its beginning, before the card is looked at.
    """
    path = tmp_path / "wrong.img"
    raw = bytearray(image.read_bytes())
    match case:
        case "noise":
            path.write_bytes(os.urandom(2 * MIB))
        case "short":
            path.write_bytes(b"EFI PART")
        case "other":
            make_image(path, names=("efi", "root"))
        case "one-missing":
            make_image(path, names=("autoboot", "boot_a", "boot_b", "system_a", "system_b"))
        case "bad-crc":
            raw[512 + 40] ^= 1
            path.write_bytes(raw)
        case "no-xz":
            path.write_bytes(b"\xfd7zXZ\x00" + os.urandom(100))
        case "bad-sums":
            path.write_bytes(raw)
            path.with_name("wrong.img.sha256").write_text("what is this\n")
    backing = blank(tmp_path / "card", 16)
    with loop(backing) as device:
        assert os.EX_NOINPUT == main(["flash", str(path), str(device), "--yes", "--lang", "en"])
    told = capsys.readouterr().err

    assert said in told
    assert 1 == told.count("\n")
    assert b"\xa5" * (16 * MIB) == backing.read_bytes()


@pytest.mark.parametrize("how", ["", "xz", "zst"])
def test_a_truncated_image_leaves_no_card_that_boots(image: Path, tmp_path: Path, how: str,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    """
    Noticed only on the way: told with what to do, that the card cannot be used, and it has no partitions.
    """
    archive, backing = packed(image, tmp_path, how), blank(tmp_path / "card", 16)
    with archive.open("rb+") as file:
        file.truncate(archive.stat().st_size * 2 // 3)
    with loop(backing) as device:
        assert os.EX_NOINPUT == main(["flash", str(archive), str(device), "--yes", "--lang", "en"])
    told = capsys.readouterr().err

    assert "the image is damaged, or was not fetched to its end" in told
    assert f"THE CARD {device} CANNOT BE USED" in told
    assert bytes(MIB) == backing.read_bytes()[:MIB]


def test_a_failing_card_is_told(tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A card that stops taking data, here for want of room behind it: one line, the card cannot be used.
    """
    (tmp_path / "small").mkdir()
    if os.geteuid():
        pytest.skip("needs root to mount")
    call("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(tmp_path / "small"))
    try:
        with (tmp_path / "small" / "card").open("wb") as file:
            file.truncate(16 * MIB)
        with loop(tmp_path / "small" / "card") as device:
            assert os.EX_IOERR == main(["flash", str(image), str(device), "--yes", "--lang", "en"])
    finally:
        call("umount", str(tmp_path / "small"))
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "CANNOT BE USED" in told


def test_reading_back_reads_the_card_and_not_the_memory(image: Path, tmp_path: Path) -> None:
    """
    One bit that changes behind the kernel's back after writing is found: no cache answers for the card.
    """
    backing, ours = blank(tmp_path / "card", 16), read_image(image)
    with loop(backing) as device, Card(device) as card:
        with opened(ours) as source:
            sha256 = card.write(source, ours, lambda done, total: None)
        card.verify(sha256, ours.size_bytes, lambda done, total: None)
        with backing.open("rb+") as file:
            file.seek(7 * MIB)
            one = file.read(1)
            file.seek(7 * MIB)
            file.write(bytes((one[0] ^ 1,)))
        with pytest.raises(FlashError) as caught:
            card.verify(sha256, ours.size_bytes, lambda done, total: None)
    assert FlashFault.DIFFERS is caught.value.fault


def test_ctrl_c_leaves_a_word_and_no_card_that_boots(tmp_path: Path) -> None:
    """
    Broken off while writing, the card has no partition table, and the last line says that it cannot be used.
    """
    image, backing = make_image(tmp_path / "large.img", 48), blank(tmp_path / "card", 48)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b"." * 4096)          # full: whoever tells progress waits
    with loop(backing) as device:
        command = ("flash", str(image), str(device), "--yes", "--lang", "en")
        process = subprocess.Popen((sys.executable, "-m", "provisioning.cli", *command), stderr=writing,
                                   stdin=subprocess.DEVNULL)
        os.close(writing)
        size = 24 * MIB
        until(lambda: image.read_bytes()[MIB:size] == head_of_size(device, size)[MIB:], "half is written", 60)
        process.send_signal(signal.SIGINT)
        said = b""
        while part := os.read(reading, 4096):
            said += part
        os.close(reading)
        assert 128 + signal.SIGINT == process.wait(timeout=60)
        with device.open("rb") as card, pytest.raises(GptError):
            read_table(card)
    assert f"THE CARD {device} CANNOT BE USED".encode() in said.strip(b".").splitlines()[-1]
    assert b"Traceback" not in said


def test_nobody_to_ask_is_no_consent(image: Path, tmp_path: Path) -> None:
    backing = blank(tmp_path / "card", 16)
    with loop(backing) as device:
        done = subprocess.run((sys.executable, "-m", "provisioning.cli", "flash", str(image), str(device)),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert os.EX_USAGE == done.returncode
    assert "--yes" in done.stderr
    assert b"\xa5" * (16 * MIB) == backing.read_bytes()


def test_tools_are_there() -> None:
    """
    A machine without these would skip most of what stands above.
    """
    for name in ("losetup", "sfdisk", "mformat", "mke2fs", "zstd", "partx"):
        assert tool(name)
