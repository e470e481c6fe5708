"""Pictures as files: images/YYYY/MM/DD/{event_id}-{rev}-{sha256:16}.jpg, the day of the event in UTC; those
of another role than the subject have it after rev: {event_id}-{rev}-scene-{sha256:16}.jpg.

What the database tells of is on disk, whole: `settle` comes before its commit, one sync for all pictures of
a batch. What a power cut leaves without a row is written anew when its message comes again. Quarantined ones
lie under quarantine/ with the same name, so that nothing that browses images/ takes them for evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.base import durable
from edge.contract.messages import Role
from ward.store.intake import event_id_time, is_event_id


@dataclass(frozen=True, slots=True)
class PictureName:
    """One picture; two that claim the same event, rev and role differ in their hash."""

    event_id: str
    rev: int
    role: Role
    sha256: str

    @classmethod
    def of(cls, event_id: str, rev: int, role: str, sha256: str) -> PictureName:
        """The name of a picture as the database has its parts."""
        return cls(event_id, rev, Role(role), sha256)

    @property
    def relative(self) -> str:
        if not is_event_id(self.event_id):     # the last gate before a file name
            raise AssertionError("a picture is named by a checked event_id")
        role = "" if self.role is Role.SUBJECT else f"{self.role}-"
        return (f"{event_id_time(self.event_id):%Y/%m/%d}/"
                f"{self.event_id}-{self.rev}-{role}{self.sha256[:16]}.jpg")


class PictureFolder:
    """The files below one data folder. One writer; any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._good, self._bad = folder / "images", folder / "quarantine"
        self._is_settled = True

    def path(self, name: PictureName, quarantined: bool) -> Path:
        return (self._bad if quarantined else self._good) / name.relative

    def write(self, name: PictureName, jpeg: bytes, quarantined: bool) -> None:
        """Durable after `settle`. Raises OSError, then without a half-written file under the name."""
        target = self.path(name, quarantined)
        _make_folder(target.parent)
        self._is_settled = False
        durable.write(target, jpeg, lasting=False)

    def move(self, name: PictureName, quarantined: bool) -> None:
        """Bring it to where its new state wants it; durable after `settle`. Repeatable: a crash may come
        between move and commit.
        """
        source, target = self.path(name, not quarantined), self.path(name, quarantined)
        if not source.exists():
            return
        _make_folder(target.parent)
        self._is_settled = False
        source.replace(target)

    def settle(self) -> None:
        """Bring all that was written or moved to the disk. Raises OSError."""
        if not self._is_settled:
            durable.sync_disk(self._folder)
            self._is_settled = True

    def remove(self, name: PictureName) -> None:
        """Gone, wherever it was; folders that this leaves empty go too."""
        for quarantined in (False, True):
            path = self.path(name, quarantined)
            path.unlink(missing_ok=True)
            for folder in list(path.parents)[:3]:
                try:
                    folder.rmdir()
                except OSError:        # not empty, or never made
                    break

    def remove_leftovers(self, before_s: float, now: datetime) -> int:
        """Files written before that Unix time that nothing knows of; returns how many.

        Retention takes away whatever it knows first, so what is found here is what a crash left. Only folders
        of days before that time are looked into, and of days that have not come: a wrong clock names those.
        """
        first = f"{datetime.fromtimestamp(before_s, UTC):%Y/%m/%d}"
        last = f"{now + timedelta(days=2):%Y/%m/%d}"
        old = [path for folder in self._days() if not first <= _day(folder) <= last
               for path in folder.iterdir() if path.stat().st_mtime < before_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def remove_parts(self, since_s: float) -> None:
        """Half-written files of a process that was killed after that Unix time. Only while no one writes."""
        for folder in self._days():
            if folder.stat().st_mtime >= since_s:
                for part in folder.glob(".*.new"):
                    part.unlink(missing_ok=True)

    def _days(self) -> list[Path]:
        return [folder for root in (self._good, self._bad) for folder in root.glob("*/*/*")]


def _day(folder: Path) -> str:
    return "/".join(folder.parts[-3:])


def _make_folder(folder: Path) -> None:
    """Private, and those above it as well."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
