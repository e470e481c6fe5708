"""What no single key can tell: keys that need, exclude or name one another. How it works: tables.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from edge.base.redact import redact, shorten
from edge.config.nearest import nearest
from edge.config.source import CSI_PREFIX, NETWORK, SourceKind, kind_of
from edge.config.tables import Key, KeyFault, Table, is_given, table_in, tables_in
from edge.config.wiring import input_faults, output_faults, shared_pins
from edge.contract.topics import is_slug

_Check = Callable[[Table], Iterator[KeyFault]]


def all_faults(root: Table) -> Iterator[KeyFault]:
    """Every fault between keys of a whole file, keys from its root."""
    one_table: dict[str, _Check] = {"mqtt": mqtt_faults, "page": pair_faults}
    for key, check in one_table.items():
        for fault in check(table_in(root, key)):
            yield fault.under(key)
    named_tables: dict[str, _Check] = {"outputs": output_faults, "inputs": input_faults}
    for key, check in named_tables.items():
        for name, table in tables_in(root, key):
            for fault in check(table):
                yield fault.under(key, name)
    yield from shared_pins(root)
    yield from port_faults(root)
    for camera, table in tables_in(root, "cameras"):
        for fault in camera_faults(table):
            yield fault.under("cameras", camera)
        for rule, inner in tables_in(table, "rules"):
            for fault in rule_faults(inner):
                yield fault.under("cameras", camera, "rules", rule)


def port_faults(root: Table) -> Iterator[KeyFault]:
    """Cameras at the box's own port of which two would be the same one, or not be told apart."""
    taken: dict[str, str] = {}
    at_port = [(name, source) for name, table in tables_in(root, "cameras")
               if isinstance(source := table.get("source"), str) and kind_of(source) is SourceKind.CSI]
    for name, source in at_port:
        if source in taken:
            yield KeyFault(("cameras", name, "source"), f"camera {taken[source]!r} has it already")
        elif source == CSI_PREFIX and len(at_port) > 1:
            yield KeyFault(("cameras", name, "source"), "csi means the only camera at the port, and here are "
                           f"{len(at_port)}; write csi:cam0 or csi:cam1, as the connectors are called")
        taken.setdefault(source, name)


def mqtt_faults(mqtt: Table) -> Iterator[KeyFault]:
    """Faults of the table [mqtt], with keys counted from there."""
    yield from pair_faults(mqtt)
    if mqtt.get("tls", True) is False:
        for key in ("ca_file", "cert_file", "key_file"):
            if is_given(mqtt, key):
                yield KeyFault((key,), "needs tls = true; leave it out to go without encryption")
    if is_given(mqtt, "password_file") and not is_given(mqtt, "username"):
        yield KeyFault(("password_file",), "needs username too")
    if mqtt.get("ack") == "ward" and mqtt.get("ack_keys", ()) in ((), []):
        yield KeyFault(("ack",), "'ward' needs ack_keys too: the public key of the ward's receiver, "
                       "receiver.pub of the bundle")


def pair_faults(table: Table) -> Iterator[KeyFault]:
    """Faults of a table with a certificate, with keys counted from there."""
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if is_given(table, one) and not is_given(table, other):
            yield KeyFault((one,), f"needs {other} too: a certificate works with its private key only")


# Keys that not every kind of camera takes.
_OF_RTSP = ("username", "password_file", "evidence", "onvif_port")
_NOT_OF: Mapping[SourceKind, tuple[str, ...]] = {SourceKind.RTSP: (), SourceKind.HTTP: ("evidence",)}


def camera_faults(camera: Table) -> Iterator[KeyFault]:
    """Faults of one table [cameras.NAME], keys counted from there, but for those of single rules."""
    source = camera.get("source")
    kind = kind_of(source) if isinstance(source, str) else SourceKind.RTSP
    for key in _NOT_OF.get(kind, _OF_RTSP):
        if is_given(camera, key):
            yield KeyFault((key,), "only an rtsp:// camera takes one; leave it out")
    if kind in NETWORK and is_given(camera, "password_file") and not is_given(camera, "username"):
        yield KeyFault(("password_file",), "needs username too")
    for name, rule in tables_in(camera, "rules"):
        if camera.get("latency") == "relaxed" and is_given(rule, "alarm"):      # WISH_MAX_AGE_S
            yield KeyFault(("rules", name, "alarm"), "seen one key-frame interval late with latency = "
                           "'relaxed', when it may be too old to raise one; leave out one of the two")
        for key, shelf in (("zone", "zones"), ("line", "lines")):
            wanted = rule.get(key)
            if isinstance(wanted, str) and wanted not in table_in(camera, shelf):
                yield KeyFault(("rules", name, key), _no_such(key, wanted, table_in(camera, shelf)))


def rule_faults(rule: Table) -> Iterator[KeyFault]:
    """Faults of one rule's table by itself, with keys counted from there."""
    kind = rule.get("kind")
    if kind == "cross":
        if not is_given(rule, "line"):
            yield KeyFault(("line",), "missing; kind 'cross' needs a line: name one under lines")
        if is_given(rule, "zone"):
            yield KeyFault(("zone",), "kind 'cross' takes a line and no zone; leave it out")
    elif kind in ("enter", "dwell", "crowd") and is_given(rule, "line"):
        yield KeyFault(("line",), "only kind 'cross' takes a line; leave it out, or set kind = 'cross'")


def camera_health_faults(health: Table) -> Iterator[KeyFault]:
    """Faults of what a camera's own states may set off, with keys counted from there."""
    states = health.get("states")
    if isinstance(states, list | tuple) and "ok" in states:
        yield KeyFault(("states",), "a camera that is 'ok' sets nothing off; leave it out")


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
    for camera, table in tables_in(root, "cameras"):
        for rule, inner in tables_in(table, "rules"):
            classes = inner.get("classes")
            for index, label in enumerate(classes if isinstance(classes, list | tuple) else ()):
                if isinstance(label, str) and label:
                    yield ("cameras", camera, "rules", rule, "classes", index), label
