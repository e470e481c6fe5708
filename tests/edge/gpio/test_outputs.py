"""Outputs over gpiozero's mock pins, every level recorded, and over its lgpio factory with lgpio faked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.gpio.outputs import OutputError, Outputs
from edge.gpio.pins import PinsError, hold, open_factory, remembered
from edge.gpio.simulated import changes, levels
from tests.edge.gpio.pins_here import Bench, board, fake_lgpio, fresh_lgpio, siren

WIRING = {"siren": siren(17), "flood": siren(22, active_high=False)}


def seen(bench: Bench, gpio: int) -> list[bool]:
    return [change.level for change in changes(bench.folder) if change.gpio == gpio]


def test_claimed_off_from_the_first_moment(bench: Bench) -> None:
    """
    At opening, no output ever has another level than off, whichever way it is wired.
    """
    with bench.pins() as pins:
        Outputs.open(WIRING, pins)

    assert [False] == seen(bench, 17)
    assert [True] == seen(bench, 22)


def test_the_record_shows_a_blip(bench: Bench) -> None:
    """
    The usual way to claim an active-low output makes it chirp, and the simulated pins show it.
    """
    with bench.pins() as pins:
        pin = pins._factory.pin(22)
        pin.function = "output"
        pin.state = True

    assert [False, True] == seen(bench, 22)


def test_levels_are_logical(bench: Bench) -> None:
    """
    On is on and off is off, active high or low; what is not named stays.
    """
    with bench.pins() as pins:
        outputs = Outputs.open(WIRING, pins)

        outputs.apply({"siren": True, "flood": True})
        outputs.apply({"siren": False})

        assert {17: False, 22: False} == levels(bench.folder)


@given(script=st.lists(st.dictionaries(st.sampled_from(["siren", "flood"]), st.booleans()), max_size=12))
@settings(max_examples=30, deadline=None)
def test_no_write_where_nothing_changes(tmp_path_factory: pytest.TempPathFactory,
                                        script: list[dict[str, bool]]) -> None:
    """
    Whatever is applied how often, a pin is written only when its output's state changes.
    """
    with fake_lgpio() as lgpio:
        outputs = Outputs.open(WIRING, board(tmp_path_factory.getbasetemp()))
        now, writes = {"siren": False, "flood": False}, 0
        lgpio.calls.clear()
        for step in script:
            outputs.apply(step)
            writes += sum(now[name] != on for name, on in step.items())
            now |= step

        assert writes == len(lgpio.calls)
        assert {17: int(now["siren"]), 22: int(not now["flood"])} == lgpio.outputs


def test_close_leaves_every_pin_off(bench: Bench) -> None:
    """
    After close each pin still carries its off level, and the record's last word is off.
    """
    with bench.pins() as pins:
        outputs = Outputs.open(WIRING, pins)
        outputs.apply({"siren": True, "flood": True})

        outputs.close()

    assert {17: False, 22: True} == levels(bench.folder)
    assert [False, True, False] == seen(bench, 17)


def test_off_goes_before_on(bench: Bench) -> None:
    """
    Where one output goes off and another on, silence comes first.
    """
    with bench.pins() as pins:
        outputs = Outputs.open({"a": siren(17), "b": siren(27)}, pins)
        outputs.apply({"a": True})
        outputs.apply({"b": True, "a": False})

    assert [(17, False), (27, True)] == [(it.gpio, it.level) for it in changes(bench.folder)[-2:]]


def test_a_pin_belongs_to_one_process(bench: Bench) -> None:
    """
    A pin that somebody holds cannot be claimed again, as on a board, and the message says what to do.
    """
    with bench.pins() as pins, bench.pins() as others:
        Outputs.open(WIRING, pins)

        with pytest.raises(PinsError, match="GPIO 17: cannot be claimed: GPIO busy; is edgebox guard"):
            Outputs.open(WIRING, others)


def test_claimed_pins_are_remembered(bench: Bench) -> None:
    """
    Which pins are driven, and their off levels, is known to later processes, whatever the config says then.
    """
    assert {} == remembered(bench.runtime_dir)
    with bench.pins() as pins:
        Outputs.open(WIRING, pins)

    assert {17: False, 22: True} == remembered(bench.runtime_dir)


def test_damaged_memory_is_no_memory(bench: Bench) -> None:
    """
    A file that is not ours does not keep the outputs from being put off.
    """
    bench.runtime_dir.mkdir(parents=True)
    for text in ("", "[1]", '{"x": 1}', "\x00"):
        (bench.runtime_dir / "outputs.json").write_text(text)

        assert {} == remembered(bench.runtime_dir)


def test_no_gpio_says_what_to_do(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without a board and without a folder there is one line that helps.
    """
    monkeypatch.delenv("EDGEBOX_PINS")
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(PinsError, match="apt install python3-lgpio; elsewhere set EDGEBOX_PINS=simulated:"):
        open_factory(bench.runtime_dir)

    monkeypatch.setenv("EDGEBOX_PINS", "mock")
    with pytest.raises(PinsError, match="want simulated:FOLDER"):
        open_factory(bench.runtime_dir)


