"""Names in certificates. A slug holds no dot, so the number of dots tells what kind of holder it is. Pure."""

from __future__ import annotations

from edge.contract.topics import Root, is_slug

MAX_NAME = 64               # of a common name: X.520, ub-common-name


def box_name(root: Root) -> str:
    """phuong-5.to-12.hop-01: the box's name in its certificate, at the broker, and as MQTT client id."""
    return f"{root.ward}.{root.group}.{root.box}"


def root_of(name: str) -> Root | None:
    """The box that `name` is; None when it is no box's name, or too long for a certificate."""
    parts = name.split(".")
    fits = len(name) <= MAX_NAME and len(parts) == 3 and all(map(is_slug, parts))
    return Root(*parts) if fits else None


def client_name(ward: str, name: str) -> str:
    """phuong-5.receiver: a program of the ward."""
    return f"{ward}.{name}"
