"""What a camera was found to be, as text and as plain facts. Pure: no secret is in any of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State, ordered
from edge.base.redact import redact
from edge.base.words import Words
from edge.onvif.discovery import FoundCamera
from edge.onvif.faults import OnvifFault
from edge.upkeep.camera.probing import ProbedStream, ProbeReport
from edge.upkeep.camera.wise import care_findings, codec_name, stream_findings
from edge.watch.capture.address import CameraError, CameraFault

CATALOGUE = "edge.upkeep.camera.camera"
_COLUMNS = ("stream", "codec", "size", "rate", "keys", "bitrate", "p-of-i", "turned", "use")


def onvif_text(fault: OnvifFault, host: str, detail: str, words: Words) -> str:
    """What is wrong between us and the camera, and what to do about it."""
    return words(f"onvif-{fault}", host=host, detail=detail or "-")


def camera_text(error: CameraError, host: str, language: str) -> str:
    """Why there is no picture, and what to do about it, as the self-test says it."""
    words, found = FindingWords(language), unseen(host, error)
    return f"{host}: " + "; ".join(filter(None, (words.found(found), words.remedy(found))))


def unseen(name: str, error: CameraError) -> Finding:
    """A camera or stream `name` that gives no picture."""
    code = "camera-bad" if error.fault is CameraFault.OTHER else f"camera-bad-{error.fault}"
    return Finding(Kind.CAMERA, name, State.BAD, code, {"error": error.found})


def findings(report: ProbeReport) -> list[Finding]:
    """What is to be said of the streams that are used, of the clock and of the password."""
    found = list[Finding]()
    for index, stream in enumerate(report.streams):
        used = index in (report.choice.detection, report.choice.evidence)
        if used and stream.measure is not None:
            found += stream_findings(_called(stream, index), stream.measure, index == report.choice.detection)
    return ordered([*found, *care_findings(report.target.name, report.care)])


def report_text(report: ProbeReport, language: str) -> str:
    """A table of the streams, which is for what and why, what is to be set, and lines for the config."""
    words, finding_words = Words(language, CATALOGUE), FindingWords(language)
    lines = [*_head(report, words), "", *_table(report, words), "", *_choice(report, words)]
    for finding in findings(report):
        lines.append(f"{finding_words.state(finding.state)}  {finding_words.title(finding)}: "
                     f"{finding_words.found(finding)}")
        if remedy := finding_words.remedy(finding):
            lines.append("    " + words("do", text=remedy))
    if snippet := snippet_of(report, words):
        lines += ["", words("snippet"), "", snippet]
    return "\n".join(lines)


def _head(report: ProbeReport, words: Words) -> Iterator[str]:
    identity = report.identity
    known = " ".join(filter(None, (identity.maker, identity.model, identity.firmware))) if identity else ""
    yield words("head", host=report.target.host, known=known or "-")
    if report.onvif_fault is not None:
        yield words("head-no-onvif", why=onvif_text(report.onvif_fault, report.target.host, "", words))
    else:
        yield words("head-onvif", host=report.onvif_host)


def _table(report: ProbeReport, words: Words) -> Iterator[str]:
    rows = [[words(f"column-{name}") for name in _COLUMNS]]
    rows += [_row(report, index, words) for index in range(len(report.streams))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for index, stream in enumerate(report.streams):
        yield f"  {index + 1}: {shown_address(stream.address)}"
        if stream.error is not None:
            error = FindingWords(words.language).found(unseen("", stream.error))
            yield "     " + words("unread", error=error)


def _row(report: ProbeReport, index: int, words: Words) -> list[str]:
    stream, measure = report.streams[index], report.streams[index].measure
    form = stream.form
    size = f"{form.width}x{form.height}" if form.pixels else "-"
    use = words("use-detection") if index == report.choice.detection else ""
    use = words("use-evidence") if index == report.choice.evidence else use
    if measure is None:
        encoder = stream.profile.encoder if stream.profile else None
        rate = f"{encoder.fps:g}/s?" if encoder and encoder.fps else "-"
        return [_called(stream, index), codec_name(form.codec) or "-", size, rate, "-", "-", "-", "-", use]
    return [_called(stream, index), codec_name(form.codec), size,
            "-" if measure.fps is None else f"{measure.fps:.1f}/s",
            f">{measure.seconds:.0f} s" if measure.key_interval_s is None
            else f"{measure.key_interval_s:.1f} s",
            "-" if measure.kbps is None else f"{measure.kbps:.0f} kbit/s",
            "-" if measure.p_of_i is None else f"{100 * measure.p_of_i:.0f} %",
            f"{_turned(stream)}°", use]


def _turned(stream: ProbedStream) -> int:
    """By the pictures themselves, or by the lens's setting: cameras that turn them do one or the other."""
    measured = stream.measure.turned_deg if stream.measure else 0
    return measured or (stream.profile.rotation_deg if stream.profile else 0)