def test_one_process_holds_the_pins(bench: Bench) -> None:
    """
    While one works the pins a second is refused and told who does; afterwards it may.
    """
    with hold(bench.runtime_dir), pytest.raises(PinsError, match=f"process {os.getpid()} works"), \
            hold(bench.runtime_dir):
        pass

    with hold(bench.runtime_dir):
        pass


# What follows runs gpiozero's real lgpio factory over a recording of lgpio: it shows in which order a board's
# lines are claimed and written, not what the kernel makes of it.


def test_lgpio_claims_at_the_off_level(tmp_path: Path) -> None:
    """
    On a board a line is claimed once, as an output, at its off level, and never as an input before.
    """
    with fake_lgpio() as lgpio:
        Outputs.open(WIRING, board(tmp_path))

        assert [("gpiochip_open", 0),
                ("gpio_claim_output", 0, 17, 0), ("gpio_write", 0, 17, 0),
                ("gpio_claim_output", 0, 22, 1), ("gpio_write", 0, 22, 1)] == lgpio.calls


def test_gpiozero_alone_would_chirp() -> None:
    """
    Why `edge.gpio.board` exists: gpiozero itself first claims an active-low output low, which is on.
    """
    with fake_lgpio() as lgpio:
        from gpiozero import OutputDevice
        from gpiozero.pins.lgpio import LGPIOFactory

        class Board(LGPIOFactory):  # type: ignore[misc]
            def _get_revision(self) -> int:
                return 0xC04170

        device = OutputDevice(22, active_high=False, pin_factory=Board(0))
        calls = lgpio.calls[1:]
        device.close()

        assert [("gpio_claim_input", 0, 22, 128), ("gpio_claim_output", 0, 22),
                ("gpio_write", 0, 22, True)] == calls


def test_lgpio_lets_go_of_no_output(tmp_path: Path) -> None:
    """
    At the end the last thing a line hears is its off level; it is not made an input by us.
    """
    with fake_lgpio() as lgpio:
        pins = board(tmp_path)
        outputs = Outputs.open(WIRING, pins)
        outputs.apply({"siren": True})
        lgpio.calls.clear()

        outputs.close()
        pins.close()

        assert [("gpio_write", 0, 17, False), ("gpio_write", 0, 22, True),
                ("gpiochip_close", 0)] == lgpio.calls


def test_a_restart_in_one_process_is_off(tmp_path: Path) -> None:
    """
    Opening again puts off what was on, although lgpio does not claim a line twice.
    """
    with fake_lgpio() as lgpio:
        pins = board(tmp_path)
        Outputs.open(WIRING, pins).apply({"siren": True, "flood": True})

        Outputs.open(WIRING, pins)

        assert {17: 0, 22: 1} == lgpio.outputs


def test_a_failing_pin_stops_no_other(tmp_path: Path) -> None:
    """
    Every output is tried, the error names output and pin, and applying again tries again.
    """
    with fake_lgpio() as lgpio:
        outputs = Outputs.open(WIRING, board(tmp_path))
        lgpio.fail = "gpio_write"
        with pytest.raises(OutputError, match=r"output 'siren': GPIO 17: cannot be driven: GPIO busy; "
                                              r"output 'flood': GPIO 22: "):
            outputs.apply({"siren": True, "flood": True})
        lgpio.fail = None

        outputs.apply({"siren": True, "flood": True})

        assert {17: 1, 22: 0} == lgpio.outputs


def test_a_line_held_by_another_program_is_told(tmp_path: Path) -> None:
    """
    A line that the kernel refuses is a fatal error with the pin in it.
    """
    with fake_lgpio() as lgpio:
        lgpio.fail = "gpio_claim_output"
        with pytest.raises(PinsError, match="GPIO 17: cannot be claimed: GPIO busy"):
            Outputs.open(WIRING, board(tmp_path))


# At its import lgpio goes to LG_WD, as its C code has it, and makes a FIFO there.
LGPIO_AT_IMPORT = """
import os, sys
from tests.edge.gpio.pins_here import FakeLgpio
os.chdir(os.environ["LG_WD"])
os.mkfifo(".lgd-nfy0")
sys.modules[__name__] = FakeLgpio()
"""


def test_lgpio_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    lgpio's FIFO goes into the runtime folder and goes again, and the process stays where it was.
    """
    library, runtime_dir = tmp_path / "library", tmp_path / "run"
    library.mkdir()
    (library / "lgpio.py").write_text(LGPIO_AT_IMPORT)
    monkeypatch.syspath_prepend(library)
    monkeypatch.delenv("EDGEBOX_PINS", raising=False)
    monkeypatch.setenv("LG_WD", "/")
    here = Path.cwd()
    with fresh_lgpio(), pytest.raises(PinsError, match="no GPIO here"):      # no board to be found
        open_factory(runtime_dir)

    assert os.environ["LG_WD"].startswith(f"{runtime_dir}/lgpio-")
    assert [] == list(runtime_dir.iterdir())
    assert here == Path.cwd()
