"""What templates ask for: times, durations and contract values as a person reads them.

One `Show` belongs to one page in one language at one moment. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.base.errors import ConfigError
from edge.base.words import Words, capital
from edge.contract.messages import Ending, Role
from ward.page.lateness import is_late
from ward.store.clocks import CorrectedTime
from ward.store.intake import named
from ward.store.rows import AlarmRow, EventRow, ReceiverLink

_FRESH_MS = 60_000
_SAME_TIME_MS = 10_000                  # the box's time and ours do not both stand there for less
_FORGOTTEN_MS = 24 * 3_600_000          # an event that was silent for so long is not said to go on
_VIETNAM = "Asia/Ho_Chi_Minh"
_VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "truck", "train", "boat"})
_THINGS = frozenset({"backpack", "handbag", "suitcase", "knife"})


class Show:
    """Formats for one language, one time zone and one `now`."""

    def __init__(self, words: Words, zone: tzinfo, now: datetime) -> None:
        self.words, self._zone, self.now_ms = words, zone, round(now.timestamp() * 1000)

    def time(self, ms: int) -> str:
        """10:22:05 when it is of today, else with its day."""
        clock = f"{self._local(ms):%H:%M:%S}"
        return clock if self.is_today(ms) else f"{clock} {self.day(ms)}"

    def time_of(self, utc: str) -> str:
        """`time` of a moment in ISO 8601."""
        return self.time(round(datetime.fromisoformat(utc).timestamp() * 1000))

    def clock(self, ms: int) -> str:
        return f"{self._local(ms):%H:%M:%S}"

    def day(self, ms: int) -> str:
        local = self._local(ms)
        return f"{local:%d/%m/%Y}" if self.words.language == "vi" else f"{local.day} {local:%b %Y}"

    def full(self, ms: int) -> str:
        return f"{self.clock(ms)}, {self.day(ms)}"

    def iso(self, ms: int) -> str:
        """The moment for `<time datetime>`."""
        return self._local(ms).isoformat(timespec="seconds")

    def hours_around(self, ms: int) -> str:
        """Two hours before to three after the hour of that moment, as commands have it: "18:00-23:00"."""
        hour = self._local(ms).hour
        return f"{(hour - 2) % 24:02}:00-{(hour + 3) % 24:02}:00"

    def clocks_differ(self, row: EventRow | AlarmRow) -> bool:
        """Whether the box's time must stand beside ours: it is another one, or nobody vouches for it."""
        return not row.clock_synchronised or abs(row.time_ms - row.received_ms) > _SAME_TIME_MS

    def box_clock(self, row: EventRow | AlarmRow) -> str:
        """What the box's clock said, and whether it was set: "hộp ghi 10:22:05, đồng hồ chưa đặt"."""
        return self.words("box-clock" if row.clock_synchronised else "box-clock-never",
                          when=self.time(row.time_ms))

    def clock_state(self, row: EventRow | AlarmRow) -> str:
        """How far the box's clock is to be trusted, as it said itself."""
        return self.words("clock-synchronised" if row.clock_synchronised else "clock-never")

    def is_today(self, ms: int) -> bool:
        return self._local(ms).date() == self._local(self.now_ms).date()

    def duration(self, ms: int) -> str:
        """Two units at most; never negative, since clocks of boxes may step."""
        seconds = max(0, round(ms / 1000))
        hour, minute, second = ("giờ", "phút", "giây") if self.words.language == "vi" else ("h", "min", "s")
        if seconds < 60:
            return f"{seconds} {second}"
        if seconds < 3600:
            return f"{seconds // 60} {minute} {seconds % 60} {second}"
        return f"{seconds // 3600} {hour} {seconds % 3600 // 60} {minute}"

    def lapse(self, ms: int) -> str:
        """A time as `duration` has it, with a tenth where so little says more: "1,2 giây"."""
        if ms >= 9950:
            return self.duration(ms)
        text = f"{ms / 1000:.1f}"
        return f"{text.replace('.', ',')} giây" if self.words.language == "vi" else f"{text} s"

    def span(self, seconds: float) -> str:
        """A time that was chosen: "30 giây", "2 phút"."""
        return self.duration(round(seconds * 1000)).removesuffix(" 0 giây").removesuffix(" 0 s")

    def number(self, value: float) -> str:
        """Thousands apart, as the language has it."""
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
        return text.translate(str.maketrans(",.", ".,")) if self.words.language == "vi" else text

    def what(self, row: EventRow) -> str:
        """Object and deed: "Người vào khu vực", "Tụ tập đông: 6 người"."""
        name, deed = self.words.value("class", row.label), self.words.value("kind", _deed(row))
        if row.count == 1:
            return capital(self.words("what-one", object=name, deed=deed))
        return self.words("what-many", object=name, deed=deed, n=self.number(row.count))

    def ending(self, row: EventRow) -> str:
        """`ended`, `open`, or `unknown`: nobody is there any more who would tell us of the end."""
        if row.phase == "end" and row.ended_ms is not None:
            return "ended"
        return "unknown" if row.box_gone or self.now_ms - row.heard_ms > _FORGOTTEN_MS else "open"

    def ended_after(self, row: EventRow) -> str:
        """Why it ended and after how long, for an event that has ended."""
        assert row.ended_ms is not None
        return self.words.value("after", row.ended_why or Ending.ENDED,
                                duration=self.duration(row.ended_ms - row.first_seen_ms))

    def lost_view(self, row: EventRow) -> str:
        """What an officer must know of an event that ended only because the pictures stopped; else ""."""
        if row.ended_why is not Ending.VIEW_LOST or row.ended_ms is None:
            return ""
        return self.words("view-lost-long", when=self.time(row.ended_ms))

    def riders(self, row: EventRow) -> str:
        """"2 người trên xe"; "" where nobody counted."""
        return "" if row.riders is None else self.words("riders", count=row.riders, n=row.riders)

    def caption(self, row: EventRow, role: Role, before_ms: int | None = None) -> str:
        """What a picture shows: "Toàn cảnh lúc vượt vạch", "Trước đó 1,2 giây, chưa qua vạch"."""
        match role:
            case Role.SCENE:
                return self.words.value("scene", _deed(row), "role-scene")
            case Role.BEFORE if before_ms is not None:
                return self.words.value("before", row.kind, "before-any", duration=self.lapse(before_ms))
            case Role.SUBJECT if row.count > 1:
                return self.words("role-all")
            case _:
                return self.words(f"role-{role}")

    def no_picture(self, row: EventRow) -> str:
        """What stands in the place of a subject that is not here."""
        if not row.picture_wanted:
            return self.words("no-picture")
        overdue = "overdue" if self.now_ms - row.heard_ms > _FORGOTTEN_MS else ""
        lost = row.subject_lost or overdue
        return self.words.value("picture-lost", lost) if lost else self.words("picture-coming")

    def clock_known(self, clock: CorrectedTime) -> str:
        """What is known today of a time that a box told: its clock's state, the right time, the error."""
        said = [self.words.value("clock-state", clock.state or "unknown")]
        if clock.corrected_ms is not None and clock.corrected_ms != clock.box_time_ms:
            said.append(self.words("clock-corrected", when=self.full(clock.corrected_ms)))
        if clock.bound_ms is not None:
            said.append(self.words("clock-bound", bound=self.lapse(clock.bound_ms)))
        return ", ".join(said)

    def place(self, row: EventRow) -> str:
        return f"{row.camera} · {named(row.box, row.box_title)}"

    def announcement(self, row: EventRow) -> str:
        """What a screen reader says of a new event."""
        said = [self.words.value("severity", row.severity), self.what(row), self.riders(row), self.place(row),
                self.clock(row.received_ms)]
        return f"{self.words('announce')}: {', '.join(filter(None, said))}"

    def is_fresh(self, row: EventRow, link: ReceiverLink | None = None) -> bool:
        """Whether a desk should look up: news of this moment, and not late. `link` is of the receiver."""
        return not is_late(row, link) and self.now_ms - row.received_ms < _FRESH_MS

    def day_bounds(self, day: str) -> tuple[int, int] | None:
        """First millisecond of a local day YYYY-MM-DD, and of the next; None when it is no day."""
        try:
            start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=self._zone)
            end = start + timedelta(days=1)
            return round(start.timestamp() * 1000), round(end.timestamp() * 1000)
        except (ValueError, OverflowError):
            return None

    def today_bounds(self) -> tuple[int, int]:
        bounds = self.day_bounds(f"{self._local(self.now_ms):%Y-%m-%d}")
        assert bounds is not None
        return bounds

    def _local(self, ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(self._zone)


def _deed(row: EventRow) -> str:
    """Which text tells what was done: vehicles park where people stay, and nobody enters the whole view."""
    match row.kind:
        case "enter" if row.zone is None:
            return "enter-nowhere"
        case "dwell" | "crowd" if row.label in _VEHICLES:
            return f"{row.kind}-vehicle"
        case "dwell" if row.label in _THINGS:
            return "dwell-thing"
        case _:
            return row.kind


def zone_named(name: str) -> tzinfo:
    """Raises ConfigError for a name that is no time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        if name == _VIETNAM:           # a system without tzdata; no change of offset there since 1975
            return timezone(timedelta(hours=7), name)
        raise ConfigError(f"--timezone {name!r}: no such time zone here; want a name such as {_VIETNAM}, "
                          "and `apt install tzdata` if it is missing") from exc
