"""Values that several tests of the contract use."""

from __future__ import annotations

from datetime import UTC, datetime

AT = datetime(2026, 11, 23, tzinfo=UTC)
COMMAND: dict[str, object] = {
    "cmd_id": "0198c0de-0000-7000-8000-000000000001", "name": "siren", "box": "edge/v1/w/g/b", "boot_id": "b",
    "issued": "2026-11-23T00:00:00.000Z", "expires": "2026-11-23T00:01:00.000Z", "issuer": "Trực ban",
    "duration_s": 30, "kid": "0" * 16, "alg": "Ed25519", "sig": "A" * 86 + "=="}
