"""The guides say what the programs do: commands, dialogues, faults, lights, links; both languages alike."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from dev import guides
from dev.run import COMMANDS
from dev.screenshot import browser
from edge.base.errors import FatalError
from edge.upkeep.firstboot.faults import SetupFault
from edge.upkeep.firstboot.signals import PATTERNS
from provisioning.box.office import CODE_DAYS
from provisioning.box.wiring import standard
from tests import rtsp_server
from tests.media import make_clip, moving_block
from tests.provisioning.box.boxes import PASSPHRASE
from tests.provisioning.box.conftest import made_ward  # noqa: F401 - a fixture
from tests.provisioning.terminals import Terminal

GUIDES = sorted(guides.GUIDES.glob("*.md"))
PAIRS = ("technician", "member", "officer")
PROGRAMS = {"edgebox": "edge.cli", "edgebox-provision": "provisioning.cli", "edgebox-ward": "ward.cli"}
OTHERS = {"cd", "cp", "install", "rm", "umount", "systemctl"}       # each is in every Debian
CAMERA, CARD = "rtsp://192.168.1.20:554/stream1", "/media/lan/EDGEBOX"

# What is typed at each question of the technician's guide: question, answer.
TYPED = {
    "vi": (("hằng ngày", PASSPHRASE), ("Tổ tự quản", "to-12"), ("Tên hộp", ""), ("Nơi đặt", "Tổ 12, ngõ 5"),
           ("Camera thứ 1", CAMERA), ("Tên camera", "cong"), ("Tên đăng nhập", "viewer"),
           ("Mật khẩu của camera", "secret"), ("Camera thứ 2", ""), ("Đã đấu dây", ""), ("Chọn số", "1"),
           ("Chọn số", "2"), ("Chọn số", "1"), ("tổ trưởng", "Nguyễn Văn An"), ("đúng chưa", "c")),
    "en": (("daily use", PASSPHRASE), ("Group", "to-12"), ("Name of the box", ""),
           ("Where it hangs", "Tổ 12, ngõ 5"), ("Camera 1", CAMERA), ("Name of the camera", "gate"),
           ("User name", "viewer"), ("Password at", "secret"), ("Camera 2", ""), ("What of it", ""),
           ("Number", "1"), ("Number", "2"), ("Number", "1"), ("leader", "Nguyễn Văn An"),
           ("all of this right", "y")),
}


def text_of(guide: str, language: str) -> str:
    return (guides.GUIDES / f"{guide}.{language}.md").read_text(encoding="utf-8")


def commands(text: str) -> Iterator[str]:
    """Lines of the blocks that somebody copies."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line for line in block.splitlines() if line.strip())


def parser_of(program: str, command: str) -> argparse.ArgumentParser:
    module = importlib.import_module(PROGRAMS[program])
    made: Callable[..., argparse.ArgumentParser] = module._parser
    return made() if program == "edgebox-ward" else made(command)


def fault_of(words: list[str]) -> str:
    """Why the tool would not take these words; "" where it would, or where it shows what was asked for."""
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            parser_of(words[0], words[1] if len(words) > 1 else "").parse_args(words[1:])
    except SystemExit as exc:
        return said.getvalue() if exc.code else ""
    except FatalError as exc:
        return str(exc)
    return ""


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_is_one_that_the_tools_take(guide: Path) -> None:
    """
    Each line of a block of commands is taken by the tool's own parser; a wrong flag or name is not.
    """
    for line in commands(guide.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)
        words = words[1:] if words[0] == "sudo" else words
        if words[0] == "./run":
            assert words[1] in COMMANDS, line
            words = words[1:]
        if words[0] not in PROGRAMS:
            assert words[0] in OTHERS, line
            continue
        assert fault_of(words) == "", line


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_in_a_sentence_exists(guide: Path) -> None:
    """
    `edgebox ...` between backticks names subcommands that there are.
    """
    inline = re.findall(r"`(edgebox(?:-ward|-provision)? [a-z][^`]*)`", guide.read_text(encoding="utf-8"))
    for words in map(shlex.split, inline):
        assert fault_of([*words, "--help"]) == "", words


@pytest.mark.parametrize("language", guides.LANGUAGES)
def test_every_fault_has_its_pattern_and_its_paragraph(language: str) -> None:
    """
    A heading a fault, with the flashes that the light plays and the report's code, in the light's order, and
    below it what to do.
    """
    words = {"vi": ("dài", "ngắn"), "en": ("long", "short")}[language]
    found = re.findall(rf"^### (\d) {words[0]}, (\d) {words[1]}: .*\(`([a-z-]+)`\)\n\n(.+)$",
                       text_of("technician", language), re.MULTILINE)

    told = [(code, int(long), int(short)) for long, short, code, _ in found]

    assert [(fault.value, PATTERNS[fault].long, PATTERNS[fault].short) for fault in SetupFault] == told
    assert all(len(paragraph) > 60 for *_, paragraph in found)


