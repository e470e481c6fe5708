"""What a stranger may have written is searched for secrets at a cost that grows with its length alone."""

from __future__ import annotations

import json
import time

import pytest

from edge.base.redact import json_text, printable, redact_addresses


@pytest.mark.parametrize("text", ["video/" + "a" * 64_000, "see rtsp://" + "a" * 64_000,
                                  "see rtsp://h/" + "?" * 64_000, "see rtsp://h/" + "a" * 64_000])
def test_a_word_without_end_costs_little(text: str) -> None:
    """
    64 KB of one word stay as they are, and hold up nobody.
    """
    began_s = time.thread_time()
    assert redact_addresses(text) == text
    assert time.thread_time() - began_s < 2


@pytest.mark.parametrize(("text", "shown"), [
    ("at 1rtsp://a:b@h/x, and", "at 1rtsp://***@h/x, and"),
    ("x" * 40 + "rtsp://a:b@c@h/x", "x" * 40 + "rtsp://***@h/x"),
    ("(rtsp://h/user=a&password=b/live/1)", "(rtsp://h/***/live/1)"),
    ("rtsp://h/a?b=c?d rtsp://h/a?b", "rtsp://h/a?*** rtsp://h/a?b")])
def test_addresses_within_a_text(text: str, shown: str) -> None:
    """
    Passwords before an @, in a query and in the path go, wherever the address begins.
    """
    assert redact_addresses(text) == shown


def test_what_strangers_wrote_drives_no_terminal() -> None:
    """
    C0 and C1 controls, DEL, signs that turn a line around and such as nobody sees are escapes; letters stay,
    and a program reads the same.
    """
    facts = {"tên": "Hộp đầu ngõ 🚨", "camera": ["\x1b[2J", "\x9b2J\x7f", "a\u202eb\u200b", 'x"\\', 7]}
    text = json_text(facts)
    assert facts == json.loads(text)
    assert "Hộp đầu ngõ 🚨" in text
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert "a b c" == printable("a\x9bb\nc")
