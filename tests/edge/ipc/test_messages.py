from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from edge.base.errors import RetryableError
from edge.base.sockets import Server, listening
from edge.base.supervisor import Supervisor
from edge.ipc.channels import CHANNELS, PAGE_TO_GUARD, WATCH_TO_GUARD, Program
from edge.ipc.messages import Done, Handler, Message, Refused, ask


class Count(Message):
    """Made for these tests."""

    kind: Literal["count"] = "count"
    number: int


class Name(Message):
    """Made for these tests."""

    kind: Literal["name"] = "name"
    text: str


ASKED: TypeAdapter[Count | Name] = TypeAdapter(Annotated[Count | Name, Field(discriminator="kind")])
ANSWERS: TypeAdapter[Done | Refused] = TypeAdapter(Annotated[Done | Refused, Field(discriminator="kind")])


def answer(message: Count | Name) -> Message:
    if isinstance(message, Count) and message.number == 13:
        raise RetryableError("the disk is full")
    return Done()


def test_what_is_a_message_is_answered() -> None:
    """
    A message of the union reaches the handler; its answer is one line.
    """
    assert b'{"kind":"done"}' == Handler("test", ASKED, answer)(b'{"kind":"count","number":1}')


@given(st.binary(max_size=200))
def test_no_line_ends_a_program(line: bytes) -> None:
    """
    Whatever a line holds, it gets an answer; what is no message is counted.
    """
    handler = Handler("test", ASKED, answer)

    assert ANSWERS.validate_json(handler(line))
    assert 1 == handler.unread


def test_what_may_pass_may_be_sent_again() -> None:
    """
    A full disk of the receiver is told as something that may pass, not as a fault of the message.
    """
    refused = ANSWERS.validate_json(Handler("test", ASKED, answer)(b'{"kind":"count","number":13}'))

    assert Refused(why="the disk is full", again=True) == refused


def test_over_a_channel(tmp_path: Path) -> None:
    """
    Ask and answer over a real socket of the table.
    """
    supervisor, channel = Supervisor(), WATCH_TO_GUARD
    listener = listening(channel.name, channel.path(tmp_path), channel.limits.backlog)
    server = Server(channel.name, listener, channel.uids(), channel.limits,
                    Handler(channel.name, ASKED, answer))
    server.start(supervisor)
    client = channel.client(tmp_path)

    assert Done() == ask(client, Name(text="cổng"), ANSWERS, 2.0)
    client.close()
    supervisor.stop.set()
    supervisor.join()
    server.close()


def test_one_socket_a_sender_and_receiver() -> None:
    """
    No two senders share a socket, so that none fills another's way, and page's calls have one of their own;
    nobody speaks to watch.
    """
    names = {channel.name for channel in CHANNELS}
    assert len(CHANNELS) == len(names)
    assert {channel.name for channel in CHANNELS if channel.purpose} == {"page-to-guard-calls"}
    assert {Program.GUARD, Program.UPLINK} == {channel.receiver for channel in CHANNELS}


def test_one_user_is_every_sender_only_where_programs_have_no_users_of_their_own(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On a box a program under guard's user reaches no socket that is meant for page; on a laptop it does.
    """
    users = {"edgebox-guard": 901, "edgebox-page": 902}
    monkeypatch.setattr("edge.ipc.channels._uid", users.get)
    monkeypatch.setattr(os, "getuid", lambda: 901)
    assert frozenset({902}) == PAGE_TO_GUARD.uids()
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert frozenset({902, 1000}) == PAGE_TO_GUARD.uids()
