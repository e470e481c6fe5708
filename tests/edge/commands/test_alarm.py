"""`edgebox alarm` as processes, as a technician and as systemd run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.trial_config import trial_config
from edge.gpio.outputs import Outputs
from edge.gpio.pins import HEADER_PIN, hold
from edge.gpio.simulated import changes, levels, press
from edge.ipc.channels import Program
from tests.brokers import until
from tests.edge.gpio.pins_here import Bench, siren

CONFIG = trial_config(run="run", more="""
[outputs.horn]
kind = "siren"
pin = 17
[outputs.yard]
kind = "flood"
pin = 22
active_high = false
[outputs.beep]
kind = "buzzer"
pin = 24
[inputs.door]
kind = "panic"
pin = 5
[inputs.ups]
kind = "mains"
pin = 16
[cameras.gate]
source = "/dev/video0"
""")
OFF = {17: False, 22: True, 24: False}


class Technician:
    """Somebody at the box's command line."""

    def __init__(self, bench: Bench, folder: Path, text: str = CONFIG) -> None:
        self.bench = bench
        self.config = folder / "edge.toml"
        self.config.write_text(text)

    @contextmanager
    def starts(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge.cli", "alarm", *args, "--config", str(self.config)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ})
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def runs(self, *args: str, typed: str = "") -> tuple[int, str, str]:
        with self.starts(*args) as process:
            out, err = process.communicate(typed, timeout=60)
            return process.returncode, out, err

    def driven(self) -> list[tuple[int, bool]]:
        return [(it.gpio, it.level) for it in changes(self.bench.folder)]


@pytest.fixture
def technician(bench: Bench, tmp_path: Path) -> Technician:
    bench.runtime_dir /= Program.GUARD
    return Technician(bench, tmp_path)


def test_lights_before_sirens_one_at_a_time(technician: Technician) -> None:
    """
    Every output goes on alone and off again, the siren last; inputs unheard of fail the test.
    """
    code, out, _ = technician.runs("test", "--yes", "--on", "0.1", "--wait", "0.1", "--lang", "en", "--json")

    assert 1 == code
    claims, turns = technician.driven()[:3], technician.driven()[3:9]
    assert [(17, False), (22, True), (24, False)] == claims
    assert [(22, False), (22, True), (24, True), (24, False), (17, True), (17, False)] == turns
    told = json.loads(out)
    assert [("yard", "driven"), ("beep", "driven"), ("horn", "driven")] == \
        [(it["name"], it["outcome"]) for it in told["outputs"]]
    assert ["no-signal", "no-signal"] == [it["outcome"] for it in told["inputs"]]
    assert OFF == {gpio: level for gpio, level in levels(technician.bench.folder).items() if gpio in OFF}


def test_all_works(technician: Technician) -> None:
    """
    Answers and presses given, the table says so for each and the exit code is 0; a buzzer confirms presses.
    """
    with technician.starts("test", "--on", "0.05", "--wait", "60", "--lang", "en") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("y\n\ny\ny\n")      # yard seen, beep seen (the default), siren, siren heard
        process.stdin.flush()
        for line in process.stdout:
            if "panic button door (GPIO 5, pin 29): press it" in line:
                press(technician.bench.folder, 6, "low")        # not configured: nothing
                press(technician.bench.folder, 5, "low")
            if "mains ups (GPIO 16, pin 36): unplug" in line:
                press(technician.bench.folder, 16, "low")
                break
        rest = process.stdout.read()
        code = process.wait(timeout=60)

    assert 0 == code
    assert 5 == rest.count("works")
    assert (24, True) == technician.driven()[-4]
    assert [(24, True), (24, False)] * 3 == [it for it in technician.driven()[1:] if it[0] == 24][1:]


def test_the_siren_is_asked_for(technician: Technician) -> None:
    """
    Without a yes the siren does not sound; a no to "did it work" is a failure.
    """
    code, out, _ = technician.runs("test", "--on", "0.05", "--wait", "0.1", typed="k\nc\n\n")

    assert 1 == code
    assert (17, True) not in technician.driven()
    assert "Còi sẽ kêu 0,05 giây. Tiếp tục? [c/K]" in out
    assert [("yard", "HỎNG"), ("beep", "TỐT"), ("horn", "bỏ qua")] == \
        [(row[0], row[-1]) for row in cells(out)[-5:-2]]


def test_no_siren(technician: Technician) -> None:
    """
    --no-siren passes over it even with --yes.
    """
    technician.runs("test", "--yes", "--no-siren", "--on", "0.05", "--wait", "0.1")

    assert (17, True) not in technician.driven()


def test_enter_skips_an_input(technician: Technician) -> None:
    """
    Enter skips the input that is waited for, and what is skipped has not failed.
    """
    code, out, _ = technician.runs("test", "--no-siren", "--on", "0.05", "--wait", "60", "--json",
                                   typed="y\ny\n\n\n")

    assert 0 == code
    assert ["skipped", "skipped"] == [it["outcome"] for it in json.loads(out)["inputs"]]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_lost_connection_leaves_all_off(technician: Technician, number: int) -> None:
    """
    A test that is ended while the siren sounds puts it off.
    """
    with technician.starts("test", "--yes", "--on", "10") as process:
        until(lambda: levels(technician.bench.folder).get(22) is False, "the flood light is on")
        process.send_signal(number)
        process.wait(timeout=60)

    assert levels(technician.bench.folder) == OFF
    assert process.returncode == 128 + number


def test_refused_while_guard_works_the_pins(technician: Technician) -> None:
    """
    While guard holds the pins no output is touched, and the message says how to stop it.
    """
    with hold(technician.bench.runtime_dir):
        code, _, err = technician.runs("test", "--yes")

    assert os.EX_TEMPFAIL == code
    assert (f"process {os.getpid()} works the alarm's pins; stop it first: "
            "systemctl stop edgebox.target") in err
    assert [] == technician.driven()


def test_off_after_a_kill(technician: Technician) -> None:
    """
    What a killed process left on is off after `off`, twice as once, and it says so.
    """
    with technician.starts("test", "--yes", "--on", "10") as process:
        until(lambda: levels(technician.bench.folder).get(22) is False, "the flood light is on")
        process.kill()
        process.wait()
    assert levels(technician.bench.folder)[22] is False

    for _ in range(2):
        assert (0, "outputs off: GPIO17 GPIO22 GPIO24\n", "") == technician.runs("off")
        assert levels(technician.bench.folder) == OFF


def test_off_knows_the_wiring_that_was(technician: Technician) -> None:
    """
    A siren on a pin that the config no longer names goes off, also when the config cannot be read at all.
    """
    bench = technician.bench
    with bench.pins() as pins:
        Outputs.open({"old": siren(27)}, pins).apply({"old": True})
    assert 0 == technician.runs("off")[0]
    assert levels(bench.folder)[27] is False

    with bench.pins() as pins:
        Outputs.open({"old": siren(27)}, pins).apply({"old": True})
    technician.config.write_text(CONFIG.replace('"127.0.0.1"', "no such host") + "[outputs.x]\npin = []\n")
    code, _, err = technician.runs("off")
    assert os.EX_CONFIG == code
    assert "only what guard last drove was put off" in err


def test_off_judges_nothing(technician: Technician) -> None:
    """
    Faults elsewhere in the config, and of other outputs, keep no siren on.
    """
    technician.config.write_text(CONFIG.replace('kind = "flood"', 'kind = "flod"').replace("[mqtt]", "[mqt]")
                                 + '[outputs.x]\npin = "17"\n[outputs.y]\npin = []\n')
    with technician.bench.pins() as pins:
        Outputs.open({"horn": siren(17)}, pins).apply({"horn": True})

    assert 0 == technician.runs("off")[0]
    assert levels(technician.bench.folder) == OFF


def test_off_tells_what_it_could_not(technician: Technician) -> None:
    """
    A pin that a living process holds is named, the others are off all the same.
    """
    with technician.bench.pins() as pins:
        Outputs.open({"horn": siren(17)}, pins).apply({"horn": True})
        code, _, err = technician.runs("off")

    assert os.EX_UNAVAILABLE == code
    assert "GPIO 17: cannot be claimed: GPIO busy" in err
    assert {22: True, 24: False, 17: True} == levels(technician.bench.folder)


def test_off_without_outputs(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A box without outputs needs no GPIO to be off.
    """
    monkeypatch.delenv("EDGEBOX_PINS")
    lines = Technician(bench, tmp_path, CONFIG[:CONFIG.index("[outputs")] + CONFIG[CONFIG.index("[inputs"):])

    assert (0, "", "") == lines.runs("off")


def test_off_imports_little(technician: Technician) -> None:
    """
    `off` imports neither the config's model nor anything that numbers or networks need, so that it is quick.
    """
    code = ("import sys; from edge.cli import main; rc = main(['alarm', 'off', '--config', sys.argv[1]]); "
            "print(rc, sorted({'pydantic', 'numpy', 'paho', 'cryptography'} & set(sys.modules)))")
    told = subprocess.run([sys.executable, "-c", code, str(technician.config)],
                          capture_output=True, text=True, check=True, timeout=60)

    assert "0 []" == told.stdout.splitlines()[-1]


def test_show(technician: Technician) -> None:
    """
    Pins, wiring and present levels in both languages, while another process holds the pins.
    """
    with technician.bench.pins() as pins:
        Outputs.open({"horn": siren(17)}, pins).apply({"horn": True})
        press(technician.bench.folder, 5, "low")
        code, vi, _ = technician.runs("show")
        _, en, _ = technician.runs("show", "--lang", "en")
        _, facts, _ = technician.runs("show", "--json")

    assert 0 == code
    assert ["horn", "còi hú", "17", "11", "bật ở mức cao", "cao = bật"] == cells(vi)[1]
    assert ["horn", "siren", "17", "11", "on when high", "high = on"] == cells(en)[1]
    assert ["yard", "flood light", "22", "15", "on when low", "unknown"] == cells(en)[2]
    assert ["door", "panic button", "5", "29", "pull-up, active when low", "low = active"] == cells(en)[4]
    assert {"kind": "siren", "gpio": 17, "header_pin": 11, "level": 1, "active": True} == \
        json.loads(facts)["outputs"]["horn"]


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.splitlines()]


def test_nothing_configured(bench: Bench, tmp_path: Path) -> None:
    """
    A config without outputs and inputs is told, not crashed on.
    """
    lines = Technician(bench, tmp_path, CONFIG[:CONFIG.index("[outputs")] + CONFIG[CONFIG.index("[cameras"):])

    for action in ("show", "test"):
        assert (0, "The config has neither outputs nor inputs.\n", "") == lines.runs(action, "--lang", "en")


def test_header_numbers_are_gpiozeros() -> None:
    """
    The header's numbers are those that gpiozero knows for Pi 4 and Pi 5, which have the same.
    """
    from gpiozero.pins.data import PI4_J8, PI5_J8

    for _, _, pins in (PI4_J8, PI5_J8):
        theirs = {int(functions["gpio"][4:]): number for number, functions in pins.items()
                  if "gpio" in functions}
        assert {gpio: pin for gpio, pin in theirs.items() if gpio >= 2} == HEADER_PIN
