"""What is read before anything is written: partition tables, and what the kernel says of disks."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.words import LANGUAGES, Words, source
from provisioning.flash.device import Device, likely_cards, refusal
from provisioning.flash.faults import FlashFault
from provisioning.flash.gpt import HEAD_BYTES, GptError, parse, read_table
from provisioning.flash.layout import PARTITIONS
from provisioning.flash.progress import line
from tests.provisioning.flash.disks import MIB, make_image


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_image(tmp_path_factory.mktemp("image") / "i.img").read_bytes()[:HEAD_BYTES]


def test_the_table_is_what_sfdisk_wrote(head: bytes) -> None:
    table = read_table(io.BytesIO(head))

    assert PARTITIONS == table.names
    assert 12 * MIB == table.size_bytes
    assert [2048 * number for number in range(1, 7)] == [part.first_sector for part in table.partitions]


@given(st.data())
def test_a_flipped_bit_of_the_table_is_noticed(head: bytes, data: st.DataObject) -> None:
    """
    Anywhere in header or entries: refused by its sums, never another table.
    """
    at = data.draw(st.integers(512, 512 + 91) | st.integers(1024, 1024 + 128 * 128 - 1))
    broken = bytearray(head)
    broken[at] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(GptError):
        parse(bytes(broken))


@given(st.binary(max_size=2000), st.integers(0, 2000))
def test_no_bytes_end_in_anything_but_a_refusal(head: bytes, noise: bytes, at: int) -> None:
    for raw in (noise, head[:at], head[:512] + b"EFI PART" + noise):
        with pytest.raises(GptError):
            parse(raw)


def disk(sys: Path, name: str, where: str, **facts: str) -> None:
    """One as sysfs shows it."""
    folder = sys / "devices" / where / name
    (folder / "device").mkdir(parents=True)
    for key, value in {"size": "62333952", "ro": "0", "removable": "0", "dev": "250:0", **facts}.items():
        (folder / key.replace("__", "/")).write_text(f"{value}\n")
    (sys / "block").mkdir(exist_ok=True)
    (sys / "block" / name).symlink_to(folder)


def test_cards_are_told_from_disks(tmp_path: Path) -> None:
    """
    A card in a slot, one in a USB reader, a removable one; no internal disk, no empty reader, no loop device.
    """
    disk(tmp_path, "mmcblk0", "platform/mmc_host/mmc0", device__name="SD32G")
    disk(tmp_path, "sdb", "pci/usb1/1-1/host6", removable="1", device__vendor="Generic ",
         device__model="STORAGE DEVICE  ", size="249737216")
    disk(tmp_path, "sdc", "pci/ata2/host1", removable="1")
    disk(tmp_path, "sdd", "pci/usb1/1-1/host6", removable="1", size="0")
    disk(tmp_path, "sda", "pci/ata1/host0")
    disk(tmp_path, "loop0", "virtual/block", removable="1")
    disk(tmp_path, "zram0", "virtual/block", removable="1")

    found = likely_cards(tmp_path)

    assert [("/dev/mmcblk0", "SD32G", 31_914_983_424),
            ("/dev/sdb", "Generic STORAGE DEVICE", 127_865_454_592),
            ("/dev/sdc", "", 31_914_983_424)] == [(str(card.path), card.model, card.size_bytes)
                                                  for card in found]


GOOD = Device(Path("/dev/sdb"), 32_000_000_000, "SD32G", True, False, (), ())


@pytest.mark.parametrize(("device", "fault"), [
    (GOOD, None),
    (Device(GOOD.path, 512_110_190_592, "", True, False, (), ()), None),
    (Device(GOOD.path, 1_000_204_886_016, "", True, False, (), ()), FlashFault.TOO_BIG),
    (Device(GOOD.path, 2_000_000_000, "", True, False, (), ()), FlashFault.TOO_SMALL),
    (Device(GOOD.path, 0, "", True, False, (), ()), FlashFault.EMPTY),
    (Device(GOOD.path, GOOD.size_bytes, "", True, True, (), ()), FlashFault.READ_ONLY),
    (Device(GOOD.path, GOOD.size_bytes, "", True, False, ("/media/lan/BOOT",), ()), FlashFault.MOUNTED),
    (Device(GOOD.path, GOOD.size_bytes, "", True, False, ("swap",), ()), FlashFault.SYSTEM),
    (Device(GOOD.path, GOOD.size_bytes, "", True, False, ("/home", "/"), ("dm-0",)), FlashFault.SYSTEM),
    (Device(GOOD.path, GOOD.size_bytes, "", True, False, (), ("dm-0",)), FlashFault.HELD),
])
def test_what_may_be_written(device: Device, fault: FlashFault | None) -> None:
    refused = refusal(device, 3_600_000_000, any_size=False)

    assert fault is (refused and refused.fault)


def test_progress_tells_rate_and_time_left() -> None:
    words = Words("vi", "provisioning.words.flash")

    told = line(words, "writing", 10 ** 9, 4 * 10 ** 9, 50.0)
    assert "Ghi thẻ: 1.0 GB / 4.0 GB (25 %), 20.0 MB/s, còn 2:30" == told
    assert "Ghi thẻ: 0.0 MB / 4.0 GB (0 %)" == line(words, "writing", 0, 4 * 10 ** 9, 5.0)


def test_every_fault_has_its_words() -> None:
    """
    Each in both languages, and the two files have the same keys with the same places in them.
    """
    found = {language: {entry.split("=")[0].strip(): set(re.findall(r"\$\w+", entry)) - {"$detail"}
                        for entry in source(language, "provisioning.words.flash").split("\n")
                        if entry[:1].isalpha()}
             for language in LANGUAGES}

    assert found["vi"] == found["en"]
    assert {f"refused-{fault}" for fault in FlashFault} <= set(found["vi"])
