"""What is turned away before anything looks at it, and what every answer carries."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

import pytest

from edge.members.values import Credential
from edge.web.body import MAX_BODY_BYTES
from edge.web.places import ConnectionLimits
from tests.edge.page.stand import Stand

RAISE = {"mode": "siren", "request_id": "0123456789abcdef"}


@pytest.mark.parametrize(("headers", "status"), [
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Origin": "SELF"}, 200),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 403),
    ({}, 403)])
def test_only_our_own_page_may_act(stand: Stand, lan: Credential, headers: dict[str, str],
                                   status: int) -> None:
    """
    A request that another site makes a member's browser send raises nothing, whatever it carries.
    """
    headers = {name: value.replace("SELF", stand.address) for name, value in headers.items()}
    with stand.phone(lan) as client:
        del client.headers["Sec-Fetch-Site"]
        assert status == client.post("/api/raise", json=RAISE, headers=headers).status_code
    assert (1 if status == 200 else 0) == len(stand.memory.requests)


@pytest.mark.parametrize(("host", "known"), [
    ("127.0.0.1", True), ("localhost", True), ("LOCALHOST:8443", True), ("192.168.1.20:8443", True),
    ("[::1]:8443", True), ("evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
    ("a@b:c", False)])
def test_foreign_names_are_answered_by_nothing(stand: Stand, lan: Credential, host: str, known: bool) -> None:
    """
    A web site that points its own name here (DNS rebinding) reads nothing; an address cannot be pointed.
    """
    with stand.phone(lan) as client:
        answer = client.get("/", headers={"Host": host})
        assert (200 if known else 421) == answer.status_code
        assert known == ("Lan" in answer.text or "raise" in answer.text)


def test_large_bodies_are_refused(stand: Stand, lan: Credential) -> None:
    """
    More than 4 KiB is refused, whether its length is told or not; up to that it is read.
    """
    def dripping() -> object:
        for _ in range(MAX_BODY_BYTES // 512 + 1):
            yield b"x" * 512

    with stand.phone(lan) as client:
        assert 413 == client.post("/api/raise", content=b"x" * (MAX_BODY_BYTES + 1)).status_code
        assert 413 == client.post("/api/raise", content=dripping()).status_code     # type: ignore[arg-type]
        assert 400 == client.post("/api/raise", content=b"x" * MAX_BODY_BYTES).status_code


def test_every_answer_carries_the_headers(stand: Stand, lan: Credential) -> None:
    """
    Nothing inline and nothing from elsewhere runs, nobody frames the page, no cache keeps it.
    """
    with stand.phone(lan) as client:
        for path in ("/", "/sign-in", "/me", "/nothing", "/api/alive", "/sw.js", "/manifest.webmanifest"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "nosniff" == headers["x-content-type-options"]
            assert "same-origin" == headers["referrer-policy"]
            assert headers["cache-control"] in ("no-store", "no-cache"), path
            assert "server" not in headers, path


def test_strangers_cannot_try_for_ever(stand: Stand) -> None:
    """
    After a dozen tries at /join from one address it says so at once, in the visitor's language.
    """
    with stand.phone() as client:
        statuses = [client.post("/join", data={"token": "WRONG"}).status_code for _ in range(14)]
        assert [403] * 12 + [429] * 2 == statuses
        assert "Nhanh quá" in client.post("/join", data={"token": "WRONG"}).text


def test_nobody_holds_connections_for_nothing(stand: Stand, lan: Credential) -> None:
    """
    A source that has its share of silent connections gets another for its oldest; a phone of the group is
    served meanwhile, at the same address.
    """
    def connected() -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", stand.port), 20)
        return stand.trust().wrap_socket(plain, server_hostname="localhost")

    with contextlib.ExitStack() as held:
        silent = [held.enter_context(connected()) for _ in range(ConnectionLimits().per_source)]
        time.sleep(2 / ConnectionLimits().per_second)
        with stand.phone(lan) as client:
            assert 200 == client.get("/").status_code
            assert is_ended(silent[0])
            silent[1].sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert silent[1].recv(100).startswith(b"HTTP/1.1 200")
            assert 200 == client.get("/").status_code


def is_ended(connection: ssl.SSLSocket) -> bool:
    try:
        return connection.recv(100) == b""
    except OSError:
        return True