@pytest.mark.parametrize("guide", [*GUIDES, guides.ROOT / "README.md"], ids=lambda path: path.name)
def test_every_link_and_picture_is_there(guide: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))
    missing = [target for target in targets
               if not target.startswith("http") and not (guide.parent / target).exists()]
    assert [] == missing


@pytest.mark.parametrize("guide", PAIRS)
def test_both_languages_are_built_alike(guide: str) -> None:
    """
    The same headings in the same order, the same commands, as many pictures.
    """
    first, second = (text_of(guide, language) for language in guides.LANGUAGES)

    def levels(text: str) -> list[str]:
        plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        return re.findall(r"^#+", plain, re.MULTILINE)

    def shapes(text: str) -> list[list[str]]:
        return [shlex.split(line, comments=True)[:4] for line in commands(text)]

    assert levels(first) == levels(second)
    assert shapes(first) == shapes(second)
    assert len(re.findall(r"!\[", first)) == len(re.findall(r"!\[", second))


def test_drawings_and_pages_are_of_today() -> None:
    """
    The lights are drawn from the patterns, the printed pages made from their text, one sheet of A4 each.
    """
    for path, text in guides.drawings():
        assert text == path.read_text(encoding="utf-8"), f"{path.name}: run python -m dev.guides"
    for language in guides.LANGUAGES:
        raw = (guides.GUIDES / f"member.{language}.pdf").read_bytes()
        title = re.search(r"<title>(.*)</title>", guides.page(language))
        assert title
        assert b"(" + title[1].encode() + b")" in raw, "run python -m dev.guides"
        assert 1 == len(re.findall(rb"/Type\s*/Page\b", raw))
        width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", raw).groups())  # type: ignore[union-attr]
        assert (595, 842) == (round(width), round(height))


@pytest.mark.parametrize("language", guides.LANGUAGES)
def test_the_page_fits_its_sheet(language: str, tmp_path: Path) -> None:
    """
    In a real browser nothing of the member's page runs over its sheet or out of its card.
    """
    if shutil.which("chromedriver") is None:
        pytest.skip("needs chromium-driver")
    opened = browser(tmp_path, 794, 1123)
    try:
        opened.get((guides.GUIDES / f"member.{language}.html").as_uri())
        over = opened.execute_script(
            "return [...document.querySelectorAll('main, section')]"
            ".map(it => it.scrollHeight - it.clientHeight)")
        pictures = opened.execute_script("return [...document.images].map(it => it.naturalWidth)")
    finally:
        opened.quit()
    assert 8 == len(over)
    assert max(over) <= 0
    assert min(pictures) > 100


@pytest.mark.parametrize("language", guides.LANGUAGES)
def test_the_dialogue_is_the_real_one(language: str, made_ward: Path,  # noqa: F811
                                      tmp_path: Path) -> None:
    """
    `box new` at a real terminal, with a real camera, says what the technician's guide shows.
    """
    reason = rtsp_server.missing()
    if reason:
        pytest.skip(reason)
    shown = re.search(r"<!-- dialogue -->\n```text\n(.*?)\n```", text_of("technician", language), re.DOTALL)
    assert shown
    assert played(language, made_ward, tmp_path) == shown[1]


def played(language: str, made: Path, folder: Path) -> str:
    """What the terminal shows, with the guide's addresses and dates for those of this machine."""
    shutil.copytree(made, folder / "phuong-5")
    card = folder / "card"
    card.mkdir()
    clip = make_clip(folder / "clip.mp4", moving_block(600))
    with (rtsp_server.RtspServer(clip, username="viewer", password="secret") as camera,
          Terminal("box", "new", "phuong-5", "--card", str(card), "--lang", language,
                   cwd=folder) as terminal):
        for question, answer in TYPED[language]:
            terminal.shows(question)
            terminal.shows(": ")
            terminal.types(camera.url if answer == CAMERA else answer)
        assert 0 == terminal.ends()
        text = terminal.text.replace(camera.url, CAMERA).replace(str(card), CARD)
    text = re.sub(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", "28.11.2026 09:30", text).replace("320x240", "640x360")
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_the_table_of_wires_is_the_wiring() -> None:
    """
    Every output and input of the standard wiring, with the pin of the drawing, in both languages.
    """
    from edge.gpio.pins import HEADER_PIN

    pins = {name: int(re.search(r"^pin = (\d+)", block, re.MULTILINE)[1])  # type: ignore[index]
            for name, block in standard().items()}
    for language in guides.LANGUAGES:
        rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\| (\d+) \| (\d+) \|", text_of("technician", language),
                          re.MULTILINE)
        assert {name: (gpio, HEADER_PIN[gpio]) for name, gpio in pins.items()} == {
            name: (int(gpio), int(pin)) for name, gpio, pin in rows}


@pytest.mark.parametrize("language", guides.LANGUAGES)
def test_the_code_lives_as_long_as_it_is_said(language: str) -> None:
    assert f"({CODE_DAYS} {'ngày' if language == 'vi' else 'days'})" in text_of("technician", language)
