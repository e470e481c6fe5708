"""One contact, debounced: by silence, and where a wire hums and is never silent, by its share of time.

A level counts once the contact has kept it for the debounce time; that is how a sound wire is heard, and how
quickly. Mains hum on a long wire (50 or 100 Hz) lets it keep none, so a press would be lost, or a release,
and with it the next press. Then what the contact was for most of WINDOW counts: SHARE_ON of it for a press,
no more than SHARE_OFF for a release; in between it stays as it was. A closed contact is nearly always low,
and hum alone half of the time at most, so noise raises nothing.

Whatever goes on for so long is told as chatter, heard or not: no press under hum is lost without a word.
What it cannot tell from an open button is a wire that is cut: `edge/gpio/README.md`.
"""

from __future__ import annotations

from collections import deque

from edge.base.values import NS_PER_S

WINDOW = 4                          # debounce times: six periods of 50 Hz at 0.03 s
UNREST = 8                          # debounce times without rest: a press bounces for less than one
SHARE_ON, SHARE_OFF = 0.8, 0.5
CHANGES, IN_VAIN, WITHIN_NS = 20, 8, 10 * NS_PER_S  # with rest in between: more than hands make
TOLD_FOR_NS = 600 * NS_PER_S        # chatter that is over, so that somebody sees it


class Debouncer:
    """One contact. Pure; time comes in, in nanoseconds, and never goes back.

    `stable` is None until the contact has first been still for the debounce time, or clear by its share.
    """

    def __init__(self, debounce_ns: int, active: bool, mono_ns: int, unrest_ns: int | None = None) -> None:
        """`unrest_ns`: how long without rest is chatter; UNREST debounce times without."""
        self.stable: bool | None = None
        self.since_ns = mono_ns         # of the level that it has now: when the contact came to rest
        self.changed_ns = mono_ns       # since when it is `stable`
        self._debounce_ns, self._window_ns = debounce_ns, WINDOW * debounce_ns
        self._unrest_ns = UNREST * debounce_ns if unrest_ns is None else unrest_ns
        self._active = active
        self._restless_since_ns: int | None = None
        self._active_ns = 0             # in all, up to since_ns
        self._edges = deque[tuple[int, int]]()      # of the window, and one before: when, and _active_ns then
        self._changes_ns = deque[int](maxlen=CHANGES)
        self._in_vain_ns = deque[int](maxlen=IN_VAIN)       # unrest that ended as it had begun
        self._chattered_ns: int | None = None

    @property
    def due_ns(self) -> int | None:
        """When `settle` has something to say, if nothing changes until then."""
        return None if self._active == self.stable else self.since_ns + self._debounce_ns

    def chatters(self, mono_ns: int) -> bool:
        """Whether it does, or has lately."""
        return self._chattered_ns is not None and mono_ns - self._chattered_ns < TOLD_FOR_NS

    def settle(self, mono_ns: int) -> bool:
        """Believe what has been still for long enough, or clear for longer; whether that is news."""
        mono_ns = max(mono_ns, self.since_ns)
        if mono_ns - self.since_ns >= self._debounce_ns:
            if self._restless_since_ns is not None and self._active == self.stable:
                self._count(self._in_vain_ns, mono_ns)
            self._restless_since_ns = None
            return self._believe(self._active, self.since_ns, mono_ns)
        if self._restless_since_ns is None:
            return False
        restless_ns = mono_ns - self._restless_since_ns
        if restless_ns >= self._unrest_ns:
            self._chattered_ns = mono_ns
        if restless_ns < self._window_ns:
            return False
        share = self._share(mono_ns)
        if SHARE_OFF < share < SHARE_ON:
            return False
        return self._believe(share >= SHARE_ON, mono_ns - self._window_ns, mono_ns)

    def see(self, active: bool, mono_ns: int) -> None:
        """What the contact is at this moment. `settle` comes first, up to the same moment."""
        if active == self._active:
            return
        mono_ns = max(mono_ns, self.since_ns)       # the library's own thread stamps edges
        if self._restless_since_ns is None:
            self._restless_since_ns = mono_ns
            self._edges.clear()
        self._active_ns += (mono_ns - self.since_ns) * self._active
        self._active, self.since_ns = active, mono_ns
        self._edges.append((mono_ns, self._active_ns))

    def _share(self, mono_ns: int) -> float:
        """Of the last WINDOW, how much it was active. All of that lies in the unrest."""
        from_ns = mono_ns - self._window_ns
        while len(self._edges) > 1 and self._edges[1][0] <= from_ns:
            self._edges.popleft()
        at_ns, before_ns = self._edges[0]
        was_active = self._active if len(self._edges) % 2 else not self._active
        before_ns += (from_ns - at_ns) * was_active
        now_ns = self._active_ns + (mono_ns - self.since_ns) * self._active
        return (now_ns - before_ns) / self._window_ns

    def _believe(self, active: bool, since_ns: int, mono_ns: int) -> bool:
        if active == self.stable:
            return False
        self.stable, self.changed_ns = active, since_ns
        self._count(self._changes_ns, mono_ns)
        return True

    def _count(self, times_ns: deque[int], mono_ns: int) -> None:
        times_ns.append(mono_ns)
        if len(times_ns) == times_ns.maxlen and mono_ns - times_ns[0] < WITHIN_NS:
            self._chattered_ns = mono_ns
