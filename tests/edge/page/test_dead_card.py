"""The page, and guard's side of it, on a card that takes nothing any more: a code ends the alarm as ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.members.values import Credential, MemberRole
from tests.brokers import until
from tests.edge.page.stand import CODE, LEADER, Stand, standing
from tests.mounts import Card, own_card

WRONG = "999999"


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    with own_card(tmp_path / "card") as made:
        yield made


@pytest.fixture
def stand(tmp_path: Path, card: Card) -> Iterator[Stand]:
    (tmp_path / "run").mkdir()
    with standing(tmp_path / "run", state=card.folder) as made:
        yield made


def raise_and_cancel(stand: Stand, who: Credential, *codes: str) -> list[int]:
    with stand.phone(who) as client:
        raised = client.post("/api/raise", json={"mode": "siren", "request_id": f"{len(codes):016d}"})
        assert 200 == raised.status_code
        return [client.post("/cancel", data={"code": code}).status_code for code in codes]


def test_a_code_ends_the_alarm_on_a_full_card(stand: Stand, card: Card) -> None:
    """
    A wrong code is counted and refused, the right one ends the alarm; when there is room again the card has
    all of it.
    """
    leader = stand.join(LEADER, MemberRole.LEADER)
    lan = stand.join()
    card.fill_up()
    while_full = raise_and_cancel(stand, lan, WRONG, CODE)
    assert [403, 303] == while_full
    assert "no space left" in stand.roster_fault

    card.make_room()
    until(lambda: not stand.roster_fault, "the roster to be on the card again")
    assert {"alarm-raised", "code-wrong", "alarm-cancelled"} <= {it.act.what for it in stand.roster.log(9)}
    with stand.phone(leader) as client:
        assert 200 == client.get("/members").status_code


def test_guard_and_page_start_on_a_read_only_card(stand: Stand, card: Card) -> None:
    """
    Both are started anew: the page serves the certificate that phones know, and codes end the alarm. Tries
    are counted over the next restart of guard, too.
    """
    stand.join(LEADER, MemberRole.LEADER)
    lan = stand.join()
    stand.stop()
    stand.stop_guard()
    stand.roster.close()
    card.make_read_only()
    stand.start_guard()
    stand.start()

    assert [403, 303] == raise_and_cancel(stand, lan, WRONG, CODE)
    assert "read-only" in stand.roster_fault.lower()
    assert [403, 403, 403] == raise_and_cancel(stand, lan, WRONG, WRONG, WRONG)
    stand.stop_guard()
    stand.start_guard()
    with stand.phone(lan) as client:
        assert 429 == client.post("/cancel", data={"code": CODE}).status_code
