"""One question at a time at a terminal: defaults in brackets, answers checked at once, passwords unseen."""

from __future__ import annotations

import getpass
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress

from edge.base.words import Words
from provisioning.box.checks import Wrong

with suppress(ImportError):
    import readline  # noqa: F401 - input() then edits its line with the arrow keys

Check = Callable[[str], Wrong | None]


class Asker:
    """Ctrl-C and the end of input come out as KeyboardInterrupt and EOFError."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def say(self, key: str, **values: object) -> None:
        print(self.words(key, **values), flush=True)

    def ask(self, key: str, check: Check, default: str = "", **values: object) -> str:
        """Ask until `check` finds nothing wrong. An empty answer is the default."""
        return self._asked(self.words(key, **values), check, default, _tidy)

    def exact(self, key: str, check: Check, default: str = "") -> str:
        """Ask as `ask` does, and keep what was typed as it is, spaces at its ends among it."""
        return self._asked(self.words(key), check, default, lambda text: text if _tidy(text) else "")

    def _asked(self, question: str, check: Check, default: str, tidy: Callable[[str], str]) -> str:
        while True:
            shown = f" [{default}]" if default else ""
            answer = tidy(input(f"{question}{shown}: ")) or default
            wrong = check(answer)
            if wrong is None:
                return answer
            self.wrong(wrong)
            default = wrong.instead or default

    def secret(self, key: str, check: Check, default: str = "", **values: object) -> str:
        """What is typed is not shown; an empty answer keeps what was there before."""
        while True:
            shown = f" [{self.words('as-before')}]" if default else ""
            answer = getpass.getpass(f"{self.words(key, **values)}{shown}: ").strip("\r\n") or default
            wrong = check(answer)
            if wrong is None:
                return answer
            self.wrong(wrong)

    def choose(self, key: str, choices: Sequence[str], default: str, **values: object) -> str:
        """One of `choices`, by its number; each is told by `KEY-CHOICE`."""
        self.say(key, **values)
        for number, choice in enumerate(choices, 1):
            print(f"  {number}. {self.words(f'{key}-{choice}')}")
        numbers = {str(number): choice for number, choice in enumerate(choices, 1)}
        chosen = self.ask("choose", lambda text: None if text in numbers else Wrong("bad-choice"),
                          str(choices.index(default) + 1))
        return numbers[chosen]

    def agree(self, key: str, default: bool, **values: object) -> bool:
        """Yes or no, in both languages' letters."""
        yes, no = ("c", "có", "co", "y", "yes"), ("k", "không", "khong", "n", "no")
        answer = self.ask(key, lambda text: None if text.lower() in (*yes, *no) else Wrong("bad-yes-no"),
                          self.words("yes" if default else "no"), **values)
        return answer.lower() in yes

    def wrong(self, wrong: Wrong) -> None:
        print("  " + self.words(wrong.key, **wrong.values), flush=True)


def _tidy(text: str) -> str:
    """The text without what slips in when somebody pastes, letters with their accents in one."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode()).strip()
