"""The commands of `./run`. Standard library only; the work itself runs in the virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev.environment import ensure_packages, ensure_venv, say

USAGE = """\
usage: ./run COMMAND [...]

  demo [--once]            two cameras on real footage, a detector, a broker, the ward and its page
  box [MY.TOML]            all programs of a box on this machine, with simulated pins and one log
  test [PYTEST ARGS]       all tests; --shared DIR adds those that need the evaluation data
  test --quick             those that start and serve nothing and are not slow: under 90 s
  test system              as root: a box's own systemd, from power-on to events at a real ward
  test image | gpio        as root: the arm64 image boots in QEMU; a siren on the kernel's own GPIO
  test walls               as root: a program that was taken over does its worst; under five minutes
  test losses              as root: calls and events through a storm of faults; eight minutes
  test camera              as root: the real picamera2 on virtual cameras, and watch on it; two minutes
  image [--arch ARCH]      as root: the image of a card, from the commit; docs/image.md
  check                    ruff, mypy --strict, the import rules, no long file
  docs                     the API reference from the docstrings, in build/reference
  bench [NAME...] [--json] figures beside their references; --shared DIR names the evaluation data
  edgebox ...              the box's tool, e.g. ./run edgebox replay street.mp4 --json
  edgebox-ward ...         the ward's tool, e.g. ./run edgebox-ward page --data ward-data
  edgebox-provision ...    the technician's tool, e.g. ./run edgebox-provision ward init phuong-5
  lock                     renew requirements/*.lock from requirements/*.in

  setup COMMAND...         only what the command does before its work, such as ./run setup test gpio

Each sets itself up on first use: .venv and .cache here, Debian packages, which it names. COMMAND --help says
more."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a command needs before its work, besides its Debian packages (dev/needs.py)."""

    lock: str = "dev"           # of requirements/
    as_root: bool = False
    model: bool = False
    footage: bool = False


SETUPS = {
    "demo": Setup("edgebox", model=True, footage=True),
    "box": Setup("edgebox", model=True, footage=True),
    "check": Setup(),
    "docs": Setup(),
    "bench": Setup(model=True),
    "image": Setup(as_root=True, model=True),
    "test": Setup(model=True, footage=True),
    "test --quick": Setup(),                    # starts no program, and plays nothing
    "test walls": Setup(as_root=True, model=True),
    "test losses": Setup(as_root=True),
    "test camera": Setup(as_root=True, model=True, footage=True),
    "test system": Setup(as_root=True, model=True, footage=True),
    "test image": Setup(as_root=True, model=True, footage=True),
    "test gpio": Setup(as_root=True, model=True, footage=True),
}


def main(root: Path, argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    name, rest = argv[0], argv[1:]
    if name not in COMMANDS:
        print(f"run: no command {name!r}\n\n{USAGE}", file=sys.stderr)
        return os.EX_USAGE
    try:
        return COMMANDS[name](root, rest)
    except KeyboardInterrupt:
        return 130


def _environment(root: Path) -> dict[str, str]:
    """What our tools need to be found and to find their models, wherever one stands.

    Compiled code is kept in .cache, also for who wants none beside the sources: to compile all tests, with
    their assertions rewritten, costs each of pytest's processes 15 s.
    """
    found = os.environ.get("PYTHONPATH")
    ours = {"PYTHONPATH": str(root) + (os.pathsep + found if found else ""),
            "PYTHONPYCACHEPREFIX": str(root / ".cache" / "compiled"),
            "EDGEBOX_MODELS": os.environ.get("EDGEBOX_MODELS") or str(root / ".cache" / "models")}
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ours


def _python(root: Path, lock: str, *arguments: str) -> int:
    python = ensure_venv(root, lock)
    return subprocess.run([str(python), *arguments], env=_environment(root), check=False).returncode


def _replace(root: Path, lock: str, *arguments: str) -> int:
    """Become the program, so that signals and exit codes are its own."""
    python = ensure_venv(root, lock)
    sys.stdout.flush()
    os.execve(python, [str(python), *arguments], _environment(root))  # noqa: S606


def _fetch_model(root: Path) -> int:
    """The default model, where it is not yet; quiet and offline when it is."""
    return _python(root, "edgebox", "-m", "edge.cli", "models", "fetch", "--quiet-if-there")


def _fetch_footage(root: Path) -> int:
    """The demo's clips, which the end-to-end tests play as well; as quiet."""
    return _python(root, "edgebox", "-m", "dev.footage", str(root / ".cache" / "footage"))


def _set_up(root: Path, command: str) -> int:
    """Install whatever is missing; quiet, quick and offline when nothing is. Returns an exit code."""
    wanted = SETUPS[command]
    if wanted.as_root and os.geteuid():         # before anything is installed
        sys.exit(f"run: {command} mounts and makes device nodes: sudo ./run {command}")
    ensure_venv(root, wanted.lock)
    ensure_packages(command)
    return (_fetch_model(root) if wanted.model else 0) or (_fetch_footage(root) if wanted.footage else 0)


def setup(root: Path, rest: list[str]) -> int:
    command = " ".join(rest)
    if command not in SETUPS:
        sys.exit(f"run: setup {command or '(nothing)'}: there are: {', '.join(SETUPS)}")
    return _set_up(root, command)


def demo(root: Path, rest: list[str]) -> int:
    return _replace(root, "edgebox", "-m", "dev.demo", *rest)


def box(root: Path, rest: list[str]) -> int:
    return _replace(root, "edgebox", "-m", "dev.box", *rest)


# Of `./run test NAME`: its folder in tests/system, which plain pytest passes over.
SUITES = {"system": "box", "image": "image", "gpio": "gpio"}


def test(root: Path, rest: list[str]) -> int:
    if rest[:1] and rest[0] in SUITES:
        return _test_suite(root, *rest)
    if rest[:1] == ["walls"]:
        return _test_walls(root, *rest[1:])
    if rest[:1] == ["losses"]:
        return _test_losses(root, *rest[1:])
    if rest[:1] == ["camera"]:
        return _test_camera(root, *rest[1:])
    failed = _set_up(root, "test --quick" if "--quick" in rest else "test")
    if failed:
        return failed
    rest = _take_shared(rest)
    # Most tests wait for processes, so three keep two cores busy; who is done takes of the others' queues.
    given = any(arg.startswith(("-n", "--pdb")) for arg in rest)
    spread = [] if given else ["-n", "3", "--dist", "worksteal"]
    os.chdir(root)
    return _replace(root, "dev", "-m", "pytest", *spread, *rest)


def _test_suite(root: Path, name: str, *rest: str) -> int:
    """Tests that need root, and minutes. Their files are named: pytest finds none of them by itself."""
    failed = _set_up(root, f"test {name}")
    if failed:
        return failed
    os.chdir(root)
    files = sorted(str(path) for path in Path("tests/system", SUITES[name]).glob("boots*.py"))
    return _replace(root, "dev", "-m", "pytest", "-n", "0", "-s", "--timeout=3600", *files, *rest)


def _test_walls(root: Path, *rest: str) -> int:
    """Every attack of tests/walls; `./run test` has a selection of them."""
    failed = _set_up(root, "test walls")
    if failed:
        return failed
    os.environ["EDGEBOX_WALLS"] = "all"
    os.chdir(root)
    return _replace(root, "dev", "-m", "pytest", "-n", "0", "-s", "tests/walls", *rest)


def _test_losses(root: Path, *rest: str) -> int:
    """Minutes, and a broker on a machine of QEMU; plain pytest does not find it."""
    failed = _set_up(root, "test losses")
    if failed:
        return failed
    os.chdir(root)
    return _replace(root, "dev", "-m", "pytest", "-n", "0", "-s", "--timeout=600", "tests/losses/storm.py",
                    *rest)


def _test_camera(root: Path, *rest: str) -> int:
    """In a root of Debian's, which is made on first use; 75 where it cannot be made here and now."""
    return _set_up(root, "test camera") or _replace(root, "dev", "-m", "dev.camera", *rest)


def _take_shared(rest: list[str]) -> list[str]:
    """Hand `--shared DIR` on through the environment: pytest reads paths before it knows our options."""
    arguments = iter(rest)
    kept = []
    for argument in arguments:
        if argument == "--shared" or argument.startswith("--shared="):
            folder = argument.partition("=")[2] or next(arguments, "")
            if not Path(folder).is_dir():
                sys.exit(f"run: --shared {folder!r}: no such folder; name the one with data/ and tools/")
            os.environ["EDGEBOX_SHARED"] = str(Path(folder).resolve())
        else:
            kept.append(argument)
    return kept


def check(root: Path, rest: list[str]) -> int:
    os.chdir(root)
    steps = (["-m", "ruff", "check", "."], ["-m", "mypy"],
             ["-m", "pytest", "-q", "tests/test_imports.py", "tests/test_tree.py"])
    for step in steps:
        say(" ".join(step[1:]))
        failed = _python(root, "dev", *step)
        if failed:
            return failed
    return 0


def docs(root: Path, rest: list[str]) -> int:
    return _replace(root, "dev", "-m", "dev.reference", *rest)


def bench(root: Path, rest: list[str]) -> int:
    failed = 0 if {"-h", "--help"} & set(rest) else _set_up(root, "bench")
    if failed:
        return failed
    rest = _take_shared(rest)
    os.chdir(root)
    return _replace(root, "dev", "-m", "bench", *rest)


def edgebox(root: Path, rest: list[str]) -> int:
    if rest[:1] and rest[0] in ("replay", "detect", "watch") and not {"-h", "--help"} & set(rest):
        failed = _fetch_model(root)
        if failed:
            return failed
    return _replace(root, "edgebox", "-m", "edge.cli", *rest)


def edgebox_ward(root: Path, rest: list[str]) -> int:
    return _replace(root, "edgebox", "-m", "ward.cli", *rest)


def edgebox_provision(root: Path, rest: list[str]) -> int:
    return _replace(root, "edgebox", "-m", "provisioning.cli", *rest)


def image(root: Path, rest: list[str]) -> int:
    failed = 0 if {"-h", "--help"} & set(rest) else _set_up(root, "image")
    return failed or _replace(root, "dev", "-m", "dev.image", *rest)


def lock(root: Path, rest: list[str]) -> int:
    """Renew the locks with uv, since pip-compile cannot resolve for several Python versions at once."""
    os.chdir(root / "requirements")
    for name in ("box", "edgebox", "dev", "peers", "camera"):
        alone = ["--no-deps"] if name == "camera" else []       # what it names in turn is Debian's
        failed = _python(root, "dev", "-m", "uv", "pip", "compile", "--quiet", "--universal",
                         "--fork-strategy", "fewest", "--python-version", "3.11", "--generate-hashes",
                         "--no-annotate", "--custom-compile-command", "./run lock", *alone, *rest,
                         f"{name}.in", "-o", f"{name}.lock")
        if failed:
            return failed
    return 0


COMMANDS: dict[str, Callable[[Path, list[str]], int]] = {
    "demo": demo, "box": box, "test": test, "check": check, "docs": docs, "image": image, "bench": bench,
    "edgebox": edgebox, "edgebox-ward": edgebox_ward, "edgebox-provision": edgebox_provision, "lock": lock,
    "setup": setup,
}
