"""Where bundles go: cards that are mounted, images, and what happens when they are full or foreign."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from edge.base.errors import FatalError
from edge.bundle.verify import read_bundle
from provisioning.box.card import Place, cards_in, check_place, write_bundle
from provisioning.box.office import Office
from provisioning.ward.folder import WardFolder
from tests.provisioning.box.boxes import plan
from tests.provisioning.flash.disks import MIB, call, loop, make_image

NOW = datetime.now(UTC)
FILES = {"bundle.json": b'{"ward": "w", "group": "g", "box": "b"}', "network/cable.nmconnection": b"x"}


def test_cards_are_known_by_their_partition() -> None:
    """
    Of what lsblk tells: mounted partitions named as our image's first, however deep; nothing else.
    """
    listed = {"blockdevices": [
        {"path": "/dev/sda", "partlabel": None, "mountpoint": None, "children": [
            {"path": "/dev/sda1", "partlabel": "EFI System Partition", "mountpoint": "/boot/efi"}]},
        {"path": "/dev/sdb", "partlabel": None, "mountpoint": None, "children": [
            {"path": "/dev/sdb1", "partlabel": "autoboot", "mountpoint": "/media/lan/EDGEBOX"},
            {"path": "/dev/sdb2", "partlabel": "boot_a", "mountpoint": "/media/lan/BOOT_A"}]},
        {"path": "/dev/mmcblk0", "children": [{"path": "/dev/mmcblk0p1", "partlabel": "autoboot",
                                               "mountpoint": None}]}]}

    assert [Path("/media/lan/EDGEBOX")] == cards_in(json.dumps(listed).encode())
    assert [] == cards_in(b'{"blockdevices": []}')


def out_of(image: Path, to: Path) -> Path:
    """What a box would find on the first partition."""
    to.mkdir()
    call("mcopy", "-s", "-n", "-i", f"{image}@@{MIB}", "::/edge-bundle", str(to))
    return to / "edge-bundle"


@pytest.mark.parametrize("kind", ["file", "device"])
def test_a_bundle_goes_into_an_image(office: Office, ward: WardFolder, tmp_path: Path, kind: str) -> None:
    """
    Into an image file, or onto a card that is not mounted: the box believes what it finds there; a second
    bundle takes the first one's place, and the report of the life before is gone.
    """
    image = make_image(tmp_path / "edgebox.img")
    (tmp_path / "report.json").write_text("{}")
    call("mcopy", "-i", f"{image}@@{MIB}", str(tmp_path / "report.json"), "::/")
    anchor = x509.load_pem_x509_certificate(ward.root_certificate.read_bytes())
    if kind == "file":
        made = next(iter(office.give([(plan(), Place(image, image=True))], NOW, 14)))
        first = read_bundle(out_of(image, tmp_path / "a"), anchor)
        office.renew(made.plan, Place(image, image=True), NOW, 14)
    else:
        with loop(image) as device:
            made = next(iter(office.give([(plan(), Place(device, image=True))], NOW, 14)))
            first = read_bundle(out_of(device, tmp_path / "a"), anchor)
            office.renew(made.plan, Place(device, image=True), NOW, 14)
    second = read_bundle(out_of(image, tmp_path / "b"), anchor)

    assert made.identity == first.list.identity == second.list.identity
    assert first.code != second.code
    assert "report" not in call("mdir", "-b", "-i", f"{image}@@{MIB}", "::/")


@pytest.mark.parametrize(("case", "said"), [
    ("no-image", "want an edgebox image, unpacked"), ("other", "has no partition 'autoboot'"),
    ("missing", "cannot be read"),
])
def test_what_is_no_image_is_refused_before_a_name_is_given(office: Office, ward: WardFolder, tmp_path: Path,
                                                            case: str, said: str) -> None:
    path = tmp_path / "x.img"
    if case == "no-image":
        path.write_bytes(bytes(2 * MIB))
    elif case == "other":
        make_image(path, names=("efi", "root"))

    with pytest.raises(FatalError, match=said):
        list(office.give([(plan(), Place(path, image=True))], NOW, 14))
    assert not ward.inventory.exists()
    assert frozenset() == office.taken()


def test_a_card_must_be_there_and_have_room(tmp_path: Path) -> None:
    """
    No such folder, a file, or a full card: told with what to do, before anything is made.
    """
    (tmp_path / "file").write_text("")
    for path, said in (("nothing", "put the card in"), ("file", "nothing can be written there")):
        with pytest.raises(FatalError, match=said):
            check_place(Place(tmp_path / path), "w.g.b", replace=False)
    if os.geteuid():
        pytest.skip("needs root to mount")
    (tmp_path / "full").mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path / "full"))
    try:
        with pytest.raises(FatalError, match="KiB are free, want 2048"):
            check_place(Place(tmp_path / "full"), "w.g.b", replace=False)
        (tmp_path / "full" / "edge-bundle").mkdir()
        (tmp_path / "full" / "edge-bundle" / "old").write_text("old")
        with pytest.raises(FatalError, match="No space left on device"):
            write_bundle(Place(tmp_path / "full"), {**FILES, "large": bytes(2 * MIB)})
        assert ["edge-bundle"] == [path.name for path in (tmp_path / "full").iterdir()]
        assert "old" == (tmp_path / "full" / "edge-bundle" / "old").read_text()
    finally:
        subprocess.run(("umount", str(tmp_path / "full")), check=True)


def test_a_card_that_fails_costs_no_name(office: Office, ward: WardFolder, tmp_path: Path) -> None:
    """
    When the card fails after the code was made, the error says how to write it again, and that works.
    """
    card = tmp_path / "card"
    card.mkdir()
    (card / "edge-bundle.new").write_text("")          # a file that nobody can make a folder of
    (card / "edge-bundle").mkdir()
    with pytest.raises(FatalError, match=r"box renew .* phuong-5\.to-12\.hop-01"):
        list(office.give([(plan(), Place(card))], NOW, 14))
    (card / "edge-bundle.new").unlink()

    kept = office.plan_of(plan().root("phuong-5"))
    assert kept == plan()
    made = office.renew(plan(), Place(card), NOW, 14)
    assert read_bundle(made.where, x509.load_pem_x509_certificate(ward.root_certificate.read_bytes())).code
