"""Take back what a box or a program holds, at once: book, lists, broker, connection, in this order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from provisioning.ward.certificates import Authority
from provisioning.ward.disconnection import cut
from provisioning.ward.identity import root_of
from provisioning.ward.publish import Publisher
from provisioning.ward.settings import HostPort


class Cut(StrEnum):
    """What became of a connection that it may have."""

    DONE = "cut"
    NOT_YET = "not-cut"         # the broker has not read the new list: it would come back at once
    DEAF = "deaf"               # a program of the ward: connected until it goes, without any right


def revoke_holder(publisher: Publisher, issuing: Authority, name: str, why: str, now: datetime,
                  broker: HostPort | None, reloaded: bool) -> Cut:
    """Safe to repeat.

    The new access list counts at once for whoever is connected, the revocation list at the next connection;
    then the connection is cut, and does not come back.

    Args:
        broker: where to cut; None: where ward.toml says.
        reloaded: somebody has made the broker read the new files.

    Raises:
        FatalError: no such name, or the broker could not be told.
        RetryableError: all is written, but the connection could not be cut.
    """
    publisher.book.revoke(name, why, now)
    publisher.publish(issuing, now, always=True)
    if not (publisher.reload or reloaded):
        return Cut.NOT_YET
    if root_of(name) is None:
        return Cut.DEAF
    cut(broker or publisher.settings.broker, publisher.ward.chain, issuing, name, now)
    return Cut.DONE
