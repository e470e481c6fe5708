"""Why a card is not written, or cannot be used: told in one line, in whatever language."""

from __future__ import annotations

from enum import StrEnum


class FlashFault(StrEnum):
    NOT_THERE = "not-there"
    NOT_BLOCK = "not-block"
    PARTITION = "partition"
    NOT_ALLOWED = "not-allowed"
    EMPTY = "empty"                 # a card reader without a card
    SYSTEM = "system"
    MOUNTED = "mounted"
    HELD = "held"                   # by LVM, RAID, encryption
    READ_ONLY = "read-only"
    TOO_BIG = "too-big"
    TOO_SMALL = "too-small"
    BUSY = "busy"
    IMAGE_MISSING = "image-missing"
    IMAGE_WRONG = "image-wrong"
    IMAGE_DAMAGED = "image-damaged"
    IMAGE_SUM = "image-sum"
    NO_ZSTD = "no-zstd"
    WRITE_FAILED = "write-failed"
    READ_FAILED = "read-failed"
    DIFFERS = "differs"


CARD_FAULTS = (FlashFault.WRITE_FAILED, FlashFault.READ_FAILED, FlashFault.DIFFERS)


class FlashError(Exception):
    """`values` are for the words of the fault. Whether the card was begun, who wrote to it knows."""

    def __init__(self, fault: FlashFault, **values: str | OSError) -> None:
        super().__init__(f"{fault}: {values}")
        self.fault, self.values = fault, values
