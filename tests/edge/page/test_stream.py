"""The live word: beats, changes, and its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from edge.contract.messages import AlarmCause, AlarmMode
from edge.ipc.panel import Actor, Raise
from edge.members.values import Credential
from tests.brokers import until
from tests.edge.page.stand import TOOL, Stand


def events(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event, as they come."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def raise_by(stand: Stand, who: Credential, mode: AlarmMode) -> None:
    stand.memory.request(Raise(Actor(AlarmCause.MEMBER, who.member.name, who.member.id), mode))


def test_state_first_then_beats_then_changes(stand: Stand, lan: Credential) -> None:
    """
    A page that opens is told all; then a beat with the clocks alone; a change is told with all of it.
    """
    with stand.phone(lan) as client, client.stream("GET", "/stream") as answer:
        told = events(answer)
        name, state = next(told)
        while name == "state":
            first, (name, state) = state, next(told)
        assert ("calm", True, False) == (first["tone"], first["armed"], first["can_cancel"])
        assert {"run", "version", "build", "left_s", "since_s"} == set(state)
        raise_by(stand, lan, AlarmMode.SIREN)
        while name == "beat":
            name, state = next(told)
        assert ("alarm", True, "Còi đang kêu") == (state["tone"], state["can_cancel"], state["announce"])
        assert 0 < state["left_s"] <= 60
        assert first["run"] == state["run"]


def test_a_silent_call_reaches_its_caller_alone(stand: Stand, lan: Credential, leader: Credential) -> None:
    """
    In the stream of another phone there is no trace of it: not in a word, not in a flag, not even a message
    that comes at another time than the beats do.
    """
    with stand.phone(lan) as mine, mine.stream("GET", "/stream") as its, \
            stand.phone(leader) as client, client.stream("GET", "/stream") as answer:
        told, own = events(answer), events(its)
        calm = next(told)[1]
        name, state = next(told)
        while name == "state":              # what is around the box may be found out meanwhile
            calm, (name, state) = state, next(told)
        raise_by(stand, lan, AlarmMode.SILENT)
        assert "quiet" == next(it["tone"] for _, it in own if it.get("tone") != "calm" and "tone" in it)
        for _ in range(2):
            name, beat = next(told)
            assert ("beat", calm["run"], calm["version"]) == (name, beat["run"], beat["version"])


def test_a_revoked_phones_stream_ends(stand: Stand, lan: Credential) -> None:
    """
    It is told so, and nothing after that; another phone's goes on.
    """
    with stand.phone(lan) as client, client.stream("GET", "/stream") as answer:
        told = events(answer)
        next(told)
        stand.roster.revoke_phone(lan.phone.id, TOOL)
        names = [name for name, _ in told]
    assert "gone" == names[-1]
    assert {"state", "beat"} >= set(names[:-1])


def test_a_phone_that_goes_is_let_go(stand: Stand, lan: Credential) -> None:
    """
    Of one phone the six newest streams live, so that one which went out of range keeps it from nothing; what
    it closes is counted off.
    """
    with stand.phone(lan) as client:
        answers = [client.send(client.build_request("GET", "/stream"), stream=True) for _ in range(8)]
        assert [200] * 8 == [answer.status_code for answer in answers]
        until(lambda: stand.listeners == 6, "the oldest to end")
        assert "state" == next(events(answers[-1]))[0]
        for answer in answers:
            answer.close()
    until(lambda: stand.listeners == 0, "the streams to be let go")
