"""Where levels come from and go to: a Raspberry Pi's pins, or a folder that stands for them.

The rest of the alarm knows only `Pins` and `Pin`. Set EDGEBOX_PINS=simulated:FOLDER where there is no board:
see `edge.gpio.simulated`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from edge.base import durable
from edge.base.errors import FatalError, RetryableError

PINS_VARIABLE = "EDGEBOX_PINS"
SIMULATED = "simulated:"
Pull = Literal["up", "down", "none"]

# GPIO -> pin of the 40-pin header; the same on every Raspberry Pi that has one.
HEADER_PIN = {2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8,
              15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37,
              27: 13}

_VENDOR_PULL = {"up": "up", "down": "down", "none": "floating"}
_LOCK = "guard.lock"
_DRIVEN = "outputs.json"
_MAX_BYTES = 4096
_PINCTRL_LINE = re.compile(r"^\s*(\d+):.*\| (hi|lo) //", re.MULTILINE)


class PinsError(FatalError):
    """There are no pins here, or somebody else holds them."""


class PinError(RetryableError):
    """A claimed pin did not do what it was told."""


class Pin:
    """One claimed pin. Levels are electrical: True is 3.3 V."""

    def __init__(self, gpio: int, pin: Any, faults: tuple[type[Exception], ...]) -> None:
        self.gpio = gpio
        self._pin = pin
        self._faults = faults
        self._on_edge: Callable[[Any, Any], None] | None = None

    def level(self) -> bool:
        try:
            return bool(self._pin.state)
        except self._faults as exc:
            raise PinError(f"GPIO {self.gpio}: cannot be read: {exc}") from exc

    def drive(self, level: bool) -> None:
        try:
            self._pin.state = level
        except self._faults as exc:
            raise PinError(f"GPIO {self.gpio}: cannot be driven: {exc}") from exc

    def listen(self, on_edge: Callable[[bool], None] | None) -> None:
        """Call `on_edge` from the library's thread with every new level of an input. It must not raise."""
        # Kept here: gpiozero refers to it weakly.
        self._on_edge = None if on_edge is None else lambda _, level: on_edge(bool(level))
        try:
            self._pin.when_changed = self._on_edge
        except self._faults as exc:
            raise PinsError(f"GPIO {self.gpio}: cannot listen to it: {exc}") from exc


class Pins:
    """All pins of a box, whatever they are. Made by `open_factory`; close it last."""

    def __init__(self, factory: Any, faults: tuple[type[Exception], ...], runtime_dir: Path) -> None:
        self._factory = factory
        self._faults = faults
        self._driven = runtime_dir / _DRIVEN

    def output(self, gpio: int, level: bool) -> Pin:
        """Claim a pin as an output that has this level from its first moment.

        Raises:
            PinsError: there is no such pin, or another process holds it.
        """
        with self._claim_faults(gpio):
            pin = self._factory.pin(gpio)
            pin.output_with_state(level)
        return Pin(gpio, pin, self._faults)

    def input(self, gpio: int, pull: Pull) -> Pin:
        """Claim a pin as an input. Raises PinsError as `output`."""
        with self._claim_faults(gpio):
            pin = self._factory.pin(gpio)
            pin.input_with_pull(_VENDOR_PULL[pull])
            pin.edges = "both"
        return Pin(gpio, pin, self._faults)

    def remember(self, off_levels: Mapping[int, bool]) -> None:
        """Keep which pins are driven, and their off levels, for `remembered` of any later process."""
        levels = json.dumps({str(gpio): int(level) for gpio, level in off_levels.items()})
        try:
            durable.write(self._driven, levels.encode(), durable.PUBLIC, lasting=False)
        except OSError as exc:
            raise PinsError(f"{self._driven}: cannot be written: {exc.strerror}", os.EX_CANTCREAT) from exc

    def close(self) -> None:
        """Give all pins back. Outputs are left as they are; what comes of them is up to the kernel."""
        self._factory.close()

    @contextlib.contextmanager
    def _claim_faults(self, gpio: int) -> Iterator[None]:
        try:
            yield
        except self._faults as exc:
            raise PinsError(f"GPIO {gpio}: cannot be claimed: {exc}; is edgebox guard running, or another "
                            "program that uses this pin? `gpioinfo` shows who holds it") from exc


