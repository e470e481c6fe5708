"""Who may change what of the roster. Pure; the page may ask it which buttons to show."""

from __future__ import annotations

from enum import StrEnum

from edge.members.values import MemberRole

_KEEPERS = (MemberRole.LEADER, MemberRole.TECHNICIAN)


class Deed(StrEnum):
    INVITE = "invite"              # target: the role that the new member gets
    ADD_PHONE = "add-phone"        # target: the member's role, as below
    WITHDRAW = "withdraw"
    REVOKE_PHONE = "revoke-phone"
    REVOKE_MEMBER = "revoke-member"
    RENAME = "rename"
    CHANGE_ROLE = "change-role"    # asked for both roles, the old and the new
    UNLOCK = "unlock"


def may(role: MemberRole, deed: Deed, target: MemberRole, *, own: bool = False) -> bool:
    """Whether somebody of `role` may do `deed` to somebody (`own`: to himself) of the role `target`.

    Leaders keep members and leaders, technicians everybody. Each adds and revokes his own phones, and may
    leave. Nobody unlocks himself: whoever holds a phone could guess on.
    """
    match deed:
        case Deed.UNLOCK if own:
            return False
        case (Deed.ADD_PHONE | Deed.REVOKE_PHONE | Deed.REVOKE_MEMBER | Deed.WITHDRAW) if own:
            return True
        case _:
            return role is MemberRole.TECHNICIAN or (role in _KEEPERS and target is not MemberRole.TECHNICIAN)
