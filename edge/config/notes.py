"""What a technician should know of a config that is not wrong in itself. Looks at the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from edge.config.alarm_notes import alarm_notes
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.config.model import AckFrom, EdgeSettings, MqttSettings
from edge.config.never import never_notes
from edge.config.source import SourceKind, kind_of
from edge.config.tables import Key, KeyFault

_HOST = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?|[\w.-]+:\d{2,5}")
_ONLY_FOR = {"dwell_s": RuleKind.DWELL, "crowd_count": RuleKind.CROWD, "crowd_s": RuleKind.CROWD,
             "direction": RuleKind.CROSS}


def notes_of(settings: EdgeSettings) -> Iterator[KeyFault]:
    """Files that are not there, keys without effect, cameras and rules that nothing comes of."""
    mqtt = settings.mqtt
    for key in ("ca_file", "cert_file", "key_file", "password_file"):
        yield from _absent(getattr(mqtt, key), ("mqtt", key))
    if mqtt.port == (1883 if mqtt.tls else 8883):
        yield KeyFault(("mqtt", "port"), f"{mqtt.port} is rarely {'with' if mqtt.tls else 'without'} TLS")
    yield from _notes_of_ack(mqtt)
    for key in ("cert_file", "key_file"):
        yield from _absent(getattr(settings.page, key), ("page", key))
    for index, path in enumerate(settings.commands.keys):
        yield from _absent(path, ("commands", "keys", index))
    yield from alarm_notes(settings)
    yield from never_notes(settings)
    for name, camera in settings.cameras.items():
        for note in _notes_of_camera(camera):
            yield note.under("cameras", name)


def _notes_of_ack(mqtt: MqttSettings) -> Iterator[KeyFault]:
    for index, path in enumerate(mqtt.ack_keys):
        yield from _absent(path, ("mqtt", "ack_keys", index))
    if mqtt.ack is AckFrom.WARD:
        return
    yield KeyFault(("mqtt", "ack"), "'broker' gives up what was sent once the broker has it: calls and "
                   "events are lost with the broker's disk, or by whoever holds the broker; better 'ward', "
                   "with ack_keys")
    if mqtt.ack_keys:
        yield KeyFault(("mqtt", "ack_keys"), "has no effect: ack = 'broker'")


def _notes_of_camera(camera: CameraSettings) -> Iterator[KeyFault]:
    if kind_of(camera.source) is SourceKind.FILE:
        yield from _absent_recording(Path(camera.source))
    yield from _absent(camera.password_file, ("password_file",))
    yield from _notes_of_evidence(camera)
    if not camera.rules:
        yield KeyFault((), "has no rules, so it makes no event; add some under rules")
    for name, rule in camera.rules.items():
        for note in _notes_of_rule(rule):
            yield note.under("rules", name)


def _notes_of_evidence(camera: CameraSettings) -> Iterator[KeyFault]:
    if camera.evidence is None:
        return
    here, there = urlsplit(camera.source), urlsplit(camera.evidence)
    if here.hostname != there.hostname:
        yield KeyFault(("evidence",), "is another host than source: is it a stream of the same camera?")
    elif (here.port, here.path, here.query) == (there.port, there.path, there.query):
        yield KeyFault(("evidence",), "has no effect: it is the stream of source itself")
    if not any(rule.has_full_pictures for rule in camera.rules.values()):
        yield KeyFault(("evidence",), "has no effect: no rule has full pictures")


def _notes_of_rule(rule: RuleSettings) -> Iterator[KeyFault]:
    for key, kind in _ONLY_FOR.items():
        if key in rule.model_fields_set and rule.kind is not kind:
            yield KeyFault((key,), f"has no effect: only kind '{kind}' reads it")


def _absent_recording(path: Path) -> Iterator[KeyFault]:
    """A network camera's address without its beginning reads as the path of a file."""
    meant = any(_HOST.fullmatch(part) for part in path.parts) or not path.suffix
    hint = "; a network camera's address begins with rtsp://, is one meant?" if meant else ""
    for note in _absent(path, ("source",)):
        yield KeyFault(note.key, note.text + hint)


def _absent(path: Path | None, key: Key) -> Iterator[KeyFault]:
    """The path itself is not told: it may be a password in the wrong place."""
    if path is not None and not path.is_file():
        yield KeyFault(key, "no such file on this machine")
