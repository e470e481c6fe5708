"""Who answers for the personal data that a ward's boxes make: the controller of law 91/2025."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from edge.base.security_contact import contact_fault

KEEP_DAYS, KEEP_DAYS_MAX = 30, 3650         # as `edgebox-ward receive --keep-days`
_LINE_MAX = 120


@dataclass(frozen=True, slots=True)
class Controller:
    """Empty texts are not set yet."""

    name: str = ""                  # "Công an phường 5"
    address: str = ""
    phone: str = ""
    keep_days: int = KEEP_DAYS      # so long the ward keeps events and pictures
    security_contact: str = ""      # whom to tell of a security hole

    @property
    def is_known(self) -> bool:
        """Whether people can find who it is."""
        return bool(self.name and self.address and self.phone)


def line_fault(text: str) -> str | None:
    """Why `text` cannot stand on a sign; None where it can."""
    if text.strip() and text.isprintable() and len(text) <= _LINE_MAX:
        return None
    return f"want 1 to {_LINE_MAX} printable characters on one line"


def as_table(controller: Controller) -> str:
    """[controller] of ward.toml; nothing where nothing is set."""
    if controller == Controller():
        return ""
    lines = [f"{key} = {json.dumps(getattr(controller, key), ensure_ascii=False)}"
             for key in ("name", "address", "phone", "keep_days", "security_contact")]
    return "\n".join(["", "[controller]     # set by `edgebox-provision ward controller`", *lines, ""])


def read_table(table: Mapping[str, object]) -> Controller:
    """What `as_table` wrote, or somebody by hand. Raises ValueError with what is wrong."""
    texts = {key: str(table.get(key, "")) for key in ("name", "address", "phone", "security_contact")}
    for key in ("name", "address", "phone"):
        if texts[key] and (fault := line_fault(texts[key])) is not None:
            raise ValueError(f"controller.{key}: {fault}")
    if texts["security_contact"] and (fault := contact_fault(texts["security_contact"])) is not None:
        raise ValueError(f"controller.security_contact: {fault}")
    days = table.get("keep_days", KEEP_DAYS)
    if type(days) is not int or not 1 <= days <= KEEP_DAYS_MAX:
        raise ValueError(f"controller.keep_days: want 1 to {KEEP_DAYS_MAX}, got {days!r}")
    return Controller(texts["name"], texts["address"], texts["phone"], days, texts["security_contact"])
