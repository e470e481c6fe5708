"""What was measured, and what it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State, exit_code, ordered, verdict
from edge.base.words import LANGUAGES
from edge.config.model import InputKind
from edge.health import power, rules
from edge.health.system import Space, System

MIB = 1024 * 1024
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def sysfs(root: Path, **files: str) -> System:
    """A made-up /sys; a key's __ is a slash, its Q a colon."""
    for name, text in files.items():
        path = root / "sys" / name.replace("__", "/").replace("Q", ":")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return System(root)


@pytest.mark.parametrize(("free_mib", "total_mib", "read_only", "code"), [
    (9000, 30000, False, "disk-ok"), (3000, 30000, False, "disk-short"), (800, 30000, False, "disk-full"),
    (63, 200, False, "disk-full"), (9000, 30000, True, "disk-read-only"), (0, 0, False, "disk-full")])
def test_a_disk(free_mib: int, total_mib: int, read_only: bool, code: str) -> None:
    """
    Short is told before full, full before anything is lost, and a read-only card is a dying one.
    """
    assert code == rules.disk("", Space(free_mib * MIB, total_mib * MIB, read_only)).code


def test_what_the_kernel_tells_of_a_sick_board(tmp_path: Path) -> None:
    """
    Errors of a file system, a worn card, under-voltage and heat are read from where the kernel has them.
    """
    system = sysfs(
        tmp_path, fs__ext4__mmcblk0p6__errors_count="3", fs__ext4__mmcblk0p2__errors_count="0",
        block__mmcblk0__device__life_time="0x03 0x0b", block__mmcblk1__device__life_time="0x00 0x00",
        class__hwmon__hwmon0__name="cpu_thermal", class__hwmon__hwmon1__name="rpi_volt",
        class__hwmon__hwmon1__in0_lcrit_alarm="1", class__thermal__thermal_zone0__temp="51000",
        class__thermal__thermal_zone1__temp="84200",
        devices__platform__soc__socQfirmware__get_throttled="50005")

    assert [("mmcblk0p6", State.BAD)] == [(it.name, it.state) for it in rules.ext4(system.ext4_errors())]
    assert [("mmcblk0", State.BAD)] == [(it.name, it.state) for it in rules.life(system.life_used())]
    voltage, heat = rules.board(power.read(system))
    assert "power-low" == voltage.code
    assert ("heat-hot", {"celsius": 84}) == (heat.code, heat.values)


def test_a_board_that_tells_nothing(tmp_path: Path) -> None:
    """
    No /sys of a Raspberry Pi: skipped, not guessed.
    """
    system = System(tmp_path)

    assert ({}, {}, "") == (system.ext4_errors(), system.life_used(), system.release())
    assert [State.SKIPPED, State.SKIPPED] == [it.state for it in rules.board(power.read(system))]


@pytest.mark.parametrize(("bits", "voltage", "heat"), [
    (0x00000, "power-ok", "heat-ok"), (0x10000, "power-was-low", "heat-ok"),
    (0x00001, "power-low", "heat-ok"), (0x00004, "power-ok", "heat-hot"), (0x80000, "power-ok", "heat-warm"),
    (0x50005, "power-low", "heat-hot"),
    (0x50000, "power-was-low", "heat-warm")])
def test_the_firmwares_bits(bits: int, voltage: str, heat: str) -> None:
    """
    Bit 0 is the voltage, the others heat; 16 higher is the same since the start.
    """
    assert [voltage, heat] == [it.code for it in rules.board(power.strain_of(False, bits, 45.0))]


@pytest.mark.parametrize(("begins", "ends", "code"), [
    (-10, 355, "certificate-ok"), (-243, 122, "certificate-ok"), (-245, 120, "certificate-due"),
    (-365, 0, "certificate-over"), (1, 366, "certificate-early")])
def test_a_certificate(begins: int, ends: int, code: str) -> None:
    """
    Two thirds of its life nothing is due; later a renewal has failed; it has a beginning and an end.
    """
    assert code == rules.certificate("", NOW + begins * DAY, NOW + ends * DAY, NOW).code


@pytest.mark.parametrize(("now", "synchronised", "code"), [
    (NOW, True, "clock-ok"), (NOW, False, "clock-free"),
    (datetime(1970, 1, 1, tzinfo=UTC), True, "clock-wrong")])
