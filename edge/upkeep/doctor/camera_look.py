"""What the process that looks at cameras says of each: a line of JSON, read as if a stranger had written it.

That process decodes what cameras send, so one of them may have taken it over.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from edge.base.finding_words import FindingWords
from edge.base.findings import Finding, Kind, State
from edge.base.redact import printable, shorten
from edge.base.words import LANGUAGES
from edge.config.camera_model import CameraSettings
from edge.ipc.messages import Message

CAMERAS = TypeAdapter(dict[str, CameraSettings])        # what the process is given, as JSON
_VALUE_CHARS, _VALUES = 400, 16
_FINDINGS = 32
_MOST_PX = 1 << 16

_Word = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
_Text = Annotated[str, AfterValidator(lambda text: shorten(printable(text), _VALUE_CHARS))]
_Px = Annotated[int, Field(gt=0, le=_MOST_PX)]


class CameraFinding(Message):
    """A finding about a camera: `Finding`, with all its values as text."""

    kind: Literal[Kind.CAMERA, Kind.STREAM]
    is_of_evidence: bool        # of its second stream
    state: State
    code: _Word
    values: Annotated[dict[_Word, _Text], Field(max_length=_VALUES)]


class CameraLook(Message):
    """What became of opening one camera."""

    camera: str
    findings: Annotated[tuple[CameraFinding, ...], Field(min_length=1, max_length=_FINDINGS)]
    size_px: tuple[_Px, _Px] | None = None      # width, height of its picture; None: it gave none
    is_in_use: bool = False                     # by another process, and it can be open in one alone

    def found(self) -> list[Finding]:
        """The findings, under the camera's name."""
        return [Finding(it.kind, f"{self.camera} (evidence)" if it.is_of_evidence else self.camera, it.state,
                        it.code, it.values) for it in self.findings]


def camera_finding(finding: Finding) -> CameraFinding:
    """What is sent of `finding`, which is a camera's or a stream's."""
    return CameraFinding(kind=Kind.CAMERA if finding.kind is Kind.CAMERA else Kind.STREAM,
                         is_of_evidence=finding.name.endswith(" (evidence)"), state=finding.state,
                         code=finding.code, values={name: str(it) for name, it in finding.values.items()})


def read_look(line: bytes) -> CameraLook | None:
    """None for what is no such line, and for findings that there are no words for."""
    try:
        look = CameraLook.model_validate_json(line)
        for words in map(FindingWords, LANGUAGES):
            if not all(_has_words(it, words) for it in look.found()):
                return None
    except ValueError:         # pydantic's own is one
        return None
    return look


def _has_words(finding: Finding, words: FindingWords) -> bool:
    """Raises ValueError: there are, and they want other values."""
    words.remedy(finding)
    return bool(words.found(finding))
