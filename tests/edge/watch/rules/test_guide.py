"""docs/rules.md keeps its word: its examples load, and do what the text beside them says."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from edge.base.limits import WISH_MAX_AGE_S
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.config.model import LightFirstSettings
from edge.contract.messages import AlarmWish, Severity
from tests.edge.watch.rules.world import Camera, at

GUIDE = (Path(__file__).resolve().parents[4] / "docs" / "rules.md").read_text(encoding="utf-8")
_ALL = re.findall(r"^```toml\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
PARTS = [block for block in _ALL if re.match(r"\[cameras\.\w+\.", block)]      # to be put below a camera
BLOCKS = [block for block in _ALL if block not in PARTS]

MIDNIGHT, NOON = datetime(2026, 1, 6, 0, 0), datetime(2026, 1, 6, 12, 0)
RUSH, SUNDAY_RUSH = datetime(2026, 1, 6, 7, 0), datetime(2026, 1, 4, 7, 0)


def example(name: str) -> Camera:
    (settings,) = (CameraSettings.model_validate(cameras[name]) for block in BLOCKS
                   if name in (cameras := tomllib.loads(block)["cameras"]))
    return Camera(settings.rules, settings.zones, settings.lines)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_every_example_loads(block: str) -> None:
    """Each TOML block is whole cameras, with at least one rule, that the config accepts."""
    for camera in tomllib.loads(block)["cameras"].values():
        assert CameraSettings.model_validate(camera).rules


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.splitlines()[0])
def test_every_part_of_a_camera_loads(part: str) -> None:
    """
    A TOML block without a camera of its own is one that a camera may have besides.
    """
    for camera in tomllib.loads(part)["cameras"].values():
        CameraSettings.model_validate({"source": "rtsp://192.168.1.20/stream1", **camera})


def test_who_guards_sees_riders() -> None:
    """An example about people that sets off an alarm, or guards at night, misses nobody who rides in."""
    rules = [rule for block in BLOCKS for camera in tomllib.loads(block)["cameras"].values()
             for rule in CameraSettings.model_validate(camera).rules.values()]

    guards = [rule for rule in rules if "person" in rule.classes and (rule.alarm or rule.schedule)]
    assert {(True, 3)} == {(all(rule.riders for rule in guards), len(guards))}


def test_every_kind_and_key_is_explained() -> None:
    """No kind goes without an example, no key of a rule without a word."""
    shown = {RuleKind(kind) for kind in re.findall(r'^kind = "(\w+)"', "".join(BLOCKS), flags=re.MULTILINE)}

    assert set(RuleKind) == shown
    assert set() == {key for key in RuleSettings.model_fields if not re.search(rf"\b{key}\b", GUIDE)}


@pytest.mark.parametrize(("local", "stays_s", "told"), [
    (MIDNIGHT, 95, ["90 begin 1"]), (MIDNIGHT, 80, []), (NOON, 95, [])])
def test_loitering(local: datetime, stays_s: float, told: list[str]) -> None:
    """A minute and a half before the gate, at night."""
    camera = example("gate")
    camera.watch(stays_s, at(1, 0.5, 0.8, height=0.3), local=local)

    assert told == camera.told


@pytest.mark.parametrize(("local", "y", "told"), [
    (RUSH, 0.7, ["300 begin 1"]), (SUNDAY_RUSH, 0.7, []), (RUSH, 0.5, [])])
def test_parking(local: datetime, y: float, told: list[str]) -> None:
    """Five minutes on the pavement in the rush; not on Sundays, not in the inside of the corner."""
    camera = example("market")
    camera.watch(310, at(1, 0.3, y, label="motorcycle"), local=local)

    assert told == camera.told


@pytest.mark.parametrize(("ys", "told"), [((0.8, 0.4), ["0 begin 1"]), ((0.4, 0.8), [])])
def test_wrong_way(ys: tuple[float, ...], told: list[str]) -> None:
    """Up the picture is the wrong way, down it is not."""
    camera = example("lane")
    for y in ys:
        camera.see(at(1, 0.5, y, label="motorcycle"))

    assert told == camera.told


def test_gathering() -> None:
    """Eight for half a minute; after dispersing, again when the ten minutes are over."""
    camera = example("square")
    eight = [at(n, n / 10, 0.7) for n in range(1, 9)]
    camera.watch(40, *eight)
    camera.watch(5, *eight[:7])
    camera.watch(600, *eight)

    assert ["30 begin 1", "42 end 1", "630 begin 1"] == camera.told


def test_thief() -> None:
    """Ten seconds at the fence at night ask for the siren; nine do not."""
    camera = example("transformer")
    assert [] == camera.watch(9, at(1, 0.5, 0.8), local=MIDNIGHT)

    (begun,) = camera.watch(2, at(1, 0.5, 0.8), local=MIDNIGHT)

    assert (AlarmWish.SIREN, Severity.ALERT) == (begun.wish, begun.severity)
    assert LightFirstSettings().rule_alert == 15
    assert WISH_MAX_AGE_S == 10


def test_intruder() -> None:
    """At once at night, not by day."""
    camera = example("yard")
    camera.watch(1, at(1, 0.5, 0.8), local=NOON)
    camera.watch(1, at(1, 0.5, 0.8), local=MIDNIGHT)

    assert ["1 begin 1"] == camera.told
