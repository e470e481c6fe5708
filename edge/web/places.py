"""Who gets a place among a server's connections, and who goes for it when there is none. Time comes in.

A connection is a stranger's until a request on it was recognised: came with a credential, say. Its source
(one household, `source_of`) is known for a while from then on. Strangers share a part of the places, of which
no source may have more than its share. When there is none the oldest idle connection goes: the source's own
where that has its share, else of the source that has most. So a crowd from anywhere pushes out itself. The
other places are kept for the known. Where none is idle the oldest of those that only listen goes (an event
stream, whose page comes back by itself), so that pages which are merely open keep no call for help out. Who
waits for an answer is never pushed out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from edge.base.limiter import Limiter
from edge.base.values import NS_PER_S

KNOWN_FOR_S = 600.0            # a phone that comes back from its pocket finds its place
_MAX_KNOWN_SOURCES = 1000


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of one server: numbers of connections, and how long one is waited for."""

    places: int = 400
    silent: int = 300              # besides: those that have said nothing yet, and so cost next to nothing
    strangers: int = 200           # of the places
    per_source: int = 24           # not recognised; a Wi-Fi extender may put several households behind one
    known_per_source: int = 96     # recognised; and not recognised, of a source that is known
    per_second: float = 4.0        # new ones of a source, after its share at once: handshakes cost
    known_per_second: float = 25.0
    head_s: float = 5.0            # for the TLS handshake, and again for the head of each request
    answer_s: float | None = 30.0  # a stranger's request and answer; None: as long as it takes
    rest_s: int = 15               # between two requests of a stranger
    known_rest_s: int = 120        # a thumb finds its connection ready, without another handshake

    def within(self, files: int) -> ConnectionLimits:
        """So that connections take no more than `files` file descriptors."""
        whole = self.places + self.silent
        if files >= whole:
            return self
        places, silent = (max(1, number * files // whole) for number in (self.places, self.silent))
        return replace(self, places=places, silent=silent, strangers=min(self.strangers, max(1, places // 2)))

    @property
    def of_silent(self) -> ConnectionLimits:
        """The limits for silent connections: a crowd of them pushes out its oldest, and a phone speaks at
        once.
        """
        return replace(self, places=self.silent, strangers=self.silent, per_source=2 * self.per_source,
                       per_second=1e6)


class Standing(IntEnum):
    """How well a connection is known; the lowest goes first."""

    STRANGER = 0                   # came from a source of which nothing is known
    NEIGHBOUR = 1                  # not recognised, came from a source that lately was
    KNOWN = 2


@dataclass(eq=False, slots=True)
class ConnectionPlace:
    """One connection's."""

    source: str
    standing: Standing
    idle_since_ns: int | None      # CLOCK_MONOTONIC; None while a request of it is being answered
    end: Callable[[], object] = field(default=lambda: None)    # closes the connection at once
    listening_since_ns: int | None = None      # its answer is an event stream

    @property
    def is_known(self) -> bool:
        return self.standing is Standing.KNOWN


@dataclass(slots=True)
class Tally:
    """What has come of those who came, for the log."""

    ended: int = 0                 # pushed out by another
    late: int = 0                  # gave no handshake or head in time
    refused: int = 0               # came too often, or found no place


Crowds = dict[str, list[ConnectionPlace]]    # by source, each in order of arrival
Spare = Callable[[ConnectionPlace], int | None]     # since when it can be spared; None: it cannot

# Who can be spared, most of all first.
_SPARE: tuple[Spare, ...] = (lambda place: place.idle_since_ns, lambda place: place.listening_since_ns)


class Places:
    """The connections of one server, by standing and source. Lives in its event loop."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits, self.tally = limits, Tally()
        self._crowds: dict[Standing, Crowds] = {standing: {} for standing in Standing}
        self._counts = dict.fromkeys(Standing, 0)
        self._known_until_ns: OrderedDict[str, int] = OrderedDict()    # by source
        self._paces = {Standing.STRANGER: Limiter(limits.per_source, 1 / limits.per_second),
                       Standing.NEIGHBOUR: Limiter(limits.known_per_source, 1 / limits.known_per_second)}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def enter(self, source: str, now_ns: int) -> ConnectionPlace | None:
        """A place for a new connection; None where its source comes too often, or nobody can go for it."""
        is_known = self._known_until_ns.get(source, 0) > now_ns
        standing = Standing.NEIGHBOUR if is_known else Standing.STRANGER
        if self._paces[standing].wait_s(source, now_ns) or not self._is_room(source, standing):
            self.tally.refused += 1
            return None
        self._paces[standing].count(source, now_ns)
        place = ConnectionPlace(source, standing, now_ns)
        self._add(place)
        return place

    def leave(self, place: ConnectionPlace) -> None:
        """The connection is closed, or as good as that; again changes nothing."""
        crowds = self._crowds[place.standing]
        if place not in crowds.get(place.source, ()):
            return
        crowds[place.source].remove(place)
        self._counts[place.standing] -= 1
        if not crowds[place.source]:
            del crowds[place.source]

    def recognise(self, place: ConnectionPlace, now_ns: int) -> None:
        """A request on it came from somebody known: it is no stranger's, and its source is known."""
        is_here = place in self._crowds[place.standing].get(place.source, ())
        if is_here and len(self._crowds[Standing.KNOWN].get(place.source, ())) < self.limits.known_per_source:
            self.leave(place)
            place.standing = Standing.KNOWN
            self._add(place)
        self._known_until_ns.pop(place.source, None)
        self._known_until_ns[place.source] = now_ns + round(KNOWN_FOR_S * NS_PER_S)
        while len(self._known_until_ns) > _MAX_KNOWN_SOURCES:
            self._known_until_ns.popitem(last=False)

    def make_room(self) -> bool:
        """End the one that can be spared most; False where all are being answered."""
        return any(self._end_of_most(standing, spare) for spare in _SPARE for standing in Standing)

    def largest(self) -> tuple[str, int]:
        """The source with the most connections of one standing, and how many; ("", 0) of none at all."""
        return max(((source, len(crowd)) for crowds in self._crowds.values()
                    for source, crowd in crowds.items()), key=lambda each: each[1], default=("", 0))

    def _add(self, place: ConnectionPlace) -> None:
        self._crowds[place.standing].setdefault(place.source, []).append(place)
        self._counts[place.standing] += 1

    def _is_room(self, source: str, standing: Standing) -> bool:
        limits, crowd = self.limits, self._crowds[standing].get(source, [])
        is_stranger = standing is Standing.STRANGER
        if len(crowd) >= (limits.per_source if is_stranger else limits.known_per_source):
            return any(self._end_oldest(crowd, spare) for spare in _SPARE)
        if is_stranger and self._counts[standing] >= limits.strangers:
            return any(self._end_of_most(standing, spare) for spare in _SPARE)
        return len(self) < limits.places or self.make_room()

    def _end_of_most(self, standing: Standing, spare: Spare) -> bool:
        """End the oldest one to spare of that standing's largest crowd that has one; of equals, the oldest of
        all.
        """
        crowds = self._crowds[standing].values()
        for size in sorted({len(crowd) for crowd in crowds}, reverse=True):
            oldest = _oldest((place for crowd in crowds if len(crowd) == size for place in crowd), spare)
            if oldest is not None:
                return self._end(oldest)
        return False

    def _end_oldest(self, crowd: list[ConnectionPlace], spare: Spare) -> bool:
        oldest = _oldest(crowd, spare)
        return oldest is not None and self._end(oldest)

    def _end(self, place: ConnectionPlace) -> bool:
        self.tally.ended += 1
        self.leave(place)
        place.end()
        return True


def _oldest(places: Iterable[ConnectionPlace], spare: Spare) -> ConnectionPlace | None:
    return min((place for place in places if spare(place) is not None),
               key=lambda place: spare(place) or 0, default=None)
