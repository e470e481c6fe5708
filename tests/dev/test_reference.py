"""`./run docs`: pages from docstrings, also of what runs on a box alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_docstrings_become_pages_on_a_laptop(tmp_path: Path) -> None:
    """
    Of a package whose adapter imports the library of a real board: every module has its page.
    """
    command = [sys.executable, "-m", "dev.reference", "--out", str(tmp_path), "edge.gpio"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)

    assert done.returncode == 0, done.stderr
    assert f"docs: {tmp_path}/index.html\n" == done.stdout
    pages = {page.stem for page in (tmp_path / "edge" / "gpio").glob("*.html")}
    assert {"board", "pins", "simulated"} <= pages
    page = (tmp_path / "edge" / "gpio" / "simulated.html").read_text(encoding="utf-8")
    assert "A folder that stands for a box" in page