def open_factory(runtime_dir: Path) -> Pins:
    """The pins of this box. `runtime_dir` is made where there is none.

    Raises:
        PinsError: no GPIO here; says what to do.
    """
    try:
        runtime_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise PinsError(f"box.runtime_dir {runtime_dir}: cannot make this folder: {exc.strerror}; "
                        "name one that this user may write", os.EX_CANTCREAT) from exc
    folder = simulated_folder()
    if folder is not None:
        from edge.gpio.simulated import FAULTS, SimulatedFactory

        return Pins(SimulatedFactory(folder), FAULTS, runtime_dir)
    return _board(runtime_dir)


def simulated_folder() -> Path | None:
    """The folder that stands for pins, or None on a board.

    Raises:
        PinsError: the variable asks for something else.
    """
    wanted = os.environ.get(PINS_VARIABLE, "")
    if not wanted:
        return None
    folder = wanted.removeprefix(SIMULATED)
    if folder == wanted or not folder:
        raise PinsError(f"{PINS_VARIABLE}={wanted}: want {SIMULATED}FOLDER, or nothing on a board",
                        os.EX_USAGE)
    return Path(folder).absolute()


def remembered(runtime_dir: Path) -> dict[int, bool]:
    """Pin -> off level of all outputs that were last claimed, by whatever process; empty after a boot."""
    try:
        kept = json.loads(durable.read(runtime_dir / _DRIVEN, _MAX_BYTES,
                                       owners=durable.trusted(runtime_dir)))
        return {int(gpio): bool(level) for gpio, level in kept.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}       # no guard has run, or the file is not ours: the config alone tells


def present_levels(gpios: tuple[int, ...]) -> dict[int, bool]:
    """What these pins carry now, read without claiming any; pins that cannot be read so are left out."""
    folder = simulated_folder()
    if folder is not None:
        from edge.gpio.simulated import levels

        return {gpio: level for gpio, level in levels(folder).items() if gpio in gpios}
    if not gpios or shutil.which("pinctrl") is None:    # Raspberry Pi OS has it; reads the registers
        return {}
    try:
        seen = subprocess.run(["pinctrl", "get", ",".join(map(str, gpios))],
                              capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {int(gpio): level == "hi" for gpio, level in _PINCTRL_LINE.findall(seen.stdout)}


@contextlib.contextmanager
def hold(runtime_dir: Path) -> Iterator[None]:
    """Be the one process that works the pins. The kernel lets go of the lock when the process ends.

    Raises:
        PinsError: another process holds it; its number is told.
    """
    path = runtime_dir / _LOCK
    try:
        runtime_dir.mkdir(parents=True, exist_ok=True)
        lock = durable.open_lock(path, durable.PUBLIC)
    except OSError as exc:
        raise PinsError(f"{path}: cannot be opened: {exc.strerror}; run as guard's user",
                        os.EX_NOPERM) from exc
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise PinsError(f"process {holder} works the alarm's pins; stop it first: "
                            "systemctl stop edgebox.target", os.EX_TEMPFAIL) from None
        folder = runtime_dir.stat()
        if os.geteuid() == 0 and os.fstat(lock).st_uid != folder.st_uid:
            os.fchown(lock, folder.st_uid, folder.st_gid)   # sudo; guard must be able to open it later
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def _board(runtime_dir: Path) -> Pins:
    here = Path.cwd()
    try:
        # lgpio puts a FIFO into LG_WD at its import, goes there and stays; both its ends are open by the end
        # of the import, so that the folder can go again.
        with tempfile.TemporaryDirectory(prefix="lgpio-", dir=runtime_dir) as folder:
            os.environ["LG_WD"] = folder
            try:
                from edge.gpio.board import SteadyFactory, VendorError
            finally:
                os.chdir(here)
        from gpiozero import GPIOZeroError
    except ImportError as exc:
        raise PinsError(f"no GPIO library: {exc}; on a Raspberry Pi: apt install python3-lgpio; "
                        f"elsewhere set {PINS_VARIABLE}={SIMULATED}FOLDER") from exc
    except OSError as exc:
        raise PinsError(f"lgpio cannot be used: {exc}; it needs to write below {runtime_dir}") from exc
    faults = (GPIOZeroError, VendorError, OSError)
    try:
        return Pins(SteadyFactory(), faults, runtime_dir)
    except faults as exc:
        raise PinsError(f"no GPIO here: {exc}; on a Raspberry Pi, is this user in the group gpio? "
                        f"elsewhere set {PINS_VARIABLE}={SIMULATED}FOLDER") from exc
