"""security.txt: whom to tell of a security hole, as RFC 9116 writes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from edge.base.security_contact import contact_fault, nobody_text, security_text
from edge.web.security_txt import security_txt

NOW = datetime(2026, 12, 1, 13, 30, tzinfo=UTC)
FIELD = re.compile(r"^([A-Za-z-]+): (\S.*)$")


@pytest.mark.parametrize("contact", ["mailto:bao-mat@phuong-5.example", "tel:+84-24-0000-0000",
                                     "https://phuong-5.example/bao-loi"])
def test_the_file_is_of_the_standards_form(contact: str) -> None:
    """
    Comments, then each field once: the ward's contact, an end within a year, both languages.
    """
    assert contact_fault(contact) is None
    lines = security_text(contact, NOW).splitlines()
    fields = {found[1]: found[2] for line in lines if (found := FIELD.match(line))}

    assert len(lines) == len(fields) + sum(line.startswith("# ") for line in lines)
    assert {"Contact": contact, "Expires": "2027-05-30T00:00:00Z", "Preferred-Languages": "vi, en"} == fields


def test_without_a_contact_there_is_none_and_people_are_told_whom_to_ask() -> None:
    """
    404 for programs, since a file without a contact is none; two sentences for people; no address made up.
    """
    answer, text = security_txt("", NOW), nobody_text()

    assert (404, text.encode()) == (answer.status_code, answer.body)
    assert re.fullmatch(r"# Công an phường .*\n# The ward police .*\n", text)
    assert not re.search(r"[@:]|https?", text)


@pytest.mark.parametrize("text", ["", "bao-mat@phuong-5.example", "http://phuong-5.example/", "mailto:a b@c",
                                  "tel:113 ", "mailto:công-an@phường", "https://", "tel:abc",
                                  "mailto:a@b\nContact: mailto:x@y", "https://" + "x" * 200])
def test_what_is_no_contact_is_refused(text: str) -> None:
    """
    Also whatever would put a second line into the file.
    """
    assert "want mailto:" in (contact_fault(text) or "")
