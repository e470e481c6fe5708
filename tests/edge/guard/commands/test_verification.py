"""Which commands are obeyed. Pure: no broker, no file, no clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.command import Command, CommandName, CommandRefusal
from edge.contract.messages import AlarmCause, AlarmMode
from edge.contract.signing import kid_of
from edge.contract.topics import Root
from edge.guard.commands.verification import CommandArrival, CommandScope, RefusedCommand, judge, request_of
from edge.ipc.panel import Actor, Arm, Cancel, Raise, Request, SelfTest
from tests.edge.guard.commands.orders import FOREIGN_KEY, KEY, Forgery, Ward, forgeries, signed, wire

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ROOT = Root("phuong-5", "to-12", "hop-01")
BOOT = "1c9e3f6a-5d0e-4b62-8f0d-2f5f3d9e7a11"
WARD = Ward(ROOT, BOOT, NOW)
ID = "0198c0de-0000-7000-8000-000000000001"
BOX = CommandScope(ROOT, BOOT, {kid_of(KEY.public_key()): KEY.public_key()})
FORGERIES = list(forgeries(WARD))


class Nothing:
    """Obeyed before."""

    def knows(self, command: Command) -> bool:
        return False


class Everything:
    def knows(self, command: Command) -> bool:
        return True


def judged(payload: bytes, name: str = "siren", now: datetime = NOW,
           retained: bool = False) -> Command | RefusedCommand:
    return judge(CommandArrival(name, payload, retained), BOX, now, Nothing())


@pytest.mark.parametrize(("name", "asked"), [
    ("siren", Raise(Actor(AlarmCause.WARD, "Trực ban Phường 5"), AlarmMode.SIREN, 20.0, request_id="?")),
    ("light", Raise(Actor(AlarmCause.WARD, "Trực ban Phường 5"), AlarmMode.LIGHT, 20.0, request_id="?")),
    ("silence", Cancel(Actor(AlarmCause.WARD, "Trực ban Phường 5"))),
    ("arm", Arm(Actor(AlarmCause.WARD, "Trực ban Phường 5"), True)),
    ("disarm", Arm(Actor(AlarmCause.WARD, "Trực ban Phường 5"), False)),
    ("selftest", SelfTest(Actor(AlarmCause.WARD, "Trực ban Phường 5"), False)),
])
def test_a_signed_command_is_obeyed(name: str, asked: Request) -> None:
    """
    Each of the six asks the panel for its one thing, in the issuer's name.
    """
    command = judged(WARD.command(name, cmd_id=ID), name)

    assert isinstance(command, Command)
    if isinstance(asked, Raise):
        asked = Raise(asked.actor, asked.mode, asked.duration_s, request_id=ID)
    assert asked == request_of(command)


def test_what_may_be_left_out_is_as_configured() -> None:
    """
    A siren without a duration sounds as long as the box is set up for; a self-test is loud only when told.
    """
    plain = judged(WARD.order(duration_s=None))
    loud = judged(WARD.command("selftest", with_siren=True), "selftest")

    assert isinstance(plain, Command)
    assert isinstance(loud, Command)
    raised, test = request_of(plain), request_of(loud)
    assert isinstance(raised, Raise)
    assert raised.duration_s is None
    assert isinstance(test, SelfTest)
    assert test.with_siren


def test_there_are_more_than_enough_forgeries() -> None:
    """
    The list that the tests go through has not shrunk, and every reason of a judge is in it.
    """
    assert len(FORGERIES) >= 60
    elsewhere = {CommandRefusal.REPEATED, CommandRefusal.TOO_MANY, CommandRefusal.NO_KEYS,
                 CommandRefusal.UNREADY}
    by_lessons = {CommandRefusal.NO_RULE, CommandRefusal.SIREN_RULE, CommandRefusal.TOO_LARGE,
                  CommandRefusal.NO_LESSON, CommandRefusal.TOO_MANY_LESSONS}      # see test_lessons.py
    assert set(CommandRefusal) - elsewhere - by_lessons == {forgery.reason for forgery in FORGERIES}


@pytest.mark.parametrize("forgery", FORGERIES, ids=[forgery.what for forgery in FORGERIES])
def test_a_forged_command_is_refused_with_its_reason(forgery: Forgery) -> None:
    """
    None is obeyed; the id is told where one could be read, the issuer only where the signature held.
    """
    refused = judged(forgery.payload, forgery.name, retained=forgery.retained)

    assert isinstance(refused, RefusedCommand)
    assert forgery.reason is refused.reason
    assert forgery.has_id is (refused.cmd_id is not None)
    assert ("Trực ban Phường 5" if forgery.signed else None) == refused.issuer


def test_a_box_without_keys_obeys_nobody() -> None:
    """
    And says so, whatever the signature.
    """
    deaf = CommandScope(ROOT, BOOT, {})

    refused = judge(CommandArrival("siren", WARD.order(cmd_id=ID), False), deaf, NOW, Nothing())

    assert RefusedCommand(CommandRefusal.NO_KEYS, ID) == refused


def test_what_was_obeyed_before_is_refused() -> None:
    """
    With the issuer, since the signature holds: it may be the officer's own second press.
    """
    refused = judge(CommandArrival("siren", WARD.order(), False), BOX, NOW, Everything())

    assert isinstance(refused, RefusedCommand)
    assert (CommandRefusal.REPEATED, "Trực ban Phường 5") == (refused.reason, refused.issuer)


@pytest.mark.parametrize(("late_s", "reason"), [
    (-5.001, CommandRefusal.NOT_YET), (-5.0, None), (0.0, None), (59.999, None),
    (60.0, CommandRefusal.EXPIRED)])
def test_times_are_the_boxs_own(late_s: float, reason: CommandRefusal | None) -> None:
    """
    From 5 s before it was issued, for clocks that differ, until the moment it expires, which is too late.
    """
    got = judged(WARD.order(), now=NOW + timedelta(seconds=late_s))

    assert reason is (got.reason if isinstance(got, RefusedCommand) else None)


def test_the_longest_life_is_allowed() -> None:
    """
    300 s are no second too long.
    """
    assert isinstance(judged(WARD.order(expires=WARD.at(300))), Command)


def test_either_of_two_keys_will_do() -> None:
    """
    So that a ward can change its key: both are known for a while.
    """
    both = CommandScope(ROOT, BOOT, {kid_of(key.public_key()): key.public_key()
                                     for key in (KEY, FOREIGN_KEY)})
    other = wire(signed(WARD.document(kid=kid_of(FOREIGN_KEY.public_key())), FOREIGN_KEY))

    for payload in (WARD.order(), other):
        assert isinstance(judge(CommandArrival("siren", payload, False), both, NOW, Nothing()), Command)


GOOD = WARD.order(cmd_id=ID)
MEANT = json.loads(GOOD)


def assert_means_the_same(payload: bytes, name: str = "siren", retained: bool = False) -> None:
    got = judged(payload, name, retained=retained)
    if isinstance(got, Command):
        assert MEANT == json.loads(payload)
        assert ("siren", False) == (name, retained)


def test_no_flipped_bit_gets_through() -> None:
    """
    Of all commands that differ from a good one in one bit, none is obeyed that says anything else.
    """
    for place in range(len(GOOD)):
        for bit in range(8):
            flipped = bytearray(GOOD)
            flipped[place] ^= 1 << bit
            assert_means_the_same(bytes(flipped))


@given(st.data())
@settings(max_examples=300)
def test_no_changed_bytes_get_through(data: st.DataObject) -> None:
    """
    Bytes cut, doubled, moved or written over anywhere: never an exception, never another command.
    """
    payload = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(payload)))
        end = data.draw(st.integers(begin, min(len(payload), begin + 60)))
        payload[begin:end] = data.draw(
            st.binary(max_size=40) | st.just(bytes(payload[begin:end] * 2))
            | st.sampled_from([b"", b'"', b",", b"0", b"NaN", b"null", b"\\u0000"]))
    assert_means_the_same(bytes(payload))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([*(str(value) for value in MEANT.values()), *CommandName]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(list(MEANT)) | st.text(max_size=10), VALUES, min_size=1, max_size=3),
       st.sets(st.sampled_from(list(MEANT)), max_size=2), st.sampled_from([*CommandName, "", "x"]),
       st.booleans())
@settings(max_examples=300)
def test_no_changed_key_gets_through(changes: dict[str, object], gone: set[str], name: str,
                                     retained: bool) -> None:
    """
    Keys changed, added or taken away after signing: never an exception, never another command.
    """
    document = {key: value for key, value in (MEANT | changes).items() if key not in gone}

    assert_means_the_same(json.dumps(document).encode(), name, retained)


@given(st.dictionaries(st.sampled_from(list(MEANT)) | st.text(max_size=10), VALUES, min_size=1, max_size=3))
@settings(max_examples=300)
def test_what_the_right_key_signed_is_still_of_the_form(changes: dict[str, object]) -> None:
    """
    Whatever a ward's faulty tool may sign: never an exception, and what is obeyed is for this box, now.
    """
    document = {key: value for key, value in (MEANT | changes).items() if key != "sig"}
    try:
        payload = json.dumps(signed(document)).encode()
    except ValueError:              # no tool can sign it
        return
    got = judged(payload)
    if isinstance(got, Command):
        assert (ROOT.path, BOOT, CommandName.SIREN) == (got.box, got.boot_id, got.name)
        assert got.issued <= NOW + timedelta(seconds=5)
        assert NOW < got.expires <= got.issued + timedelta(seconds=300)
        assert got.duration_s is None or 0 < got.duration_s <= 1800
        assert got.issuer.isprintable()


@given(st.binary(max_size=5000), st.text(max_size=20), st.booleans())
def test_any_bytes_are_refused(payload: bytes, name: str, retained: bool) -> None:
    """
    What nobody signed raises nothing and moves nothing.
    """
    assert isinstance(judged(payload, name, retained=retained), RefusedCommand)