def test_a_clock(now: datetime, synchronised: bool, code: str) -> None:
    """
    1970 is wrong whoever keeps the time; a clock that nobody keeps may be.
    """
    assert code == rules.clock(now, synchronised, "192.0.2.1").code


@pytest.mark.parametrize(("held", "counters", "code"), [
    (0, {"watch_beats": 7}, "journal-ok"), (79, {}, "journal-ok"), (81, {}, "journal-full"),
    (0, {"lost_update": 2, "journal_lost": 1}, "journal-lost")])
def test_a_journal(held: int, counters: dict[str, int], code: str) -> None:
    """
    Filling up is told before something is lost, and losses are told for ever.
    """
    assert code == rules.journal(held, 100, 5, counters).code


@pytest.mark.parametrize(("took_s", "score", "code"), [
    (0.02, 0.95, "model-ok"), (0.02, 0.74, "model-blind"), (0.15, 0.95, "model-short"),
    (1.1, 0.95, "model-slow")])
def test_a_model(took_s: float, score: float, code: str) -> None:
    """
    It sees what it must, in time; slower than the cameras want is worth a word.
    """
    assert code == rules.inference(took_s, score, "person", 0.75, 1.0, wanted_fps=10.0).code


@given(st.lists(st.sampled_from(State)))
def test_the_worst_rules(states: list[State]) -> None:
    """
    The verdict is the worst that was found, which also stands last; nothing found is no fault.
    """
    findings = [Finding(Kind.DISK, str(index), state, "disk-ok") for index, state in enumerate(states)]

    assert exit_code(findings) == max([{"warn": 1, "bad": 2}.get(state, 0) for state in states], default=0)
    if verdict(findings) is not State.OK:
        assert verdict(findings) is ordered(findings)[-1].state


@pytest.mark.parametrize(("finding", "vietnamese", "english"), [
    (Finding(Kind.INPUT, "ups", State.OK, "input-rest", what=InputKind.MAINS), "điện lưới ups", "mains ups"),
    (Finding(Kind.INPUT, "door", State.OK, "input-rest"), "nút, công tắc door", "input door"),
    (Finding(Kind.LIGHT, "yard", State.OK, "pins-held", what="later"), "đèn, còi bíp yard", "light yard"),
    (Finding(Kind.CERTIFICATE, "", State.OK, "certificate-ok"),
     "chứng thư của hộp", "certificate of the box"),
    (Finding(Kind.CERTIFICATE, "ca", State.OK, "certificate-ok"), "chứng thư gốc của phường",
     "certificate of the ward's root")])
def test_a_thing_is_called_by_what_it_is(finding: Finding, vietnamese: str, english: str) -> None:
    """
    By its kind where that is known, a certificate by whose it is; by what was looked at otherwise.
    """
    assert [vietnamese, english] == [FindingWords(language).title(finding) for language in LANGUAGES]


def test_a_word_of_the_program_is_said_in_the_language() -> None:
    """
    What the model calls a person is one in Vietnamese as well; what nobody knows stays.
    """
    values: dict[str, object] = {"score": "0.95", "ms": 30}
    assert ["nhận ra người", "nhận ra zebra"] == [
        FindingWords("vi").found(Finding(Kind.MODEL, "", State.OK, "model-ok", {**values, "label": label}))
        .partition(" trong")[0] for label in ("person", "zebra")]


@pytest.mark.parametrize(("by_ward", "age_min", "code", "minutes"), [
    (False, 5, "acks-broker", None), (True, None, "acks-none", None), (True, -3, "acks-ok", 0),
    (True, 60, "acks-ok", 60), (True, 61, "acks-old", 61)])
def test_the_wards_acks(by_ward: bool, age_min: int | None, code: str, minutes: int | None) -> None:
    """
    By whose word records go, and how old the ward's last one is; its clock may be ahead.
    """
    newest = None if age_min is None else NOW - timedelta(minutes=age_min)
    found = rules.acks(by_ward, newest, NOW)

    assert (code, minutes) == (found.code, found.values.get("minutes"))
    assert (State.WARN if code == "acks-old" else State.OK) is found.state
