"""The example is the first thing that a technician copies: it loads, and it names every key there is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from edge.config.camera_model import RuleKind
from edge.config.load import load
from edge.config.model import EdgeSettings, InputKind, OutputKind
from edge.config.notes import notes_of
from edge.config.source import SourceKind, kind_of
from tests.edge.config.files import EXAMPLE, written


def models_in(value: object) -> Iterator[BaseModel]:
    """Every settings object inside `value`, itself too."""
    if isinstance(value, BaseModel):
        yield value
        value = vars(value)
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for item in value:
            yield from models_in(item)


def uncommented(tmp_path: Path) -> EdgeSettings:
    """The example with every `#key = value` line made real."""
    text = re.sub(r"^#(?=[a-z_]+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert text.count("\n#") < EXAMPLE.read_text().count("\n#")
    return load(written(tmp_path, text)).settings


def test_the_example_shows_every_kind_of_everything() -> None:
    """
    It loads as it is; a network camera, a USB camera and a file; every kind of rule, output and input; masks,
    lines and TLS.
    """
    settings = load(EXAMPLE).settings

    cameras = settings.cameras.values()
    assert {SourceKind.RTSP, SourceKind.DEVICE, SourceKind.FILE} == {kind_of(each.source) for each in cameras}
    assert set(RuleKind) == {rule.kind for each in cameras for rule in each.rules.values()}
    assert set(OutputKind) == {output.kind for output in settings.outputs.values()}
    assert set(InputKind) == {contact.kind for contact in settings.inputs.values()}
    assert any(each.masks for each in cameras)
    assert any(each.lines for each in cameras)
    assert settings.mqtt.tls
    assert settings.mqtt.cert_file == EXAMPLE.parent / "tls/box.crt"
    assert all("no such file" in str(note) for note in notes_of(settings))


def test_the_example_names_every_key_of_the_model(tmp_path: Path) -> None:
    """
    With the '#' taken away from its keys, each table of the model is told in full at least once.
    """
    told: defaultdict[type[BaseModel], set[str]] = defaultdict(set)
    for model in models_in(uncommented(tmp_path)):
        told[type(model)] |= model.model_fields_set

    assert {kind: set(kind.model_fields) for kind in told} == dict(told)


def test_a_key_behind_a_hash_shows_its_default(tmp_path: Path) -> None:
    """
    Taking a '#' away changes nothing, but for the keys that have no default.
    """
    plain, told = load(EXAMPLE).settings.model_dump(), uncommented(tmp_path).model_dump()
    for table, key in (("page", "cert_file"), ("page", "key_file"), ("page", "security_contact"),
                           ("members", "invites_file")):
        assert plain[table].pop(key) is None
        assert told[table].pop(key) is not None
    assert ["username", "password_file"] == [key for key, value in plain["mqtt"].items() if value is None]
    assert all(value is not None for value in told["mqtt"].values())
    for settings in (plain, told):
        for key in ("ca_file", "cert_file", "key_file", "username", "password_file", "ack_keys"):
            del settings["mqtt"][key]
        del settings["cameras"]["gate"]["password_file"], settings["cameras"]["trial"]["source"]
        del settings["commands"]["keys"]

    assert plain == told
