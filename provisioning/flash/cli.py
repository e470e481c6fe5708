"""`edgebox-provision flash`: the command line and what it says."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from edge.base.arguments import ArgumentParser
from edge.base.errors import FatalError
from edge.base.words import LANGUAGES, Words
from provisioning.box.prompts import Asker
from provisioning.errors import WordedError
from provisioning.flash.card import Card
from provisioning.flash.device import Device, in_gb, likely_cards, read_device, refusal
from provisioning.flash.faults import CARD_FAULTS, FlashError
from provisioning.flash.image import CardImage, check_file, opened, read_image
from provisioning.flash.progress import FlashProgress


def add_parser(subparsers: argparse._SubParsersAction[ArgumentParser]) -> None:
    parser = subparsers.add_parser("flash", help="write an image to a card and verify it", description=(
        "Write an image (.img, .img.xz, .img.zst) to a card and read it back. Refuses what is no card, is in "
        "use, or is this computer's own disk."))
    parser.add_argument("image", metavar="IMAGE", type=Path, nargs="?",
                        help="IMAGE.sha256 beside it is checked")
    parser.add_argument("device", metavar="DEVICE", type=Path, nargs="?",
                        help="the whole card, e.g. /dev/sdb")
    parser.add_argument("--list", action="store_true", help="tell which cards are there")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--any-size", action="store_true", help="also to what is larger than 512 GB")
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0], help="(default: vi)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    words = Words(args.lang, "provisioning.words.flash")
    if args.list:
        return _list(words)
    if args.image is None or args.device is None:
        raise WordedError("flash-what", os.EX_USAGE)
    try:
        return _flash(args, words)
    except FlashError as exc:
        text = words(f"refused-{exc.fault}", **exc.values)
        raise FatalError(text, os.EX_IOERR if exc.fault in CARD_FAULTS else os.EX_NOINPUT) from exc


def _list(words: Words) -> int:
    cards = likely_cards()
    for card in cards:
        used = words("list-mounted", places=", ".join(card.mounts)) if card.mounts else ""
        print(words("list-row", path=str(card.path), size=in_gb(card.size_bytes),
                    model=card.model or words("no-model")) + used)
    if not cards:
        print(words("list-none"))
    return os.EX_OK


def _flash(args: argparse.Namespace, words: Words) -> int:
    image, device = read_image(args.image), read_device(args.device)
    refused = refusal(device, image.size_bytes, args.any_size)
    if refused is not None:
        raise refused
    if not args.yes and not _agreed(image, device, words):
        print(words("nothing-done"))
        return os.EX_OK
    check_file(image, FlashProgress(words, "checking"))
    with Card(device.path) as card:
        try:
            with opened(image) as source:
                sha256 = card.write(source, image, FlashProgress(words, "writing"))
            card.verify(sha256, image.size_bytes, FlashProgress(words, "reading"))
        except (KeyboardInterrupt, FlashError):
            print(f"\n{words('spoilt', path=str(device.path))}", file=sys.stderr)
            raise
        card.show()
    print(words("done", path=str(device.path), sha256=sha256))
    return os.EX_OK


def _agreed(image: CardImage, device: Device, words: Words) -> bool:
    if not sys.stdin.isatty():
        raise WordedError("flash-yes", os.EX_USAGE)
    asker = Asker(words)
    asker.say("about", image=image.path.name, image_size=in_gb(image.size_bytes), path=str(device.path),
              size=in_gb(device.size_bytes), model=device.model or words("no-model"))
    return asker.agree("go-on", default=False)
