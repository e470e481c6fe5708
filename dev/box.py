"""`./run box [MY.TOML]`: all programs of a box on this machine, with simulated pins and one log.

Without a config it is the demo's box: two cameras on recordings, and a broker that is not there, so that the
journal keeps what it owes. Ctrl-C ends all, the siren's program last.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path

from dev.demo_box import (
    CACHE,
    PROGRAMS,
    alone,
    free_port,
    invite,
    make_ack_key,
    make_command_key,
    write_config,
)
from dev.footage import fetch_footage
from dev.house import House
from dev.troupe import Troupe
from edge.base.errors import EdgeError
from edge.bundle.roster_opening import open_roster
from edge.config.load import load
from edge.config.model import EdgeSettings
from edge.gpio.pins import PINS_VARIABLE, SIMULATED
from edge.members.address import page_address
from ward.command.keys import public_path

_COLOURS = (36, 33, 35, 32, 34)         # of ANSI: those that are read on black as on white


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run box", description=__doc__)
    parser.add_argument("config", type=Path, nargs="?", metavar="MY.TOML",
                        help="a box's config; its box.state_dir and runtime_dir must be yours to write")
    parser.add_argument("--keep", type=Path, default=CACHE / "box", metavar="DIR",
                        help="where logs and pins lie, and without a config the state (default: .cache/box)")
    parser.add_argument("--no-color", action="store_true", help="as the environment's NO_COLOR")
    args = parser.parse_args()
    folder = args.keep.resolve()
    in_colour = not args.no_color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    try:
        with alone(folder, "box"):
            config = args.config.resolve() if args.config else _demo_config(folder)
            return _run(folder, config, load(config).settings, in_colour)
    except EdgeError as exc:
        print(f"box: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        print("\nbox: stopped", flush=True)
        return 0


def _run(folder: Path, config: Path, settings: EdgeSettings, in_colour: bool) -> int:
    """Run the box until Ctrl-C; returns 1 where a program ends by itself."""
    _refuse_foreign(settings)
    pins = folder / "pins"
    prefix = prefixes((*PROGRAMS, "pins"), in_colour)
    house = House(pins, settings, lambda text: print(prefix["pins"] + text, flush=True))
    with Troupe(folder, "box") as troupe:
        for line in _introduction(folder, config, settings, house.explained()):
            print(f"box: {line}", flush=True)
        house.start()
        try:
            started = [troupe.start(name, ["edge.cli", name, "--config", str(config)], errors_too=True,
                                    on_line=_teller(prefix[name]),
                                    environment={PINS_VARIABLE: f"{SIMULATED}{pins}"}) for name in PROGRAMS]
            troupe.wait_for(lambda: any(process.poll() is not None for process in started))
        finally:
            house.stop()
    print("box: a program ended by itself, so all did", flush=True)
    return 1


def prefixes(names: tuple[str, ...], in_colour: bool) -> Mapping[str, str]:
    """What stands before each line of a program: its name, as wide as the longest, in a colour of its own."""
    width = max(map(len, names))
    return {name: f"\x1b[{colour}m{name:{width}} |\x1b[0m " if in_colour else f"{name:{width}} | "
            for name, colour in zip(names, cycle(_COLOURS), strict=False)}


def _teller(prefix: str) -> Callable[[str], None]:
    return lambda line: print(prefix + line, flush=True)


def _introduction(folder: Path, config: Path, settings: EdgeSettings, keys: str) -> list[str]:
    return [
        f"config {config}, state {settings.box.state_dir}, logs {folder}",
        f"page   {_page(config, settings)}",
        f"pins   {folder / 'pins'}; edge/gpio/simulated.py says how a program presses and reads them",
        *([f"keys   {keys}"] if keys else []),
        "Ctrl-C ends it",
    ]


def _page(config: Path, settings: EdgeSettings) -> str:
    if not settings.page.enabled:
        return "none: page.enabled is false"
    address = page_address(settings) if _has_members(settings) else invite(config, "box")
    return f"{address} (its certificate is its own, so a browser warns once)"


def _has_members(settings: EdgeSettings) -> bool:
    roster = open_roster(settings)
    try:
        return bool(roster.members())
    finally:
        roster.close()


def _refuse_foreign(settings: EdgeSettings) -> None:
    """A box's own folders are root's on a laptop. Raises SystemExit."""
    for name in ("state_dir", "runtime_dir"):
        folder: Path = getattr(settings.box, name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise SystemExit(f"box: box.{name} = {folder}: {exc.strerror}; name a folder of yours") from exc


def _demo_config(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "edge.cli", "models", "fetch", "--quiet-if-there"], check=True)
    (key, _), (_, ack_key) = make_command_key(folder), make_ack_key(folder)
    return write_config(folder, {
        **fetch_footage(CACHE / "footage"), "port": free_port(), "at_end": "loop", "group_host": "127.0.0.1",
        "group_port": free_port(8443), "command_key": public_path(key),
        "ack_key": ack_key})


if __name__ == "__main__":
    sys.exit(main())
