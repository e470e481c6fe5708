"""The questions about a box's cameras: one that was found by its number, any other by its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.base.words import Words
from edge.config.source import SourceKind, kind_of
from edge.onvif.discovery import FoundCamera
from edge.onvif.faults import OnvifError
from edge.upkeep.camera.screen import CATALOGUE, onvif_text, shown_address
from edge.watch.capture.address import CameraError
from provisioning.box import checks
from provisioning.box.checks import Wrong
from provisioning.box.plan import MAX_CAMERAS, Camera
from provisioning.box.prompts import Asker


@dataclass(frozen=True, slots=True)
class FoundStreams:
    """What of a camera is to be used."""

    source: str                     # for detection
    evidence: str = ""              # "": the pictures of `source` do for that, too
    onvif_port: int | None = None   # where the box may ask it for key frames


@dataclass(frozen=True, slots=True)
class CameraTools:
    """What looks at cameras from this computer."""

    trial: Callable[[Camera], str]      # the size of its picture; raises CameraError
    found: Callable[[], Sequence[FoundCamera]]
    # Of one that was found, by user and password; raises OnvifError or CameraError.
    streams: Callable[[FoundCamera, str, str], FoundStreams]


def ask_cameras(asker: Asker, before: tuple[Camera, ...], tools: CameraTools) -> tuple[Camera, ...]:
    """Ask for cameras, at least one; an empty address ends the list."""
    found = tools.found()
    _list(asker, found)
    cameras: list[Camera] = []
    while len(cameras) < MAX_CAMERAS:
        known = before[len(cameras)] if len(cameras) < len(before) else None
        camera = _camera(asker, cameras, known, before[0] if before else None, tools, found)
        if camera is None:
            break
        cameras.append(camera)
    return tuple(cameras)


def _list(asker: Asker, found: Sequence[FoundCamera]) -> None:
    if found:
        asker.say("cameras-found")
    for number, camera in enumerate(found, 1):
        about = ", ".join(dict.fromkeys(filter(None, (camera.name, camera.model)))) or "?"
        print(f"  {number}. {camera.host.host}  {about}", flush=True)


def _camera(asker: Asker, others: list[Camera], known: Camera | None, like: Camera | None, tools: CameraTools,
            found: Sequence[FoundCamera]) -> Camera | None:
    """None when there are no more."""
    default, last = known.source if known else "", bool(others)
    key = ("ask-camera-known" if default else "ask-camera-more") if last else "ask-camera"
    typed = asker.ask(key, lambda text: _address_fault(text, others, len(found)), default,
                      number=str(len(others) + 1))
    if not typed or typed == "-":
        return None
    chosen = found[int(typed) - 1] if typed.isdecimal() else None
    source, user, password = checks.taken_apart("" if chosen else typed)
    name = _name(asker, others, known)
    if chosen is not None or (kind_of(source) is SourceKind.RTSP and not user):
        user, password = _login(asker, known or like)
    camera = Camera(name, source, user, password)
    if known is not None and source == known.source:
        camera = replace(camera, evidence=known.evidence, onvif_port=known.onvif_port)
    if chosen is not None:
        asked = _asked(asker, camera, chosen, tools)
        if asked is None:
            return _camera(asker, others, known, like, tools, found)
        camera = asked
    return camera if _tried(asker, camera, tools) else _camera(asker, others, camera, like, tools, found)


def _address_fault(text: str, others: Sequence[Camera], found: int) -> Wrong | None:
    if others and text in ("", "-"):
        return None
    if text.isdecimal():
        return None if 1 <= int(text[:9]) <= found else Wrong("bad-choice")
    source = checks.taken_apart(text)[0]
    return checks.source(source) or checks.port(source, [camera.source for camera in others])


def _name(asker: Asker, others: list[Camera], known: Camera | None) -> str:
    used = {camera.name for camera in others}

    def check(text: str) -> Wrong | None:
        return checks.slug(text) or (Wrong("bad-camera-twice", {"name": text}) if text in used else None)

    return asker.ask("ask-camera-name", check,
                     known.name if known and known.name not in used else f"cam-{len(others) + 1}")


def _login(asker: Asker, like: Camera | None) -> tuple[str, str]:
    """User and password; that of `like` is the default."""
    user = asker.ask("ask-user", checks.username, like.username if like else "")
    same = like is not None and like.username == user
    password = asker.secret("ask-password", checks.password, like.password if like and same else "") \
        if user else ""
    return user, password


def _asked(asker: Asker, camera: Camera, chosen: FoundCamera, tools: CameraTools) -> Camera | None:
    """The camera with its streams; None where it does not tell them, which is said."""
    asker.say("camera-asking", name=camera.name, host=chosen.host.host)
    try:
        streams = tools.streams(chosen, camera.username, camera.password)
    except OnvifError as exc:
        print(onvif_text(exc.fault, exc.host, exc.detail, Words(asker.words.language, CATALOGUE)), flush=True)
        return None
    except CameraError as exc:
        asker.say(f"camera-dark-{exc.fault}", address=chosen.host.host)
        return None
    asker.say("camera-streams-two" if streams.evidence else "camera-streams-one",
              source=shown_address(streams.source), evidence=shown_address(streams.evidence))
    return Camera(camera.name, streams.source, camera.username, camera.password, streams.evidence,
                  streams.onvif_port)


def _tried(asker: Asker, camera: Camera, tools: CameraTools) -> bool:
    """Whether to go on with it: it gave a picture, or the technician says so."""
    if kind_of(camera.source) is not SourceKind.RTSP:
        return True                 # it hangs at the box, not at this computer
    asker.say("camera-trying", name=camera.name)
    try:
        size = tools.trial(camera)
    except CameraError as exc:
        asker.say(f"camera-dark-{exc.fault}", address=camera.source)
        return asker.agree("camera-anyway", default=True)
    asker.say("camera-seen", name=camera.name, size=size)
    return True
