"""Values that several tests of the contract use."""

from __future__ import annotations

from datetime import UTC, datetime

AT = datetime(2026, 11, 23, tzinfo=UTC)
COMMAND: dict[str, object] = {
    "cmd_id": "0198c0de-0000-7000-8000-000000000001", "name": "siren", "box": "edge/v1/w/g/b", "boot_id": "b",
    "issued": "2026-11-23T00:00:00.000Z", "expires": "2026-11-23T00:01:00.000Z", "issuer": "Trực ban",
    "duration_s": 30, "kid": "0" * 16, "alg": "Ed25519", "sig": "A" * 86 + "=="}
NOT_THAT: dict[str, object] = {
    **{key: value for key, value in COMMAND.items() if key != "duration_s"}, "name": "notthat",
    "event_id": "0198c0de-0000-7000-8000-000000000002", "camera": "gate", "rule": "night", "label": "person",
    "x0": 0.1, "y0": 0.2, "x1": 0.2, "y1": 0.5, "hours": "18:00-06:00", "days": 30}
UNDO: dict[str, object] = {
    **{key: value for key, value in COMMAND.items() if key != "duration_s"}, "name": "notthat",
    "cmd_id": "0198c0de-0000-7000-8000-000000000003", "undo": COMMAND["cmd_id"]}
LESSON: dict[str, object] = {
    "id": COMMAND["cmd_id"], "event_id": NOT_THAT["event_id"], "camera": "gate", "rule": "night",
    "class": "person", "rect": (0.1, 0.2, 0.2, 0.5), "hours": "18:00-06:00", "until": AT,
    "issuer": "Trực ban", "muted": 3, "muted_last": AT}
