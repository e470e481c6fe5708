"""By whose word guard forgets a call: the ward's alone, where the config says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.config.model import AckFrom
from edge.contract.ack import AckRefusal
from edge.contract.messages import AlarmPhase
from edge.contract.signing import VerifyKey, kid_of, signature_text, signed_part
from edge.guard.alarm.ledger import Ledger
from edge.guard.alarm.ward_acks import WardAcks
from edge.guard.uplink_monitor import UplinkMonitor
from edge.ipc.messages import Done
from edge.ipc.panel import CallProgress, CallStage
from edge.ipc.uplink_guard import AckPayload, Delivered, UplinkState
from tests.edge.contract.test_ack import BOX, KEY, KEYS, signed
from tests.edge.uplink.records import call

FIRST, SECOND = call(0), call(1)
AT = "2026-11-23T00:00:01.000Z"


def heard(ledger: Ledger, keys: Mapping[str, VerifyKey] = KEYS) -> UplinkMonitor:
    """What uplink speaks to, before `ledger`."""
    acks = WardAcks(BOX, keys, ledger, lambda: datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC))
    return UplinkMonitor(ledger, lambda *_: None, acks.arrived)


def by_another_key(**changes: object) -> bytes:
    """An ack that the ward's command key, say, has signed, under its own name or the receiver's."""
    document = json.loads(signed(calls=["a1.0"], **changes))
    del document["sig"]
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    document.setdefault("kid", kid_of(other.public_key()))
    return json.dumps(document | {"sig": signature_text(other.sign(signed_part(document)))}).encode()


COMMAND_KEY = kid_of(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))).public_key())
LIES = {
    AckRefusal.BAD_SIGNATURE: [signed(calls=["b.0"]).replace(b"b.0", b"a1.0"), by_another_key()],
    AckRefusal.UNKNOWN_KEY: [by_another_key(kid=COMMAND_KEY)],
    AckRefusal.OTHER_BOX: [signed(calls=["a1.0"], box="edge/v1/w/g/other")],
    AckRefusal.MALFORMED: [signed(calls=["a1.0"], alg="none"),
                           signed(calls=["a1.0"]).replace(b'"box"', b'"bux"')],
}


@pytest.mark.parametrize(("payload", "reason"), [(lie, why) for why, lies in LIES.items() for lie in lies])
def test_a_lying_uplink_makes_guard_forget_nothing(tmp_path: Path, payload: bytes, reason: AckRefusal,
                                                   caplog: pytest.LogCaptureFixture) -> None:
    """
    It says that all is delivered, again and again, and brings acks that it has forged, changed, or taken from
    another box or another key: each call stays, here and on the card, until the ward's own ack names it.
    """
    ledger = Ledger.load(tmp_path / "calls.json", AckFrom.WARD)
    ledger.add([FIRST, SECOND])
    ledger.handed_over([FIRST, SECOND], 0)
    monitor = heard(ledger)
    for lie in (Delivered(ids=("a1.0", "a1.1")), AckPayload(payload=payload), AckPayload(payload=b"\xff"),
                UplinkState(run="a", ward_connected=True, fault="", journal=None), Delivered(ids=("a1.0",))):
        assert Done() == monitor.answer(lie)
    ledger.write()
    assert [FIRST, SECOND] == ledger.due(0, 9)
    assert [FIRST, SECOND] == Ledger.load(tmp_path / "calls.json").due(0, 9)
    assert f"reason={reason}" in caplog.text

    monitor.answer(AckPayload(payload=signed(calls=["never", "a1.0"])))
    ledger.write()
    assert [SECOND] == Ledger.load(tmp_path / "calls.json").due(0, 9)


def test_an_old_ack_lets_go_of_what_it_once_named_and_nothing_else(tmp_path: Path) -> None:
    """
    Brought again, whatever its age and of whichever journal, it is true of the records that it names.
    """
    ledger = Ledger(tmp_path / "calls.json", ack_from=AckFrom.WARD)
    monitor, old = heard(ledger), signed(calls=["a1.0"], ward_time="2020-01-01T00:00:00.000Z", epoch="f" * 16)
    ledger.add([FIRST, SECOND])

    monitor.answer(AckPayload(payload=signed(calls=["a1.1"])))
    monitor.answer(AckPayload(payload=old))
    ledger.add([call(2)])
    monitor.answer(AckPayload(payload=old))

    assert [call(2)] == ledger.due(0, 9)


def test_without_a_key_nothing_is_forgotten(tmp_path: Path) -> None:
    """
    As where the file of the receiver's key cannot be read.
    """
    ledger = Ledger(tmp_path / "calls.json", [FIRST], AckFrom.WARD)
    heard(ledger, keys={}).answer(AckPayload(payload=signed(calls=["a1.0"])))

    assert [FIRST] == ledger.due(0, 9)


def test_where_the_broker_will_do_uplinks_word_ends_it(tmp_path: Path) -> None:
    """
    With mqtt.ack = "broker", as before.
    """
    ledger = Ledger(tmp_path / "calls.json", [FIRST, SECOND])
    heard(ledger).answer(Delivered(ids=("a1.0",)))

    assert [SECOND] == ledger.due(0, 9)


def test_an_ack_that_is_about_others_costs_no_memory(tmp_path: Path) -> None:
    """
    cryptography comes with the first ack that names a call which is held, and not with those before it.
    """
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key").write_bytes(public)
    (tmp_path / "other").write_bytes(signed(calls=["b.0"]))
    (tmp_path / "ours").write_bytes(signed(calls=["a1.0"]))
    program = f"""
import sys
from pathlib import Path
from edge.contract.signing import load_keys
from edge.guard.alarm.ward_acks import WardAcks
class Calls:
    def holds(self, name): return name == "a1.0"
    def acked(self, ids, at_utc): print(ids)
acks = WardAcks({BOX!r}, load_keys([Path("key")]), Calls())
for name in ("other", "ours"):
    acks.arrived(Path(name).read_bytes())
    print("cryptography" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, text=True, capture_output=True,
                          check=True, timeout=60).stdout

    assert ["False", "('a1.0',)", "True"] == said.splitlines()


def test_phones_are_told_how_far_it_has_come(tmp_path: Path) -> None:
    """
    Here, with uplink, at the broker by uplink's word, at the ward by its own; again here while another uplink
    may have nothing. What an earlier run had is known to be at the ward, since when is not.
    """
    ledger = Ledger(tmp_path / "calls.json", ack_from=AckFrom.WARD)
    assert CallProgress(CallStage.HERE) == ledger.progress("a1", None, [FIRST])
    assert CallProgress(CallStage.WARD) == ledger.progress("a1", None, [])
    monitor, stages = heard(ledger), list[CallStage]()
    ledger.add([FIRST, call(0, alarm_id="other")])

    for step in (lambda: None, lambda: ledger.handed_over([FIRST], 0), ledger.hand_over_again,
                 lambda: ledger.handed_over([FIRST], 0), lambda: ledger.delivered(["a1.0"], AT),
                 lambda: monitor.answer(AckPayload(payload=signed(calls=["a1.0"])))):
        step()
        stages.append(ledger.progress("a1", None, [FIRST]).stage)

    assert ["here", "uplink", "here", "uplink", "broker", "ward"] == stages
    assert CallProgress(CallStage.WARD, AT) == ledger.progress("a1", None, [FIRST])
    assert CallProgress(CallStage.HERE) == ledger.progress("a1", None, [call(1, AlarmPhase.JOINED)])
