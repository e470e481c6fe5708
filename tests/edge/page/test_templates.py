"""What a page is made of lies in memory before anybody is served."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from edge.base.words import LANGUAGES
from edge.page.language import page_words, script_texts
from edge.page.show import environment


def test_no_template_is_read_while_somebody_waits() -> None:
    """
    With no file descriptor left, each template and each text is still there, in both languages.
    """
    made = environment()
    names = made.list_templates(extensions=("html",))
    assert {"main.html", "scene.html", "raise.html"} < set(names)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Path(__file__).read_bytes()
        found = [made.get_template(name).name for name in names]
        texts = [script_texts(page_words(language)) for language in LANGUAGES]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert names == found
    assert all(texts)
