from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.base.errors import FatalError, RetryableError
from edge.base.sockets import Client, Limits, Server, listening
from edge.base.supervisor import Supervisor

LIMITS = Limits(line_bytes=1000, connections=2, backlog=4, per_second=1000.0, burst=1000)


class Receiver:
    """A real server that answers each line with itself reversed."""

    def __init__(self, path: Path, limits: Limits = LIMITS, uids: frozenset[int] | None = None) -> None:
        self.path, self.supervisor = path, Supervisor()
        allowed = frozenset({os.getuid()}) if uids is None else uids
        self.server = Server("test", listening("test", path, limits.backlog), allowed, limits,
                             lambda line: line[::-1])
        self.server.start(self.supervisor)

    def close(self) -> None:
        self.supervisor.stop.set()
        assert [] == self.supervisor.join()
        self.server.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path / "s.sock")
    yield made
    made.close()


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(path))
    return connection


def test_each_line_is_answered(receiver: Receiver) -> None:
    """
    One connection carries many requests, each with its answer.
    """
    client = Client(receiver.path, "receiver", 1000)

    assert [b"cba", b"", b"fed"] == [client.ask(line, 2) for line in (b"abc", b"", b"def")]


def test_a_restart_of_the_receiver_is_overcome(tmp_path: Path) -> None:
    """
    A client whose receiver ended and came back asks the new one, without an error of its own.
    """
    first = Receiver(tmp_path / "s.sock")
    client = Client(first.path, "receiver", 1000)
    assert b"a" == client.ask(b"a", 2)
    first.close()
    second = Receiver(tmp_path / "s.sock")

    assert b"b" == client.ask(b"b", 2)
    second.close()


def test_a_receiver_that_is_away_is_named(tmp_path: Path) -> None:
    """
    Who asks a program that does not run learns which, and may try again.
    """
    with pytest.raises(RetryableError, match=r"edgebox guard does not answer on .*/none\.sock"):
        Client(tmp_path / "none.sock", "edgebox guard", 1000).ask(b"a", 0.5)


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    """
    Who comes while the receiver is busy with others gets in as soon as there is room, and is refused in the
    end where there never is.
    """
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as others:
        listener.bind(str(path))
        listener.listen(0)
        first = others.enter_context(socket.socket(socket.AF_UNIX))
        first.connect(str(path))
        with pytest.raises(RetryableError, match="no room"):
            Client(path, "edgebox guard", 1024).ask(b"too soon", 0.2)

        def serve() -> None:
            listener.accept()[0].close()
            with listener.accept()[0] as mine:
                mine.sendall(mine.recv(1024).upper())
        server = threading.Timer(0.2, serve)
        server.start()
        assert b"PRESS" == Client(path, "edgebox guard", 1024).ask(b"press", 5.0)
        server.join()


def test_a_line_beyond_the_limit_ends_its_connection_alone(receiver: Receiver) -> None:
    """
    A sender that floods a line is cut off and counted; another goes on.
    """
    client = Client(receiver.path, "receiver", 1000)
    client.ask(b"a", 2)
    with raw(receiver.path) as flood:
        flood.sendall(b"x" * 1000)

        with contextlib.suppress(ConnectionResetError):
            assert b"" == flood.recv(10)
    assert 1 == receiver.server.dropped
    assert b"b" == client.ask(b"b", 2)


def test_who_may_not_connect_is_not_heard(tmp_path: Path) -> None:
    """
    The kernel says who connected: another user's line is not read.
    """
    closed = Receiver(tmp_path / "s.sock", uids=frozenset({os.getuid() + 1}))
    with raw(closed.path) as stranger:
        with contextlib.suppress(BrokenPipeError):      # it may be shut out before it has said a word
            stranger.sendall(b"abc\n")

        with contextlib.suppress(ConnectionResetError):
            assert b"" == stranger.recv(10)
    assert 1 == closed.server.dropped
    closed.close()


def test_silent_connections_hold_their_own_sender_only_until_they_close(receiver: Receiver) -> None:
    """
    A sender that holds all of its connections in silence waits for itself; once they close it is served.
    """
    held = [raw(receiver.path) for _ in range(LIMITS.connections)]
    time.sleep(0.1)
    waiting = Client(receiver.path, "receiver", 1000)
    with pytest.raises(RetryableError):
        waiting.ask(b"a", 0.3)
    for connection in held:
        connection.close()

    assert b"b" == waiting.ask(b"b", 5)


def test_a_request_that_was_sent_in_two_parts_is_whole(receiver: Receiver) -> None:
    """
    Bytes come as they like: two requests and a half in one read are two answers, the rest waits.
    """
    with raw(receiver.path) as sender:
        sender.sendall(b"ab\ncd\ne")
        sender.sendall(b"f\n")
        got = b""
        while got.count(b"\n") < 3:
            got += sender.recv(100)

    assert b"ba\ndc\nfe\n" == got


def test_a_file_in_the_place_of_the_socket_is_named(tmp_path: Path) -> None:
    """
    Nothing that is no socket is deleted to make room for one.
    """
    (tmp_path / "s.sock").write_text("mine")

    with pytest.raises(FatalError, match="found something else"):
        listening("test", tmp_path / "s.sock", 1)
    assert "mine" == (tmp_path / "s.sock").read_text()


def test_the_socket_is_for_its_user_alone(receiver: Receiver) -> None:
    """
    A socket that no systemd made may be connected to by its own user only.
    """
    assert 0o600 == receiver.path.stat().st_mode & 0o777


def test_many_senders_at_once(receiver: Receiver) -> None:
    """
    More senders than connections are all served, in turn, as each lets go of its connection.
    """
    answers: list[bytes] = []

    def send(number: int) -> None:
        client = Client(receiver.path, "receiver", 1000)
        answers.append(client.ask(b"%d!" % number, 10))
        client.close()

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert [b"!%d" % number for number in range(8)] == sorted(answers)
