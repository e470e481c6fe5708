"""Whom a bundle invites to its box's group: their tokens go on paper, the hashes of them into the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.bundle.invites import listing
from edge.members.people import good_name
from edge.members.tokens import new_token, token_hash
from edge.members.values import Expected, MemberRole
from provisioning.box.plan import BoxPlan


@dataclass(frozen=True, slots=True)
class Invited:
    """One person. The token is kept nowhere: whoever has the handover sheet has it."""

    role: MemberRole
    name: str                       # "" where nobody knows it yet
    token: str = field(repr=False)


def invited(plan: BoxPlan) -> tuple[Invited, ...]:
    """The group's leader and the technician, each by a token that is new."""
    leader = good_name(plan.leader) if plan.leader else ""
    return Invited(MemberRole.LEADER, leader, new_token()), Invited(MemberRole.TECHNICIAN, "", new_token())


def invites_file(people: Sequence[Invited]) -> bytes:
    return listing(tuple(Expected(each.role, each.name, token_hash(each.token)) for each in people))
