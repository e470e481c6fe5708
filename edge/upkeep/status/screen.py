"""The status on one screen, and as plain facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from edge.base.finding_words import FindingWords
from edge.base.findings import State
from edge.base.words import Words, duration, local_time
from edge.config.model import OutputKind
from edge.contract.messages import CameraState, PanelPhase
from edge.upkeep.status.gather import LastReport, Status


def screen(status: Status, language: str) -> str:
    words = Words(language, "edge.upkeep.status.status")
    parts = {
        "services": _services(status, words), "ward": _ward(status, words), "alarm": _alarm(status, words),
        "outputs": _outputs(status, words), "cameras": _cameras(status, words),
        "event": _event(status, words), "lessons": _lessons(status, words),
        "upkeep": _upkeep(status, language), "doctor": _doctor(status, words)}
    width = max(len(words(key)) for key in parts)
    lines = [words("title", title=status.title, box=status.box),
             words("firmware", firmware=status.firmware, config=status.config,
                   up=duration(status.up_s, words))]
    if not status.clock_synchronised:
        lines[-1] += f", {words('clock-unsure')}"
    if not status.provisioned:
        lines.append(words("unprovisioned"))
    if status.unseen:
        lines.append(words("unseen", folders=", ".join(status.unseen)))
    for key, shown in parts.items():
        for index, line in enumerate(shown):
            lines.append(f"{words(key) if index == 0 else '':{width}}  {line}".rstrip())
    return "\n".join(lines)


def facts(status: Status, language: str) -> dict[str, object]:
    words = FindingWords(language)
    return asdict(status) | {"upkeep": [
        {"kind": it.kind.value, "name": it.name, "state": it.state.value, "code": it.code,
         "text": words.found(it)} for it in status.upkeep]}


def _services(status: Status, words: Words) -> Iterator[str]:
    for unit in status.units:
        runs = unit.since and unit.active == "active"
        about = [words("since", since=local_time(unit.since))] if runs else []
        about += [words("restarts", n=unit.restarts)] if unit.restarts else []
        about += [words.value("result", unit.result)] if unit.result else []
        about += [unit.text] if unit.text and words.language == "en" else []
        yield f"{unit.name}: {', '.join([words.value('unit', unit.active), *about])}"
    if not status.units:
        if status.guard_runs or not status.unseen:
            yield words("guard-by-lock" if status.guard_runs else "no-guard")
        yield words("no-systemd")


def _ward(status: Status, words: Words) -> Iterator[str]:
    if status.ward_up is None:
        yield words("ward-unknown")
    else:
        yield words("ward-up" if status.ward_up else "ward-down", since=local_time(status.ward_since))
    yield words("queue", records=sum(status.queue.values()), pictures=status.pictures)


def _alarm(status: Status, words: Words) -> Iterator[str]:
    if not status.alarm:
        yield words("none")
        return
    armed = "armed" if status.alarm.get("armed") else "disarmed"
    parts = [_phase(str(status.alarm.get("phase")), words),
             words(armed if status.camera_alarm else "no-camera-alarm")]
    parts += [words("mains-off").upper()] if status.alarm.get("mains") is False else []
    line = ", ".join(parts)
    yield words("alarm-unknown", last=line) if status.is_guard_dead else line
    named = FindingWords(words.language)
    yield from (f"{named.title(it)}: {named.found(it)}" for it in status.faults)


def _phase(phase: str, words: Words) -> str:
    """The word for a phase, in capitals where something is on or does not work."""
    word = words.value("panel", phase)
    return word if phase in (PanelPhase.IDLE, PanelPhase.COOLDOWN) else word.upper()


def _outputs(status: Status, words: Words) -> Iterator[str]:
    outputs = status.alarm.get("outputs")
    for name, on in outputs.items() if isinstance(outputs, dict) else ():
        kind = status.outputs.get(name, "")
        called = words(f"output-{kind}") if kind else ""        # "": the config has it no longer
        state = words(_output(kind, bool(on), status))
        yield f"{called} {name}: ".lstrip() + (state.upper() if on and not status.is_guard_dead else state)


def _output(kind: str, on: bool, status: Status) -> str:
    """What an alarm drives; a beacon tells of health besides, as long as guard is there to make it wink."""
    if status.is_guard_dead:
        return "shows-unknown"
    if on or kind != OutputKind.BEACON:
        return "on" if on else "off"
    if not status.guard_runs or status.alarm.get("phase") == PanelPhase.FAULT:
        return "shows-unknown"
    return "shows-fault" if status.faults else "shows-well"


def _cameras(status: Status, words: Words) -> Iterator[str]:
    for camera in status.cameras:
        line = _camera(camera, status.views.get(camera.name, ""), words)
        yield f"{camera.name}: {words('camera-stale', last=line) if status.is_watch_dead else line}"


def _camera(camera: LastReport, view: str, words: Words) -> str:
    state = words.value("camera", camera.state)
    detail = f" ({camera.detail})" if camera.detail and words.language == "en" else ""
    since = f", {words('since', since=local_time(camera.since))}" if camera.since else ""
    said = "" if view in ("", "confirmed") else f"; {words(f'view-{view}')}"
    return f"{state if camera.state == CameraState.OK else state.upper()}{detail}{since}{said}"


def _event(status: Status, words: Words) -> Iterator[str]:
    event = status.last_event
    if event is None:
        yield words("none")
    else:
        yield f"{local_time(event.since)}  {event.name}: {words.value('class', event.detail)}".rstrip()


def _lessons(status: Status, words: Words) -> Iterator[str]:
    """What the ward has taught not to tell, until when, and how often that kept something back."""
    for it in status.lessons:
        what = words.value("class", str(it["class"]))
        yield (f"{it['camera']}/{it['rule']}: {what}, {it['hours'] or words('all-day')}, "
               f"{words('lesson', until=local_time(str(it['until'])), issuer=it['issuer'], n=it['muted'])}")
    if not status.lessons:
        yield words("none")


def _upkeep(status: Status, language: str) -> Iterator[str]:
    words = FindingWords(language)
    for it in status.upkeep:
        if it.state is not State.SKIPPED:
            mark = "" if it.state is State.OK else f"{words.state(it.state)}: "
            yield f"{mark}{words.kind(it.kind)} {it.name}".rstrip() + f": {words.found(it)}"


def _doctor(status: Status, words: Words) -> Iterator[str]:
    shown = status.doctor
    if not shown:
        yield words("none")
        return
    found = [shown.get("bad"), shown.get("warn")]
    names = [str(name) for part in found if isinstance(part, list) for name in part]
    yield words(f"verdict-{shown['verdict']}", at=local_time(str(shown["at"])), what=", ".join(names))
