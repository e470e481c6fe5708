"""How small and how far: the optics, what a model was measured to see, and how that is said of a camera."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.finding_words import FindingWords
from edge.commands.check import needs_of
from edge.config.camera_model import CameraSettings
from edge.config.model import ModelSettings
from edge.upkeep.doctor.reach import (
    LENSES_MM,
    PLATE_AT_M,
    PLATE_M,
    READABLE_PX,
    CameraGeometry,
    Needs,
    Watched,
    reaches,
    view_of_lens_deg,
)
from edge.upkeep.doctor.sight import sights
from models.manifest import DEFAULT_MODEL, Reliable, entry

NEEDS = Needs({"person": Reliable(whole_px=104, close_ratio=0.04, found=0.9),
               "bicycle": Reliable(whole_px=32, found=0.8),
               "motorcycle": Reliable(whole_px=52, found=0.7)}, 416)
SQUARE = CameraGeometry(1000, 1000)       # at 2.5 pictures a second, looked at in NEEDS' own square


def camera(rules: dict[str, dict[str, object]], **more: object) -> CameraSettings:
    return CameraSettings.model_validate({"source": "rtsp://192.0.2.1/x", "rules": rules, **more})


@pytest.mark.parametrize(("focal_mm", "width_px", "plate_px"), [
    (4, 1920, 27), (8, 1920, 54), (4, 3840, 54), (2.8, 1920, 19), (6, 1920, 41), (4, 640, 9)])
def test_a_plate_by_lens(focal_mm: float, width_px: int, plate_px: int) -> None:
    """
    A motorbike's plate at 10 m, by lens and width of the picture: 27 px with 1080p and 4 mm.
    """
    view = CameraGeometry(width_px, width_px * 9 // 16, view_of_lens_deg(focal_mm))

    found = view.size_px(PLATE_M, PLATE_AT_M)
    assert found is not None
    assert plate_px == round(found)


@given(st.floats(5, 170), st.floats(0.1, 3), st.floats(1, 2000))
def test_size_and_distance_are_one_law(view_deg: float, size_m: float, size_px: float) -> None:
    """
    What shows so large at its distance shows half as large at twice that; nothing is said without a lens.
    """
    view = CameraGeometry(1920, 1080, view_deg)
    far_m = view.distance_m(size_m, size_px)
    assert far_m is not None
    assert view.size_px(size_m, far_m) == pytest.approx(size_px)
    assert view.size_px(size_m, 2 * far_m) == pytest.approx(size_px / 2)
    assert (None, None) == (CameraGeometry(1, 1).distance_m(1, 1), CameraGeometry(1, 1).size_px(1, 1))


def test_what_rules_come_to() -> None:
    """
    Rules that come to the same are one line; the label that is seen worst decides, and what a rule asks for
    is the least; a class that nobody has measured has no figure.
    """
    rules = camera({
        "a": {"kind": "enter", "min_height_ratio": 0.02}, "b": {"kind": "crowd", "min_height_ratio": 0.03},
        "c": {"kind": "enter", "min_height_ratio": 0.3, "classes": ["person", "dog"]},
        "d": {"kind": "enter", "classes": ["bicycle", "motorcycle"]}}).rules

    found = reaches(Watched(rules, 2.5, SQUARE), NEEDS)

    assert [("person", 0.04, 0.25, 0.9, ("a", "b")), ("person", 0.3, 0.3, 0.9, ("c",)),
            ("two-wheeler", 0.125, 0.125, 0.7, ("d",))] == [
        (it.thing, it.close_ratio, it.whole_ratio, it.found, it.rules) for it in found]


def test_what_is_too_small_for_the_model_is_so_for_each_class_by_itself() -> None:
    """
    A rule without a size about people and motorbikes: the motorbikes' lower limit is not the people's.
    """
    rules = camera({"a": {"kind": "enter", "classes": ["person", "motorcycle"]}}).rules

    found = reaches(Watched(rules, 2.5, SQUARE), Needs(NEEDS.labels, 416, {"motorcycle": 0.05}))

    assert [("person", 0.08), ("two-wheeler", 0.125)] == [(it.thing, it.close_ratio) for it in found]


def test_a_close_look_never_asks_for_more() -> None:
    """
    Where the input is so large that the whole picture shows as much, both are that.
    """
    rules = camera({"a": {"kind": "enter", "min_height_ratio": 0}}).rules
    (found,) = reaches(Watched(rules, 2.5, SQUARE), Needs(NEEDS.labels, 4160))

    assert found.close_ratio == found.whole_ratio == pytest.approx(0.025, rel=0.01)


@pytest.mark.parametrize(("fps", "height_px"), [(5, 448), (2.5, 320), (1, 192)])
def test_a_smaller_budget_sees_less(fps: float, height_px: int) -> None:
    """
    Where much moves the whole picture comes before the model as high as the budget allows.
    """
    watched = Watched({}, fps, CameraGeometry(1920, 1080))

    assert height_px == watched.input_height_px(Needs({}, 416))


@pytest.mark.parametrize(("more", "language", "said"), [
    ({"view_deg": 67.74}, "en", [
        "person (night): 9 of 10 are told from 8% (86 px, ≤ 27 m) of the picture's height where little "
        "moves, 23% (251 px, ≤ 9.4 m) where much does",
        "truck: nobody has measured",
        "a plate of 190 mm at 10 m is 27 px wide: not readable; from 50 px it is, nearer than 5.4 m"]),
    ({"view_deg": 30}, "vi", [
        "người (night): báo được 9/10 khi cao từ 8% (86 px, ≤ 68 m) chiều cao hình lúc cảnh vắng, 23% "
        "(251 px, ≤ 24 m) lúc đông",
        "truck: chưa có số đo",
        "biển số rộng 190 mm ở cách 10 m hiện 68 px: đọc được, xa nhất 13.6 m"]),
    ({}, "en", [
        "person (night): 9 of 10 are told from 8% (86 px) of the picture's height where little moves, 23% "
        "(251 px) where much does",
        "truck: nobody has measured",
        "a plate of 190 mm at 10 m, by lens: 2.8 mm 19 px, 4 mm 27 px, 6 mm 41 px, 8 mm 54 px; readable from "
        "50 px. Give the camera's view_deg for distances"]),
])
def test_what_is_said_of_a_camera(more: dict[str, object], language: str, said: list[str]) -> None:
    """
    A line for each kind of thing, and what a plate measures; distances only where the lens is known.
    """
    gate = camera({"night": {"kind": "enter", "classes": ["person", "truck"]}}, **more)

    assert said == [FindingWords(language).found(finding) for finding in sights("gate", gate, NEEDS)]


def test_nothing_is_said_of_a_camera_without_rules() -> None:
    """
    It makes no event, however near somebody comes; another note tells that.
    """
    assert [] == list(sights("gate", camera({}), NEEDS))


def test_the_default_model_was_measured(tmp_path: Path) -> None:
    """
    People, two-wheelers and cars have figures, and the input is as high as that of a busy picture at the
    default budget.
    """
    needs = needs_of(ModelSettings(), tmp_path)

    assert {"person", "bicycle", "motorcycle", "car"} == set(needs.labels)
    assert entry(DEFAULT_MODEL).reliable == needs.labels
    assert ModelSettings().input_px == needs.input_px


def test_the_guides_table_by_lens_is_computed() -> None:
    """
    docs/rules.md says what the optics here come to.
    """
    guide = (Path(__file__).parents[4] / "docs" / "rules.md").read_text(encoding="utf-8")
    sizes = ((1.65, 0.08), (1.65, 0.12), (1.65, 0.18), (1.6, 0.09), (1.5, 0.09))
    for focal_mm in LENSES_MM:
        view = CameraGeometry(1920, 1080, view_of_lens_deg(focal_mm))
        far = " | ".join(f"{view.distance_m(size_m, ratio * 1080):.0f} m" for size_m, ratio in sizes)
        plate = f"{view.size_px(PLATE_M, PLATE_AT_M):.0f} px | {view.distance_m(PLATE_M, READABLE_PX):.1f} m"
        assert f"| {focal_mm:g} mm | {view.view_deg:.0f} | {far} | {plate} |" in guide
