"""The topics under `edge/v1/{ward}/{group}/{box}/`. Pure text; the ACL of the broker mirrors it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from edge.contract.messages import Role

VERSION = "v1"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


def is_slug(text: str) -> bool:
    """Whether `text` may stand in a topic: 1 to 48 of a-z 0-9 -, not starting or ending in '-'."""
    return SLUG.fullmatch(text) is not None


def to_slug(text: str) -> str:
    """The nearest slug to any text, e.g. of a file's name; "x" where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "x"


@dataclass(frozen=True, slots=True)
class Root:
    """The part of the topic tree that belongs to one box."""

    ward: str
    group: str
    box: str

    @property
    def path(self) -> str:
        return f"edge/{VERSION}/{self.ward}/{self.group}/{self.box}"

    @property
    def source(self) -> str:
        """The CloudEvents `source`: a URI reference, unique per box."""
        return f"/{self.path}"

    def topic(self, leaf: str) -> str:
        return f"{self.path}/{leaf}"

    def health(self, camera: str) -> str:
        return self.topic(f"cam/{camera}/health")

    def event(self, camera: str, kind: str) -> str:
        return self.topic(f"event/{camera}/{kind}")

    def image(self, event_id: str, rev: int, role: Role = Role.SUBJECT) -> str:
        """The subject's topic is as old as the contract; the others have their role at its end."""
        leaf = f"image/{event_id}/{rev}"
        return self.topic(leaf if role is Role.SUBJECT else f"{leaf}/{role.value}")

    @property
    def alarm(self) -> str:
        return self.topic("alarm")

    @property
    def panel(self) -> str:
        return self.topic("panel")

    @property
    def lessons(self) -> str:
        """What the box has learned not to tell."""
        return self.topic("lessons")

    @property
    def tombstone(self) -> str:
        """What the box gave up of what it owed."""
        return self.topic("tombstone")

    @property
    def time(self) -> str:
        """What the box knows of its clock, and of its earlier times."""
        return self.topic("time")

    @property
    def ack(self) -> str:
        """What the ward has of this box."""
        return self.topic("ack")

    @property
    def commands(self) -> str:
        """A filter for all commands to this box."""
        return self.topic("cmd/+")

    def command(self, name: str) -> str:
        return self.topic(f"cmd/{name}")

    @property
    def command_result(self) -> str:
        return self.topic("cmd-result")


@dataclass(frozen=True, slots=True)
class TopicAddress:
    """A topic taken apart: whose, and what follows the root, e.g. ("event", "gate", "enter")."""

    root: Root
    leaf: tuple[str, ...]


def parse(topic: str) -> TopicAddress | None:
    """Take a topic apart; None when it is not one of version 1."""
    parts = topic.split("/")
    if len(parts) < 6 or parts[:2] != ["edge", VERSION] or not all(is_slug(p) for p in parts[2:5]):
        return None
    return TopicAddress(Root(*parts[2:5]), tuple(parts[5:]))
