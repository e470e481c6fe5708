"""Which programs a file of ours runs, read from its text: nothing is executed.

In Python a program is the first word of a command: of a list or tuple that is handed to what starts programs,
of the words that are handed to a helper which does, and of any list or tuple with an option behind it (not in
tests, where such a list is mostly for a tool of ours). In a shell script it is the first word of each simple
command. What runs by `chroot` is the image's affair.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STARTERS = frozenset({"run", "Popen", "check_output", "answer"})        # take one list
HELPERS = frozenset({"call", "which", "tool"})                          # take words, or one list
_PROGRAM = re.compile(r"[a-z][a-z0-9_.+-]*[a-z0-9]")

_KEYWORDS = frozenset("""
    if then else elif fi for do done while until case esac in function { } ! time [ [[ : . source set shift
    exit return cd echo printf read test true false export local unset trap eval wait umask command type kill
    break continue exec""".split())      # noqa: SIM905
_WRAPPERS = frozenset({"exec", "env", "command", "time", "then", "do", "else", "if", "elif", "while", "until",
                       "!", "{", "("})


def called(path: Path) -> set[str]:
    """The programs that `path`, a Python file or a shell script of this repository, runs."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return set(_of_shell(text))
    parts = path.relative_to(ROOT).parts
    return set(_of_python(ast.parse(text), options=parts[0] != "tests" or parts[1] == "system"))


def _of_python(tree: ast.Module, options: bool) -> Iterator[str]:
    named = dict(_named(tree))
    for node in ast.walk(tree):
        words: list[ast.expr] = []
        if isinstance(node, ast.Call) and node.args and _name(node.func) in STARTERS | HELPERS:
            if isinstance(node.args[0], (ast.List, ast.Tuple)):
                words = node.args[0].elts
            elif _name(node.func) in HELPERS and _is_plain(node.func):
                words = node.args
        elif options and isinstance(node, (ast.List, ast.Tuple)) and any(map(_is_option, node.elts[1:])):
            words = node.elts
        program = _text(words[0], named) if words else None
        if program and _PROGRAM.fullmatch(program) and not (ROOT / program.replace(".", "/")).with_suffix(
                ".py").exists():        # a module of ours, for `python -m`
            yield program


def _named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The module's own names for texts: TOOL = "systemd-creds"."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) \
                and isinstance(node.value.value, str) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value.value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_plain(function: ast.expr) -> bool:
    """Neither a method of ours, which is named as it likes, nor the result of a call."""
    return isinstance(function, ast.Name) or ast.unparse(function) == "shutil.which"


def _text(node: ast.expr, named: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return named.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_option(node: ast.expr) -> bool:
    text = _text(node, {})
    return text is not None and re.fullmatch(r"--?[a-zA-Z][a-z-]*(=.*)?", text, re.DOTALL) is not None


def _of_shell(text: str) -> Iterator[str]:
    own = set(re.findall(r"^\s*(\w+)\s*\(\)", text, re.MULTILINE))
    text = re.sub(r"<<-?\s*'?(\w+)'?.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(^|\s)#.*", "", text).replace("\\\n", " ")
    for command in re.split(r"\n|;|&&|\|\|?|\$\(|`|\(|(?<![&>])&(?!\d)", text):
        program = _first_word(command)
        if program and program not in own | _KEYWORDS and _PROGRAM.fullmatch(program):
            yield program


def _first_word(command: str) -> str:
    try:
        words = shlex.split(command.rstrip(")\"' "), posix=True)
    except ValueError:
        words = command.split()
    while words and (words[0] in _WRAPPERS or re.match(r"\w+=|-", words[0])):
        words = words[1:]
    return words[0] if words else ""
