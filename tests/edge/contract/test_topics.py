"""Topics are built and taken apart by the same rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.topics import Root, TopicAddress, is_slug, parse, to_slug

SLUGS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(SLUGS, SLUGS, SLUGS, SLUGS)
def test_parse_undoes_build(ward: str, group: str, box: str, camera: str) -> None:
    """
    What a box publishes, the ward finds again.
    """
    root = Root(ward, group, box)
    assert TopicAddress(root, ("event", camera, "enter")) == parse(root.event(camera, "enter"))


@pytest.mark.parametrize("topic", ["", "edge", "edge/v2/w/g/b/birth", "edge/v1/w/g/b", "edge/v1/w/g/../birth",
                                   "edge/v1/W/g/b/birth", "edge/v1/w//b/birth", "$SYS/v1/w/g/b/birth"])
def test_foreign_topics_are_refused(topic: str) -> None:
    """
    A topic that is not of version 1 is not guessed at.
    """
    assert parse(topic) is None


@given(st.text(max_size=80))
def test_any_name_becomes_a_slug(text: str) -> None:
    """
    A file of any name can stand for a camera.
    """
    assert is_slug(to_slug(text))


def test_vietnamese_letters_keep_their_base() -> None:
    """
    A technician recognises the name that was typed.
    """
    assert "cong-duong-phan-dinh-phung" == to_slug("Cổng đường Phan Đình Phùng")
