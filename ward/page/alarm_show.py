"""Alarms as a desk reads them: who calls, from where, whether it is on, and what has to be done. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from edge.contract.messages import AlarmCause, AlarmData, AlarmMode, AlarmPhase, Envelope, Who
from ward.page.lateness import ends_ms, is_late
from ward.page.show import Show
from ward.store.alarm_reader import GRACE_MS
from ward.store.intake import ms_of, named, plain
from ward.store.reader import Reader
from ward.store.rows import AlarmRecordRow, AlarmRow, EventRow, LastCallRow

_RING_MS = 15 * 60_000                  # of what is over: after so long, ringing on tells nobody anything new


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One alarm. `state`: open, silenced, ended, refused, or unknown where its end was not told."""

    row: AlarmRow
    state: str
    rings: bool                         # a desk must look up now
    wants_seen: bool                    # nobody at the ward has seen it
    is_late: bool                       # it came late, and so is no news
    event: EventRow | None = None       # whose rule asked for it

    @property
    def is_silent(self) -> bool:
        return self.row.mode == AlarmMode.SILENT

    @property
    def look(self) -> str:
        """How it is drawn: by its mode while it is on, else quietly."""
        return self.row.mode if self.state == "open" else "over"


@dataclass(frozen=True, slots=True)
class CutOffView:
    """A box that fell silent within a minute of a call."""

    row: LastCallRow
    since_ms: int
    call: AlarmView

    @property
    def id(self) -> str:
        return f"{self.row.alarm_id}-cut"

    @property
    def rings(self) -> bool:
        return self.row.seen_by is None


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of an alarm's life."""

    row: AlarmRecordRow
    data: AlarmData
    at_ms: int
    text: str                           # as it came, indented where that is possible


def view_of(reader: Reader, row: AlarmRow, now_ms: int) -> AlarmView:
    found = reader.event(row.event_id) if row.event_id else None
    event = found[0] if found and found[0].box == row.box else None
    wants_seen = row.seen_by is None and row.cause != AlarmCause.WARD and row.phase != AlarmPhase.REFUSED
    late = is_late(row, reader.call_link() if row.historical else None)
    state = _state(row, late, now_ms)
    is_news = not late and now_ms - row.received_ms < _RING_MS
    return AlarmView(row, state, wants_seen and (state == "open" or is_news), wants_seen, late, event)


def steps_of(records: list[AlarmRecordRow]) -> list[RecordView]:
    steps = []
    for record in records:
        data = AlarmData.model_validate(Envelope.model_validate_json(record.envelope).data)
        try:
            text = json.dumps(json.loads(record.envelope), indent=2, ensure_ascii=False)
        except ValueError:              # a number that Python's parser finds too long
            text = record.envelope
        steps.append(RecordView(record, data, ms_of(data.t.at), text))
    return steps


class AlarmWords:
    """Alarms in one language, for templates."""

    def __init__(self, show: Show) -> None:
        self._show, self._words = show, show.words

    def title(self, view: AlarmView) -> str:
        """What is the case: "Còi đang kêu", "Gọi im lặng", "Đã tắt"."""
        if view.state == "open":
            return self._words.value("alarm-open", view.row.mode)
        return self._words.value("alarm-was", view.row.mode)

    def caller(self, cause: str, name: str | None) -> str:
        """Who did it: "Nút bấm cổng trước", "Nguyễn Văn An (thành viên)"."""
        text = self._words.value("cause", cause, name=name or "")
        return text if name else text.strip(" :()")

    def did(self, who: Who) -> str:
        return self.caller(who.cause.value, plain(who.name) if who.name else None)

    def ending(self, view: AlarmView) -> str:
        """How it ended, or what is known: "Đã tắt bởi ... lúc ...", "" while it is on."""
        row, show = view.row, self._show
        match view.state:
            case "silenced":
                by = self.caller(row.by_cause or "", row.by_name)
                return self._words("silenced-by", who=by, when=show.time(row.ended_ms or 0))
            case "ended":
                return self._words("ended-at", when=show.time(row.ended_ms or 0))
            case "refused":
                return self._words("refused-because",
                                   why=self._words.value("answer", row.reason or "none"))
            case "unknown":
                return self._words("end-not-told")
            case _:
                return ""

    def announcement(self, view: AlarmView) -> str:
        """What a screen reader says of a new call."""
        row = view.row
        return (f"{self._words('alarm')}! {self.title(view)}. {self.caller(row.cause, row.name)}. "
                f"{named(row.box, row.box_title)}, {self._show.time(row.received_ms)}")

    def cut_off_announcement(self, cut: CutOffView) -> str:
        """What a screen reader says of a box that fell silent after a call."""
        where = named(cut.row.box, cut.row.box_title)
        return f"{self._words('cut-off')}! {self._words('cut-off-title')}. {where}"


def alarm_place(row: AlarmRow) -> str:
    """The place of `row` in the list, for `cursor_of`."""
    return f"{row.received_ms}.{row.alarm_id}"


def fresh_json(view: AlarmView) -> dict[str, Any]:
    """The state of an alarm for programs: whether a desk must look up, as the page does."""
    return {"state": view.state, "rings": view.rings}


def _state(row: AlarmRow, late: bool, now_ms: int) -> str:
    """An alarm whose box is gone goes on until its time is over: the siren needs no network."""
    if row.phase in (AlarmPhase.SILENCED, AlarmPhase.ENDED, AlarmPhase.REFUSED):
        return row.phase
    return "open" if now_ms < ends_ms(row, late) + GRACE_MS else "unknown"
