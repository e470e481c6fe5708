"""What a camera can tell, as findings: from which size on, how far away, and how wide a plate is. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from edge.base.findings import Finding, Kind, State
from edge.config.camera_model import CameraSettings
from edge.upkeep.doctor.reach import (
    HEIGHT_M,
    LENSES_MM,
    PLATE_AT_M,
    PLATE_M,
    READABLE_PX,
    CameraGeometry,
    Needs,
    Watched,
    reaches,
    unmeasured,
    view_of_lens_deg,
)

ASSUMED_PX = (1920, 1080)       # of a camera that nobody has looked at


def sights(name: str, camera: CameraSettings, needs: Needs, size_px: tuple[int, int] = ASSUMED_PX,
           ) -> Iterator[Finding]:
    """What one camera can see whose picture is `size_px` (width, height); nothing where it has no rules."""
    if not camera.rules:
        return
    view = CameraGeometry(*size_px, camera.view_deg)
    for reach in reaches(Watched(camera.rules, camera.fps, view), needs):
        code = "sight-one" if reach.close_ratio == reach.whole_ratio else "sight-two"
        yield _found(name, code, {"thing": reach.thing, "rules": ", ".join(reach.rules),
                                  "tenths": round(10 * reach.found),
                                  "close": _shown(view, reach.thing, reach.close_ratio),
                                  "whole": _shown(view, reach.thing, reach.whole_ratio)})
    if labels := unmeasured(camera.rules, needs):
        yield _found(name, "sight-unmeasured", {"labels": ", ".join(labels)})
    yield _plate(name, view)


def _plate(name: str, view: CameraGeometry) -> Finding:
    values = {"mm": round(PLATE_M * 1000), "at": f"{PLATE_AT_M:g}", "least": READABLE_PX}
    px, far_m = view.size_px(PLATE_M, PLATE_AT_M), view.distance_m(PLATE_M, READABLE_PX)
    if px is None or far_m is None:
        return _found(name, "plate-by-lens", values | {"lenses": ", ".join(
            f"{focal_mm:g} mm {_of_lens(view, focal_mm):.0f} px" for focal_mm in LENSES_MM)})
    return _found(name, "plate-ok" if px >= READABLE_PX else "plate-small",
                  values | {"px": round(px), "far": f"{far_m:.1f}"})


def _of_lens(view: CameraGeometry, focal_mm: float) -> float:
    """The plate's width in pixels, with another lens."""
    with_it = CameraGeometry(view.width_px, view.height_px, view_of_lens_deg(focal_mm))
    return with_it.size_px(PLATE_M, PLATE_AT_M) or 0.0


def _shown(view: CameraGeometry, thing: str, ratio: float) -> str:
    """Such as "8% (86 px, ≤ 27 m)"; without the distance where the lens is not known."""
    distance_m = view.distance_m(HEIGHT_M[thing], ratio * view.height_px)
    far = "" if distance_m is None else f", ≤ {distance_m:.{0 if distance_m >= 10 else 1}f} m"
    return f"{100 * ratio:.0f}% ({ratio * view.height_px:.0f} px{far})"


def _found(name: str, code: str, values: dict[str, object]) -> Finding:
    return Finding(Kind.SIGHT, name, State.OK, code, values)
