"""The config of every trial box: what benchmarks, pictures for the docs and tests have in common.

A trial says what it is about, its cameras and rules and pins, and nothing else. The box is hop-01 of to-12 in
phuong-5, whose broker is on this machine without TLS.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.config.model import EdgeSettings
from edge.contract.topics import Root

ROOT = Root("phuong-5", "to-12", "hop-01")
_IDS = {"ward": ROOT.ward, "group": ROOT.group, "id": ROOT.box}


def trial_config(more: str = "", *, state: Path | str | None = None, run: Path | str | None = None,
                 title: str = "", mqtt_port: int | None = None) -> str:
    """The text of a config file, with `more` at its end.

    Folders may be relative to the file; without them they are a box's own. Port 1 is a broker that is away.
    """
    box = _IDS | {"title": title, "state_dir": state, "runtime_dir": run}
    lines = ["[box]", *(f'{key} = "{value}"' for key, value in box.items() if value),
             "", "[mqtt]", 'host = "127.0.0.1"', *([f"port = {mqtt_port}"] if mqtt_port else []),
             "tls = false"]
    return "\n".join(lines) + "\n\n" + more.lstrip("\n")


def trial_settings(state: Path, run: Path, **tables: Mapping[str, Any]) -> EdgeSettings:
    """Settings as they would be loaded: `tables` as in a file, one camera where they name none."""
    return EdgeSettings.model_validate({
        "box": _IDS | {"state_dir": state, "runtime_dir": run},
        "mqtt": {"host": "127.0.0.1", "tls": False},
        "cameras": {"gate": {"source": "rtsp://127.0.0.1/gate"}}} | tables)
