"""A stand for each test, with a leader, since the roster's laws want one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.members.values import Credential, MemberRole
from tests.edge.page.stand import LEADER, Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def leader(stand: Stand) -> Credential:
    return stand.join(LEADER, MemberRole.LEADER)


@pytest.fixture
def lan(stand: Stand, leader: Credential) -> Credential:
    """A member, in a group that has a leader."""
    return stand.join()
