"""The texts of a support bundle. Each is made here; no file of the box is copied."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from edge.base.errors import ConfigError, RetryableError
from edge.base.redact import facts_without, lines_without, without
from edge.config import render
from edge.config.folders import state_folder
from edge.config.load import Config, load
from edge.config.model import EdgeSettings
from edge.health import last_result
from edge.health.system import System
from edge.ipc.channels import Program
from edge.members.names import all_names
from edge.upkeep.status.gather import gather
from edge.upkeep.status.screen import facts
from edge.upkeep.status.service_log import journalctl
from edge.upkeep.status.units import booted

LOG_LINES, KERNEL_LINES = 2000, 400
_LIMIT_S = 30.0
_OF_NETWORK = re.compile(r"psk|passw|secret|wep-key|pin|ssid|username|identity")
_ABOUT = """\
Made by `edgebox support-bundle` for whoever helps with this box. Left out on purpose: keys, passwords, codes,
pictures, what events and alarms were about, members' names. Where *** stands something was taken out; that
takes hashes and long ids as well.
"""
_NO_NAMES = "left out: the members' names cannot be read, so nobody can say that none is in it ({why})\n"


def parts(path: Path, system: System) -> dict[str, str]:
    """Name in the archive -> text. With a config that has faults: those, and what needs none."""
    made = {"about.txt": _ABOUT, "versions.txt": _versions(system)}
    try:
        config = load(path)
    except ConfigError as exc:
        made["config.txt"] = without(f"{exc}\n", ())
        made["logs.txt"] = made["kernel.txt"] = _NO_NAMES.format(why="the config has faults")
        return made
    try:
        roster = state_folder(config.settings, Program.GUARD) / "members.db"
        secrets = [*all_names(roster), *_secrets(config.settings)]
    except RetryableError as exc:
        made["logs.txt"] = made["kernel.txt"] = _NO_NAMES.format(why=exc)
        secrets = [*_secrets(config.settings)]
    else:
        made["logs.txt"] = lines_without(_services_said(), secrets)
        made["kernel.txt"] = lines_without(_kernel_said(), secrets)
    made["config.toml"] = without(render.as_toml(config.settings), secrets)
    made["status.json"] = _json(facts_without(_status(config, system), secrets))
    made["doctor.json"] = _json(facts_without(_doctor(config.settings), secrets))
    return made


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=1, default=str) + "\n"


def _status(config: Config, system: System) -> dict[str, object]:
    result = facts(gather(config, system), "en")
    del result["last_event"]
    return result


def _doctor(settings: EdgeSettings) -> dict[str, object]:
    """What the last self-test found; of the file that is kept nothing but what it is known to hold."""
    result = last_result.read(settings.box.state_dir) or {}
    checks = result.get("checks")
    found = [{key: str(check.get(key, "")) for key in ("kind", "name", "state", "code", "text")}
             for check in (checks if isinstance(checks, list) else []) if isinstance(check, dict)]
    summary = last_result.summary(settings.box.state_dir)
    return {"summary": summary.model_dump(mode="json") if summary else None, "checks": found}


def _secrets(settings: EdgeSettings) -> Iterator[str]:
    """Passwords in files of the config and of the network, and the user names that go with them."""
    files = [settings.mqtt.password_file, *(it.password_file for it in settings.cameras.values())]
    for path in filter(None, files):
        yield from filter(None, _lines(path))
    for path in settings.box.state_dir.glob("network/*"):
        yield from (value.replace("\\s", " ").replace("\\\\", "\\")     # as a keyfile escapes them
                    for key, _, value in (line.partition("=") for line in _lines(path))
                    if value and _OF_NETWORK.search(key))
    yield from filter(None, [settings.mqtt.username, *(it.username for it in settings.cameras.values())])


def _lines(path: Path) -> list[str]:
    """None of a file that cannot be read: a service of this box cannot have read it to tell of it."""
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _services_said() -> str:
    if not booted():
        return "there is no systemd here, so no journal\n"
    return _said(journalctl([], None, LOG_LINES), LOG_LINES)


def _kernel_said() -> str:
    """The kernel's messages, from systemd's journal where there is one: dmesg wants a right of its own."""
    if not booted():
        return _said(["dmesg"], KERNEL_LINES)
    return _said(["journalctl", "--no-pager", "--dmesg", f"--lines={KERNEL_LINES}"], KERNEL_LINES)


def _said(command: list[str], lines: int) -> str:
    """The last lines that a program prints, or why it prints none."""
    if shutil.which(command[0]) is None:
        return f"no {command[0]} here\n"
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=False)
    except (OSError, subprocess.SubprocessError) as exc:
        return f"{command[0]}: {exc}\n"
    text = (done.stdout or done.stderr).decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:]) + "\n"


def _versions(system: System) -> str:
    packages = sorted({f"{it.metadata['Name']} {it.version}" for it in importlib.metadata.distributions()})
    return "\n".join([f"image {system.release() or '-'}", f"kernel {platform.release()} {platform.machine()}",
                      f"python {platform.python_version()}", *packages]) + "\n"
