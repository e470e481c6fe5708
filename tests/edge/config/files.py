"""Config files that the tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.base.errors import ConfigError
from edge.config.load import load

EXAMPLE = Path(__file__).parents[3] / "edge/config/example.toml"

GOOD = """\
[box]
ward = "phuong-5"
group = "to-12"
id = "hop-01"

[mqtt]
host = "localhost"

[cameras.gate]
source = "rtsp://192.0.2.1/stream"
"""
NO_ACK = ("mqtt.ack: 'broker' gives up what was sent once the broker has it: calls and events are lost with "
          "the broker's disk, or by whoever holds the broker; better 'ward', with ack_keys")     # of GOOD


def notes_in(err: str) -> list[str]:
    """The lines that `check` printed on standard error, without the note on GOOD itself."""
    return [line for line in err.splitlines() if not line.endswith(NO_ACK)]


def written(folder: Path, text: str, name: str = "edge.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal_of(path: Path) -> str:
    """The text of the refusal of the file at `path`; "" when it is good."""
    try:
        load(path)
    except ConfigError as refused:
        return str(refused)
    return ""


def faults_in(folder: Path, text: str) -> list[str]:
    """The lines of the refusal of `text`, saved as edge.toml."""
    with pytest.raises(ConfigError) as refused:
        load(written(folder, text))
    assert 78 == refused.value.exit_code
    return str(refused.value).splitlines()
