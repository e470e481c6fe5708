"""Digest by the worked example of RFC 7616 (3.9.1), and challenges as servers write them."""

from __future__ import annotations

import re
import time

import pytest

from edge.base.http_digest import DigestChallenge, DigestUser, authorization, challenge_of

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
HEADERS = [f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
           f'nonce="{NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
           for algorithm in ("MD5", "SHA-256")]
USER = DigestUser("Mufasa", "Circle of Life")


@pytest.mark.parametrize(("headers", "response"), [
    (HEADERS[:1], "8ca523f5e9506fed4657c9700eebdbec"),
    (HEADERS, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")])
def test_the_worked_example(headers: list[str], response: str) -> None:
    """
    Both hashes come out as the RFC has them; of several challenges the better hash is taken.
    """
    challenge = challenge_of(headers)
    assert challenge is not None
    header = authorization(challenge, USER, "GET", "/dir/index.html", CNONCE)
    assert f'response="{response}"' in header
    assert "nc=00000001, qop=auth" in header or "qop=auth, nc=00000001" in header


def test_challenges_as_servers_write_them() -> None:
    """
    Several in one header, without quality of protection, with signs in quotes; nothing for what is no
    Digest, or asks for what we do not have.
    """
    assert challenge_of(['Basic realm="a, b", Digest realm="c\\"d", nonce="n"']) == DigestChallenge(
        'c"d', "n", "MD5")
    assert challenge_of(['Digest realm="IP Camera(E5)",nonce="n",stale="TRUE"']) == DigestChallenge(
        "IP Camera(E5)", "n", "MD5", stale=True)
    for header in ("", "Basic realm=x", 'Digest realm="x"', 'Digest nonce="n", algorithm=SHA-512-256',
                   'Digest nonce="n", qop="auth-int"', "Digest " + "a=b," * 10_000):
        assert challenge_of([header]) is None


def test_nothing_breaks_out_of_the_header() -> None:
    """
    A realm or a user with quotes and line breaks stays within its quotes.
    """
    header = authorization(DigestChallenge('a"\r\nX: y', "n", "MD5"), DigestUser('b"c', "d"), "GET", "/", "e")
    assert "\r" not in header
    assert r'username="b\"c"' in header
    assert re.search(r'realm="a\\"X: y"', header)


def test_a_challenge_without_end_costs_little() -> None:
    """
    A hundred long headers of one word are a stranger's: they may not hold up all other cameras.
    """
    began_s = time.thread_time()
    assert challenge_of(["Digest " + "a" * 65_000] * 100) is None
    assert time.thread_time() - began_s < 2