def _called(stream: ProbedStream, index: int) -> str:
    return f"{index + 1} {stream.name}".rstrip()


def _choice(report: ProbeReport, words: Words) -> Iterator[str]:
    choice = report.choice
    if choice.detection is None:
        yield words("choice-none")
        return
    yield words("for-detection", stream=_called(report.streams[choice.detection], choice.detection),
                why=words(f"reason-{choice.why_detection}"))
    if choice.evidence is None:
        yield words("for-evidence-same", why=words(f"reason-{choice.why_evidence}"))
    else:
        yield words("for-evidence", stream=_called(report.streams[choice.evidence], choice.evidence),
                    why=words(f"reason-{choice.why_evidence}"))


def snippet_of(report: ProbeReport, words: Words) -> str:
    """Lines of edge.toml; "" where there is nothing to watch."""
    choice, target = report.choice, report.target
    if choice.detection is None:
        return ""
    lines = [f"[cameras.{target.name}]", f"source = {json.dumps(report.streams[choice.detection].address)}"]
    if choice.evidence is not None:
        lines.append(f"evidence = {json.dumps(report.streams[choice.evidence].address)}")
    if report.onvif_port is not None:
        lines.append(f"onvif_port = {report.onvif_port}")
    if target.user:
        lines += [f"username = {json.dumps(target.user, ensure_ascii=False)}",
                  f'password_file = "secrets/{target.name}"      # {words("snippet-password")}']
    return "\n".join(lines)


def shown_address(address: str) -> str:
    """For people and logs: without a query and without a password in the path."""
    return redact(address)


def report_facts(report: ProbeReport, language: str) -> dict[str, object]:
    """What --json prints. Addresses are whole: they are to be used."""
    words, choice = FindingWords(language), report.choice
    return {
        "camera": report.target.name, "host": report.target.host,
        "identity": _slots(report.identity) if report.identity else None,
        "onvif": report.onvif_host or None,
        "onvif_fault": report.onvif_fault.value if report.onvif_fault else None,
        "clock_ahead_s": report.care.clock_ahead_s,
        "streams": [_stream_facts(stream) for stream in report.streams],
        "detection": choice.detection, "why_detection": choice.why_detection.value,
        "evidence": choice.evidence, "why_evidence": choice.why_evidence.value,
        "checks": [{"name": it.name, "state": it.state.value, "code": it.code, "text": words.found(it),
                    "do": words.remedy(it)} for it in findings(report)]}


def _stream_facts(stream: ProbedStream) -> dict[str, object]:
    encoder = stream.profile.encoder if stream.profile else None
    told = {name: value for name, value in _slots(encoder).items() if name != "raw"} if encoder else None
    return {"source": stream.address, "name": stream.name, "told": told,
            "measured": _slots(stream.measure) if stream.measure else None,
            "error": stream.error.reason if stream.error else None,
            "rotation_deg": _turned(stream)}


def _slots(value: object) -> dict[str, object]:
    """A dataclass as it is, not copied: `raw` of an encoder is a tree."""
    return {name: getattr(value, name) for name in type(value).__slots__}      # type: ignore[attr-defined]


def found_text(found: Sequence[FoundCamera], known: dict[str, str], language: str) -> str:
    """Cameras that answered, numbered. `known`: names of the config's cameras by their host."""
    words = Words(language, CATALOGUE)
    if not found:
        return words("found-none")
    lines = []
    for number, camera in enumerate(found, 1):
        about = ", ".join(dict.fromkeys(filter(None, (camera.name, camera.model)))) or "?"
        line = words("found-line", number=number, host=str(camera.host), about=about)
        if name := known.get(camera.host.host):
            line += " " + words("found-known", name=name)
        if camera.misnamed:
            line += " " + words("found-misnamed", host=camera.misnamed)
        lines.append(line)
    return "\n".join([*lines, "", words("found-next", host=str(found[0].host))])


def found_facts(found: Sequence[FoundCamera], known: dict[str, str]) -> list[dict[str, object]]:
    """What --json prints of them."""
    return [{"host": it.host.host, "port": it.host.port, "tls": it.host.tls, "path": it.path, "name": it.name,
             "model": it.model, "camera": known.get(it.host.host)} for it in found]
