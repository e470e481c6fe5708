"""What no single key can tell: keys that need, exclude or name one another.

Every check reads a plain table, so that it works on settings that are typed and on a TOML table that
still holds other faults: what has the wrong type is passed over here and told by its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.config.nearest import nearest
from edge.config.redact import redact, shorten
from edge.config.source import SourceKind, kind_of
from edge.contract.topics import is_slug
from edge.limits import BUZZER_MAX_S, LIGHT_MAX_S, SIREN_MAX_S

MAX_ON_S = {"siren": SIREN_MAX_S, "strobe": SIREN_MAX_S, "flood": LIGHT_MAX_S, "buzzer": BUZZER_MAX_S}
"""The longest that an output of each kind may be on for one alarm; a beacon tells of health, not of alarm."""

ERROR_TYPE = "edgebox_cross_check"

Key = tuple[str | int, ...]
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class KeyFault:
    """One fault and the key that it is about, from the root of the file unless said otherwise."""

    key: Key
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.key))}: {self.text}"

    def under(self, *above: str) -> KeyFault:
        return KeyFault((*above, *self.key), self.text)


def all_faults(root: Table) -> Iterator[KeyFault]:
    """Every fault between keys of a whole file, keys from its root."""
    for fault in mqtt_faults(table_in(root, "mqtt")):
        yield fault.under("mqtt")
    for fault in pair_faults(table_in(root, "page")):
        yield fault.under("page")
    outputs = table_in(root, "outputs")
    for name in outputs:
        for fault in output_faults(table_in(outputs, name)):
            yield fault.under("outputs", name)
    cameras = table_in(root, "cameras")
    for camera in cameras:
        table = table_in(cameras, camera)
        for fault in camera_faults(table):
            yield fault.under("cameras", camera)
        rules = table_in(table, "rules")
        for rule in rules:
            for fault in rule_faults(table_in(rules, rule)):
                yield fault.under("cameras", camera, "rules", rule)


def mqtt_faults(mqtt: Table) -> Iterator[KeyFault]:
    """Of the table [mqtt], keys from there."""
    yield from pair_faults(mqtt)
    if mqtt.get("tls", True) is False:
        for key in ("ca_file", "cert_file", "key_file"):
            if _given(mqtt, key):
                yield KeyFault((key,), "needs tls = true; leave it out to go without encryption")
    if _given(mqtt, "password_file") and not _given(mqtt, "username"):
        yield KeyFault(("password_file",), "needs username too")


def pair_faults(table: Table) -> Iterator[KeyFault]:
    """Of a table with a certificate, keys from there."""
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if _given(table, one) and not _given(table, other):
            yield KeyFault((one,), f"needs {other} too: a certificate works with its private key only")


def output_faults(output: Table) -> Iterator[KeyFault]:
    """Of one table [outputs.NAME], keys from there."""
    kind, max_on_s = str(output.get("kind")), output.get("max_on_s")
    limit_s = MAX_ON_S.get(kind)
    if isinstance(max_on_s, int | float) and limit_s is not None and max_on_s > limit_s:
        yield KeyFault(("max_on_s",), f"{max_on_s:g} is over the limit for a {kind}, {limit_s:g} s")


def camera_faults(camera: Table) -> Iterator[KeyFault]:
    """Of one table [cameras.NAME], keys from there; not of its rules by themselves."""
    source = camera.get("source")
    if isinstance(source, str) and kind_of(source) is not SourceKind.RTSP:
        for key in ("username", "password_file"):
            if _given(camera, key):
                yield KeyFault((key,), "only an rtsp:// camera takes one; leave it out")
    elif _given(camera, "password_file") and not _given(camera, "username"):
        yield KeyFault(("password_file",), "needs username too")
    rules = table_in(camera, "rules")
    for name in rules:
        for key, shelf in (("zone", "zones"), ("line", "lines")):
            wanted = table_in(rules, name).get(key)
            if isinstance(wanted, str) and wanted not in table_in(camera, shelf):
                yield KeyFault(("rules", name, key), _no_such(key, wanted, table_in(camera, shelf)))


def rule_faults(rule: Table) -> Iterator[KeyFault]:
    """Of one rule's table by itself, keys from there."""
    kind = rule.get("kind")
    if kind == "cross":
        if not _given(rule, "line"):
            yield KeyFault(("line",), "missing; kind 'cross' needs a line: name one under lines")
        if _given(rule, "zone"):
            yield KeyFault(("zone",), "kind 'cross' takes a line and no zone; leave it out")
    elif kind in ("enter", "dwell", "crowd") and _given(rule, "line"):
        yield KeyFault(("line",), "only kind 'cross' takes a line; leave it out, or set kind = 'cross'")


def _no_such(key: str, wanted: str, shelf: Table) -> str:
    there_are = sorted(filter(is_slug, shelf))      # another name is a fault by itself, and may be a secret
    wanted = shorten(redact(wanted))
    close = nearest(wanted, there_are)
    if close is not None:
        return f"no {key} {wanted!r}, did you mean {close!r}?"
    if there_are:
        return f"no {key} {wanted!r}; this camera has {', '.join(map(repr, there_are))}"
    return f"no {key} {wanted!r}; this camera has none yet: add one under {key}s"


def classes_in(root: Table) -> Iterator[tuple[Key, str]]:
    """Every class that a rule of a whole file looks for, with its key."""
    cameras = table_in(root, "cameras")
    for camera in cameras:
        rules = table_in(table_in(cameras, camera), "rules")
        for rule in rules:
            classes = table_in(rules, rule).get("classes")
            for index, label in enumerate(classes if isinstance(classes, list | tuple) else ()):
                if isinstance(label, str) and label:
                    yield ("cameras", camera, "rules", rule, "classes", index), label


def table_in(parent: Table, key: str) -> Table:
    """The table under `key`, typed or plain; an empty one where there is something else."""
    found = parent.get(key)
    if isinstance(found, Mapping):
        return found
    return vars(found) if hasattr(found, "model_fields_set") else {}


def _given(table: Table, key: str) -> bool:
    return table.get(key) is not None
