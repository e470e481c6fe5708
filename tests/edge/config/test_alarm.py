"""What is wrong, and what is odd, about alarm, outputs, inputs, page and commands."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base import limits
from edge.config.load import fault_lines, load, read_text
from edge.config.model import (
    AlarmSettings,
    EdgeSettings,
    InputKind,
    InputSettings,
    OutputKind,
    OutputSettings,
)
from edge.config.notes import notes_of
from edge.config.wiring import MAX_ON_S
from tests.edge.config.files import GOOD, NO_ACK, faults_in, written


def notes_in(folder: Path, text: str) -> list[str]:
    """The notes on `text`, behind its first ten lines, without those on GOOD itself."""
    path = written(folder, GOOD + text)
    notes = fault_lines(notes_of(load(path).settings), read_text(path), "")
    return [note for note in notes if ": cameras.gate: " not in note and not note.endswith(NO_ACK)]


def output(kind: str = "siren", pin: int = 17, more: str = "", name: str = "a") -> str:
    return f"[outputs.{name}]\nkind = '{kind}'\npin = {pin}\n{more}\n"


def contact(kind: str = "panic", pin: int = 5, more: str = "", name: str = "b") -> str:
    return f"[inputs.{name}]\nkind = '{kind}'\npin = {pin}\n{more}\n"


@pytest.mark.parametrize(("text", "fault"), [
    (output() + contact(pin=17), "17: inputs.b.pin: GPIO 17 is taken by outputs.a; want another"),
    (output() + output(name="c"), "17: outputs.c.pin: GPIO 17 is taken by outputs.a; want another"),
    (contact() + contact(name="c"), "17: inputs.c.pin: GPIO 5 is taken by inputs.b; want another"),
    (output("beacon", 2),
     "13: outputs.a.pin: GPIO 2 has a fixed pull-up and is no output; take one of 9 to 27"),
    (output("siren", 3, "active_high = false"),
     "13: outputs.a.pin: GPIO 3 has a fixed pull-up and is no output; take one of 9 to 27"),
    (output("siren", 4), "13: outputs.a.pin: GPIO 4 is high from power-on until edgebox starts, a siren "
     "there would be on; take one of 9 to 27"),
    (contact(pin=3, more="pull = 'down'"),
     "14: inputs.b.pull: GPIO 3 has a fixed pull-up; want 'up', got 'down'"),
    (output(pin=1), "13: outputs.a.pin: want an integer 2..27, got 1"),
    (output(pin=28), "13: outputs.a.pin: want an integer 2..27, got 28"),
    (output(more="max_on_s = 200"), "14: outputs.a.max_on_s: 200 is over the limit for a siren, 180 s"),
    (output("buzzer", more="max_on_s = 30.5"),
     "14: outputs.a.max_on_s: 30.5 is over the limit for a buzzer, 30 s"),
    (output(more="max_on_s = 0"), "14: outputs.a.max_on_s: want a number above 0, got 0"),
    (output("horn"),
     "12: outputs.a.kind: want one of 'siren', 'strobe', 'flood', 'beacon', 'buzzer', got 'horn'"),
    (contact(more="hold_s = 6"), "14: inputs.b.hold_s: want a number 0..5, got 6"),
    (contact(more="stuck_s = 5"),
     "14: inputs.b.stuck_s: want a number above 5, at most 604800, got 5"),
    (contact(more="active = false"), "14: inputs.b.active: want one of 'low', 'high', got false"),
    ("[alarm]\nsiren_s = 181", "12: alarm.siren_s: want a number above 0, at most 180, got 181"),
    ("[alarm]\ncooldown_s = 29", "12: alarm.cooldown_s: want a number 30..3600, got 29"),
    ("[alarm]\nmax_per_hour = 13", "12: alarm.max_per_hour: want an integer 1..12, got 13"),
    ("[alarm]\ntamper = 'none'", "12: alarm.tamper: want one of 'siren', 'light', 'silent', got 'none'"),
    ("[alarm]\nlight_first_s.rule = 5",
     "12: alarm.light_first_s.rule: unknown key, did you mean 'rule_info'?"),
    ("[alarm]\n[[alarm.schedule]]\nstart = 22", "13: alarm.schedule[0].start: want a local time such as "
     "22:30:00, got 22"),
    ("[page]\nkey_file = 'a'",
     "12: page.key_file: needs cert_file too: a certificate works with its private key only"),
    ("[page]\nhost = 'https://x'", "12: page.host: want a name or address alone, such as 'mqtt.example' or "
     "'192.168.1.5'; no scheme://, no port, no user"),
    ("[commands]\nkeys = 'ward.pub'", "12: commands.keys: want a list of a path in quotes, got 'ward.pub'"),
    ("[cameras.gate.rules.r]\nkind = 'enter'\nalarm = 'silent'",
     "13: cameras.gate.rules.r.alarm: want one of 'light', 'siren', got 'silent'"),
])
def test_a_fault_is_told_in_a_technicians_words(tmp_path: Path, text: str, fault: str) -> None:
    """
    One line: the place, what was wanted, what was found, what to do.
    """
    assert [f"edge.toml:{fault}"] == faults_in(tmp_path, GOOD + text)


def test_a_title_fits_a_phone(tmp_path: Path) -> None:
    """
    At most 80 characters, counted as people do.
    """
    fits, long = (GOOD.replace("[mqtt]", f'title = "{"ổ" * count}"\n[mqtt]') for count in (80, 81))

    assert "ổ" * 80 == load(written(tmp_path, fits)).settings.box.title
    assert ["edge.toml:6: box.title: want a text in quotes of at most 80 characters (how people call it, as "
            f"on the group's page), got '{'ổ' * 57}...'"] == faults_in(tmp_path, long)


PINS = st.integers(2, 27)
OUTPUTS = st.lists(st.tuples(st.sampled_from(OutputKind), PINS, st.booleans()), max_size=4)
INPUTS = st.lists(st.tuples(st.sampled_from(InputKind), PINS), max_size=3)


@given(OUTPUTS, INPUTS)
def test_no_box_howls_at_power_on(outputs: list[tuple[OutputKind, int, bool]],
                                  inputs: list[tuple[InputKind, int]]) -> None:
    """
    What is accepted has one user a pin, no output on a pin that the board pulls up, and nothing that is seen
    or heard on a pin that is at its active level from power-on; what is refused would break one of these.
    """
    pins = [pin for _, pin, _ in outputs] + [pin for _, pin in inputs]
    sound = len(set(pins)) == len(pins) and all(
        pin > 3 and not (pin < 9 and active_high and kind is not OutputKind.BEACON)
        for kind, pin, active_high in outputs)
    root = tomllib.loads(GOOD) | {
        "outputs": {f"o{n}": {"kind": kind, "pin": pin, "active_high": active_high}
                    for n, (kind, pin, active_high) in enumerate(outputs)},
        "inputs": {f"i{n}": {"kind": kind, "pin": pin} for n, (kind, pin) in enumerate(inputs)}}

    try:
        EdgeSettings.model_validate(root)
    except pydantic.ValidationError:
        assert not sound
    else:
        assert sound


@given(st.sampled_from(OutputKind), st.floats(0.001, 4000))
def test_no_output_may_be_on_beyond_the_limit_of_its_kind(kind: OutputKind, max_on_s: float) -> None:
    """
    Every kind has a limit, and settings are at most it.
    """
    assert set(OutputKind) == set(MAX_ON_S)
    assert max(MAX_ON_S.values()) == limits.LIGHT_MAX_S
    try:
        settings = OutputSettings(kind=kind, pin=17, max_on_s=max_on_s)
    except pydantic.ValidationError:
        assert max_on_s > MAX_ON_S[kind]
    else:
        assert settings.max_on_s == max_on_s <= MAX_ON_S[kind]


def test_the_defaults_are_within_the_limits() -> None:
    """
    A box whose file says nothing of the alarm has one that is shorter and rarer than it might be.
    """
    alarm = AlarmSettings()

    assert (True, True) == (alarm.siren_s < limits.SIREN_MAX_S, alarm.light_s < limits.LIGHT_MAX_S)
    assert (True, True) == (alarm.cooldown_s > limits.PAUSE_MIN_S, alarm.max_per_hour < limits.PER_HOUR_MAX)
    assert InputSettings(kind=InputKind.PANIC, pin=5).hold_s < limits.HOLD_MAX_S


KEYS = "[commands]\nkeys = ['edge.toml']\n"       # the file itself: it is there
RIDES_IN = "[cameras.gate.rules.r]\nkind = 'enter'\n"
RULE = "[cameras.gate.rules.r]\nkind = 'enter'\nriders = true\nalarm = "


@pytest.mark.parametrize(("mqtt", "noted"), [
    ("", [f"6: {NO_ACK}"]),
    ("ack = 'ward'\nack_keys = ['edge.toml']", []),
    ("ack = 'ward'\nack_keys = ['edge.toml', 'a']", ["9: mqtt.ack_keys[1]: no such file on this machine"]),
    ("ack_keys = ['edge.toml']", [f"6: {NO_ACK}", "8: mqtt.ack_keys: has no effect: ack = 'broker'"])])
def test_what_the_brokers_word_gives_up_is_noted(tmp_path: Path, mqtt: str, noted: list[str]) -> None:
    """
    One note where a PUBACK ends the keeping of a record; where the ward signs, only a key that is not there.
    """
    path = written(tmp_path, GOOD.replace('host = "localhost"\n', f'host = "localhost"\n{mqtt}\n'))

    notes = fault_lines(notes_of(load(path).settings), read_text(path), "")

    assert [f":{note}" for note in noted] == [note for note in notes if ": mqtt." in note]


@pytest.mark.parametrize(("text", "notes"), [
    # outputs
    (KEYS + output(), []),
    (output(), ["1: commands.keys: none, so no ward can command this box; its own people can"]),
    (KEYS + output(pin=14), [
        "15: outputs.a.pin: GPIO 14 is the serial console's, which moves it while the Pi starts; take "
        "another, or make sure that the console is off"]),
    (KEYS + output(more="active_high = false"),
     ["16: outputs.a.active_high: a siren that is on at low may come on at power-on, when edgebox ends or a "
      "wire breaks; better a relay that is off at low"]),
    (KEYS + output("beacon", 4, more="active_high = false"), []),
    (KEYS + output(more="max_on_s = 59"),
     ["16: outputs.a.max_on_s: this siren falls silent before the alarm ends, alarm.siren_s = 60"]),
    # inputs
    (KEYS + output("strobe") + contact(), []),
    (contact("silent"), []),
    (contact(pin=15) + output(pin=18) + KEYS, [
        "13: inputs.b.pin: GPIO 15 is the serial console's, which moves it while the Pi starts; take "
        "another, or make sure that the console is off"]),
    (contact(pin=2), [
        "11: inputs.b: calls the ward alone: there is no siren, strobe or flood under outputs"]),
    (contact("remote") + output("buzzer") + KEYS, [
        "11: inputs.b: calls the ward alone: there is no siren, strobe or flood under outputs"]),
    (contact("key", more="hold_s = 1\nconfirm = 'hold'\nstuck_s = 9\nsecond_press_s = 1\ndebounce_s = 0.1"), [
        "14: inputs.b.hold_s: has no effect: a key input is no button",
        "15: inputs.b.confirm: has no effect: a key input is no button",
        "16: inputs.b.stuck_s: has no effect: a key input is no button",
        "17: inputs.b.second_press_s: has no effect: a key input is no button"]),
    (contact("silent", more="second_press_s = 1\nhold_s = 1"),
     ["14: inputs.b.second_press_s: has no effect: confirm = 'hold'"]),
    (contact("silent", more="second_press_s = 1\nhold_s = 1\nconfirm = 'second_press'"),
     ["15: inputs.b.hold_s: has no effect: confirm = 'second_press'"]),
    (contact("remote", more="hold_s = 1") + output("flood") + KEYS,
     ["14: inputs.b.hold_s: has no effect: a remote is held at its sender"]),
    (contact("tamper"), [
        "11: inputs.b.active: a cut cable goes unnoticed; take a contact that is closed while all is well, "
        "and active = 'high'"]),
    (contact("tamper", more="pull = 'down'\nactive = 'high'"), [
        "15: inputs.b.active: a cut cable goes unnoticed; take a contact that is closed while all is well, "
        "and active = 'low'"]),
    (contact("tamper", more="active = 'high'"), []),
    (contact("tamper", more="pull = 'none'"), []),
    # alarm and rules
    ("[alarm]\nlight_s = 59", ["12: alarm.light_s: lights alone go out sooner than those that come before a "
                               "siren, light_first_s.rule_info = 60"]),
    ("[alarm]\nlight_s = 20\nlight_first_s = { rule_info = 0, rule_warning = 20, rule_alert = 20 }", []),
    (KEYS + output("flood") + RULE + "'light'", []),
    (KEYS + output("strobe") + RULE + "'siren'", []),
    (KEYS + output("strobe") + RULE + "'light'", [
        "20: cameras.gate.rules.r.alarm: nothing here can do it: want an output of kind flood"]),
    (RULE + "'siren'", [
        "14: cameras.gate.rules.r.alarm: nothing here can do it: want an output of kind siren or strobe"]),
    ("[page]\nenabled = false\n" + output("flood") + RULE + "'light'", [
        "1: commands.keys: none, so no ward can command this box; its own people can",
        "20: cameras.gate.rules.r.alarm: has no effect: nothing arms this box; give alarm.schedule, an input "
        "of kind key, the page or commands.keys"]),
    ("[page]\nenabled = false\n" + KEYS + output("flood") + RULE + "'light'", []),
    ("[page]\nenabled = false\n" + contact("key") + RULE + "'light'", [
        "20: cameras.gate.rules.r.alarm: nothing here can do it: want an output of kind flood"]),
    ("[page]\nenabled = false\n[[alarm.schedule]]\n" + RULE + "'light'", [
        "17: cameras.gate.rules.r.alarm: nothing here can do it: want an output of kind flood"]),
    ("[page]\nenabled = false\n[[alarm.schedule]]\nstart = 22:00:00\nend = 05:00:00\n" + output("siren")
     + RULE + "'siren'\n[[cameras.gate.rules.r.schedule]]\nstart = 05:00:00\nend = 22:00:00", [
         "1: commands.keys: none, so no ward can command this box; its own people can",
         "23: cameras.gate.rules.r.alarm: has no effect: alarm.schedule alone arms this box, and never in "
         "this rule's hours"]),
    (KEYS + output("flood") + RIDES_IN + "alarm = 'light'", [
        "19: cameras.gate.rules.r.alarm: an intruder who rides in on a two-wheeler is not seen by this rule: "
        "say riders = true"]),
    (KEYS + output("flood") + RIDES_IN + "riders = true\nalarm = 'light'", []),
    (KEYS + output("flood") + RIDES_IN + "classes = ['car']\nalarm = 'light'", []),
    (RIDES_IN, []),
    # files
    ("[page]\ncert_file = 'a'\nkey_file = 'edge.toml'\n[commands]\nkeys = [\n'edge.toml',\n'b']", [
        "12: page.cert_file: no such file on this machine",
        "17: commands.keys[1]: no such file on this machine"]),
])
def test_what_is_odd_but_not_wrong_is_noted(tmp_path: Path, text: str, notes: list[str]) -> None:
    """
    What would surprise at the place, or has no effect: the config is good, and each is one line.
    """
    assert [f":{note}" for note in notes] == notes_in(tmp_path, text)
