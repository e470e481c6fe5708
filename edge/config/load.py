"""Read the config file: one TOML file in, typed settings out, or every fault with its place."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from pydantic import ValidationError

from edge.base.errors import ConfigError
from edge.config import checks, syntax
from edge.config.model import EdgeSettings
from edge.config.places import MAX_DEPTH, dotted, locate
from edge.config.tables import KeyFault
from edge.config.wording import INT64_MAX, faults_of

MAX_FILE_BYTES = 1024 * 1024

MoreFaults = Callable[[Mapping[str, object]], Iterable[KeyFault]]


@dataclass(frozen=True, slots=True)
class Config:
    """A config file that was found good."""

    settings: EdgeSettings      # defaults filled in; relative paths start at the file's folder
    sha256: str                 # 64 hex digits of the effective settings, wherever the file lies
    path: Path

    @property
    def short_hash(self) -> str:
        """The 16 hex digits that messages carry as `config`."""
        return self.sha256[:16]


def load(path: Path, more_faults: MoreFaults | None = None) -> Config:
    """Read and validate the file at `path`. It opens nothing that the file names.

    Args:
        more_faults: what the caller holds against the file's content as parsed, which may have other
            faults; told among these.

    Raises:
        ConfigError: with one line per fault, in the order of the file:
            `edge.toml:9: mqtt.port: want an integer 1..65535, got 'abc'`.
    """
    text = read_text(path)
    root = _parsed(text, path.name)
    found = list(more_faults(root)) if more_faults else []
    content = json.dumps(_jsonable(root))
    try:
        # JSON, since there strict still takes a list for a tuple and text for an enum, a path or a
        # time; without strict, "yes" would be true and "5" a number.
        plain = EdgeSettings.model_validate_json(content, strict=True)
        anchored = EdgeSettings.model_validate_json(content, strict=True,
                                                    context={"folder": path.absolute().parent})
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        ours = [*faults_of(errors, root), *checks.all_faults(root)]
        # Else it is a check of the model that `checks.all_faults` does not repeat.
        found += ours or [KeyFault(error["loc"], error["msg"]) for error in errors]
    if found:
        raise ConfigError("\n".join(fault_lines(found, text, path.name)))
    return Config(anchored, _sha256(plain), path)


def read_text(path: Path) -> str:
    """The text of a config file, without byte order mark.

    Raises:
        ConfigError: no such file, a folder, unreadable, too large, empty, or not UTF-8; one line.
    """
    raw = _read(path)
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES} bytes; is it the config file?")
    try:
        text = raw.decode("utf-8-sig")      # Notepad begins a file with a mark that TOML does not know
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError(f"{path.name}:{line}: not UTF-8 at byte {exc.start}; "
                          "save the file as UTF-8") from None
    if not text.strip():
        raise ConfigError(f"{path}: empty; copy edge/config/example.toml there and edit it")
    return text


def _read(path: Path) -> bytes:
    """Read at most one byte more than allowed, so that a wrong path cannot fill the memory."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise ConfigError(f"{path}: is a folder; name the TOML file in it")
        if not stat.S_ISREG(kind):          # opening a pipe would wait for ever
            raise ConfigError(f"{path}: is not a regular file; want a TOML file")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; copy edge/config/example.toml there and edit it") from None
    except PermissionError:
        raise ConfigError(f"{path}: permission denied; run as its owner, or `chmod a+r` it") from None
    except OSError as exc:
        raise ConfigError(f"{path}: cannot read it: {exc.strerror}; check the path and the disk") from exc


def _parsed(text: str, name: str) -> dict[str, object]:
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(syntax.fault(exc, text, name)) from None
    except RecursionError:
        raise ConfigError(f"{name}:1: brackets nested too deeply; is it the config file?") from None
    except ValueError:      # int() refuses thousands of digits
        raise ConfigError(f"{name}:1: holds a number with thousands of digits; "
                          "is it the config file?") from None
    if _deeper_than(root, MAX_DEPTH):
        raise ConfigError(f"{name}:1: nested more than {MAX_DEPTH} deep; is it the config file?")
    return root


def fault_lines(faults: Iterable[KeyFault], text: str, name: str) -> list[str]:
    """One line per fault of the file `name` with this `text`, in the order of the file, each once."""
    places = locate(text)
    placed = sorted(((places.line_of(fault.key), fault) for fault in dict.fromkeys(faults)),
                    key=lambda pair: pair[0])
    return [_line(f"{name}:{line}: {dotted(fault.key)}: {fault.text}") for line, fault in placed]


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _jsonable(value: object) -> object:
    """TOML's values as JSON's. What no key takes becomes infinity, which every type refuses."""
    match value:
        case dict():
            return {key: _jsonable(item) for key, item in value.items()}
        case list():
            return [_jsonable(item) for item in value]
        case time():
            return value.isoformat()
        case datetime() | date():
            return float("inf")
        case int() if not -INT64_MAX - 1 <= value <= INT64_MAX:
            return float("inf")
    return value


def _deeper_than(root: Mapping[str, object], limit: int) -> bool:
    """Whether tables and lists are nested more than `limit` deep; without recursion."""
    level: list[object] = [root]
    for _ in range(limit):
        level = [item for each in level
                 for item in (each.values() if isinstance(each, dict) else each)    # type: ignore[attr-defined]
                 if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _sha256(settings: EdgeSettings) -> str:
    canonical = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
