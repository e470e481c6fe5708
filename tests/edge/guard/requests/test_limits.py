"""How often may be asked what costs time, noise or records."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.errors import RetryableError
from edge.contract.messages import AlarmMode
from edge.guard.requests.limits import CodeGate, Endings
from edge.ipc import page_guard as asking
from edge.ipc.page_guard import Acted, Seen, TooSoon
from edge.ipc.panel import Raise
from edge.members.values import Credential
from tests.edge.guard.requests.test_taken_over_page import MadePage
from tests.edge.page.stand import CODE, Stand


@pytest.fixture
def page(stand: Stand) -> Iterator[MadePage]:
    made = MadePage(stand)
    yield made
    made.close()


@given(st.lists(st.floats(0.0, 20.0), max_size=60) | st.lists(st.just(31.0), max_size=60))
def test_endings_of_one_member_are_bounded_and_of_another_free(gaps_s: list[float]) -> None:
    """
    However somebody tries: in any time at most four and one for each half minute, and twenty and one for
    three minutes; others never wait for it.
    """
    endings, now_s, ended = Endings(), 1000.0, 0
    for gap_s in gaps_s:
        now_s += gap_s
        if not endings.wait_s("m-1", now_s):
            endings.count("m-1", now_s)
            ended += 1
    assert ended <= 4 + (now_s - 1000.0) / 30.0 + 1e-6
    assert ended <= 20 + (now_s - 1000.0) / 180.0 + 1e-6
    assert 0.0 == endings.wait_s("m-2", now_s)
    assert endings.wait_s("m-1", now_s) <= 180.0


def test_raising_and_ending_in_turn_makes_few_alarms_and_refuses_no_call(
        stand: Stand, lan: Credential, leader: Credential, page: MadePage) -> None:
    """
    Thirty pairs by one phone: every call is accepted, five alarms came of them, and the fifth sounds on until
    somebody else ends it.
    """
    answers = []
    for number in range(30):
        raising = asking.RaiseAlarm(credential=lan.secret, mode=AlarmMode.SIREN,
                                    request_id=f"request-of-number-{number}")
        raised = page.ask(raising, page.calls)
        assert isinstance(raised, Acted)
        assert raised.accepted
        answers.append(page.ask(asking.CancelAlarm(credential=lan.secret, code=CODE)))

    assert [Acted] * 4 + [TooSoon] * 26 == [type(answer) for answer in answers]
    assert 30 == sum(isinstance(it, Raise) for it in stand.memory.requests)
    assert stand.memory.view().alarm is not None
    ended = page.ask(asking.CancelAlarm(credential=leader.secret, code=CODE))
    assert isinstance(ended, Acted)
    assert ended.accepted


def test_a_flood_of_codes_delays_no_call(stand: Stand, lan: Credential, leader: Credential,
                                         page: MadePage) -> None:
    """
    Six connections send codes without end; a call of another phone is answered meanwhile, and so is a look.
    """
    stop, pages = threading.Event(), [MadePage(stand) for _ in range(6)]

    def flood(made: MadePage) -> None:
        while not stop.is_set():
            made.ask(asking.DisarmBox(credential=leader.secret, code=CODE))

    threads = [threading.Thread(target=flood, args=(made,)) for made in pages]
    for thread in threads:
        thread.start()
    try:
        call = asking.RaiseAlarm(credential=lan.secret, mode=AlarmMode.SIREN, request_id="0123456789abcdef")
        assert isinstance(page.ask(call, page.calls), Acted)
        assert isinstance(page.ask(asking.Look(credential=lan.secret)), Seen)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for made in pages:
            made.close()


def test_codes_pass_a_few_at_a_time() -> None:
    """
    Whoever finds no place is told to ask again, at once; a place that is left is free.
    """
    gate = CodeGate(at_once=2)
    with gate.passing():
        with gate.passing(), pytest.raises(RetryableError), gate.passing():
            raise AssertionError("let in")
        with gate.passing():
            pass
