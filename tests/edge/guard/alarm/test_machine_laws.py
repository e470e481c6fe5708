"""What holds whatever comes, in whatever order, by whatever clock, with a restart at any point.

The model knows nothing of the machine's books. It keeps the time that is known to have passed, sees which
outputs are on, and hears facts and answers, as a neighbour, the ward and a phone would.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.base import limits
from edge.base.blinking import STEADY
from edge.base.values import NS_PER_S
from edge.config.model import (
    AlarmSettings,
    InputKind,
    LightFirstSettings,
    OutputKind,
)
from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, PanelPhase, Severity
from edge.guard.alarm.levels import levels, next_end_ns, wanted
from edge.guard.alarm.machine import deadline_ns, resume, step
from edge.guard.alarm.policy import Policy
from edge.guard.alarm.raise_rules import JOIN_TOLD_LATER_NS, JOIN_TOLD_NS, JOINS_AT_ONCE
from edge.guard.alarm.signals import Fact, OutputsFailed, Pressed, Released, Scheduled, Signal, Tick
from edge.guard.alarm.state import Alarm, AlarmState
from edge.guard.alarm.view import stuck, view_of
from edge.ipc.panel import Actor, Answer, Arm, Cancel, Raise, Refusal, SelfTest
from tests.edge.guard.alarm.played import (
    INPUTS,
    MEMBER,
    OTHER,
    OUTPUTS,
    RULE,
    TAMPER,
    WARD,
    reread,
    steady,
    written,
)

pytestmark = pytest.mark.slow

NS_PER_HOUR = 3600 * NS_PER_S
SINCE = "2026-01-01T00:00:00.000Z"
ALARMS = (PanelPhase.SOUNDING, PanelPhase.LIGHT, PanelPhase.SILENT)
ENDS = (AlarmPhase.SILENCED, AlarmPhase.ENDED, AlarmPhase.REFUSED)
IN_BOOKS = {AlarmMode.SIREN: (PanelPhase.SOUNDING, PanelPhase.LIGHT), AlarmMode.LIGHT: (PanelPhase.LIGHT,),
            AlarmMode.SILENT: (PanelPhase.SILENT,)}
OUTPUTS_2 = {**OUTPUTS, "siren-2": steady(OutputKind.SIREN, 18, 20),
             "flood-2": steady(OutputKind.FLOOD, 19, 40)}
LIMIT_NS = {
    name: round(NS_PER_S * min(it.max_on_s or 9e9, {
        OutputKind.SIREN: limits.SIREN_MAX_S, OutputKind.STROBE: limits.SIREN_MAX_S,
        OutputKind.FLOOD: limits.LIGHT_MAX_S, OutputKind.BEACON: limits.LIGHT_MAX_S,
        OutputKind.BUZZER: limits.BUZZER_MAX_S}[it.kind]))
    for name, it in OUTPUTS_2.items()}
SIRENS = {name for name, it in OUTPUTS_2.items() if it.kind is OutputKind.SIREN}

actors = st.sampled_from([MEMBER, OTHER, WARD, RULE, TAMPER])
others = st.sampled_from([WARD, RULE, TAMPER])
some_seconds = st.one_of(
    st.sampled_from([0, 0.1, 0.8, 1.5, 3, 10, 15, 20, 30, 45, 60, 61, 120, 180, 300, 600, 1800, 3600]),
    st.floats(0, 90), st.floats(0, 4000))
soon = st.one_of(st.sampled_from([0.0, 0.0, 0.1, 0.5, 0.8, 1.0, 2.0]), st.floats(0, 3))


def policies() -> st.SearchStrategy[Policy]:
    return st.builds(
        lambda **alarm: Policy.of(AlarmSettings(**alarm), OUTPUTS_2, INPUTS),
        siren_s=st.sampled_from([10.0, 60.0, limits.SIREN_MAX_S]),
        light_s=st.sampled_from([5.0, 300.0, limits.LIGHT_MAX_S]),
        silent_s=st.sampled_from([30.0, 600.0]),
        cooldown_s=st.sampled_from([limits.PAUSE_MIN_S, 120.0]),
        max_per_hour=st.integers(1, 3),
        entry_delay_s=st.sampled_from([0.0, 0.0, 20.0]),
        exit_delay_s=st.sampled_from([0.0, 45.0]),
        tamper=st.sampled_from(AlarmMode),
        light_first_s=st.builds(
            LightFirstSettings, member=st.sampled_from([0.0, 0.0, 10.0]), ward=st.sampled_from([0.0, 20.0]),
            tamper=st.sampled_from([0.0, 10.0]), rule_alert=st.sampled_from([0.0, 15.0])))


class AlarmLaw(RuleBasedStateMachine):
    """One box, lived through by any sequence of signals, times and restarts."""

    @initialize(policy=policies(), now_s=st.integers(0, 10**6), is_fresh=st.booleans())
    def begin(self, policy: Policy, now_s: int, is_fresh: bool) -> None:
        self.policy = policy
        self.now_ns, self.boot = now_s * NS_PER_S, 0
        self.state = AlarmState.initial(self.now_ns)
        self.passed_ns = 0                                  # time that is known to have passed
        self.on: frozenset[str] = frozenset()
        self.since_ns: dict[str, int] = {}                  # of what is on: from when its longest time counts
        self.loud_until_ns = 0                              # the end of the latest sounding, by ear
        self.is_loud = False
        self.unasked_ns: list[int] = []                     # beginnings of soundings that no person asked for
        self.is_asked = True                                # a person asked for the siren that is or may come
        self.told_ns: dict[str, int] = {}                   # by alarm: when a person's join was last heard of
        self.joins = Counter[str]()                         # and how many were
        self.revs: Counter[str] = Counter()
        self.ended: set[str] = set()
        self.is_owed = False                                # a rule's alarm was accepted and not heard of yet
        self.answers: dict[str, Answer] = {}
        self.consent = False                                # to the siren in a self-test
        self.down: set[str] = set()                         # inputs
        self.done: set[str] = set()                         # those that have asked since they were released
        self.ids = 0
        if not is_fresh:
            self._pass(2 * NS_PER_HOUR)
            self._tell(Tick())

    # --- what may come

    @rule(actor=actors, mode=st.sampled_from(AlarmMode), severity=st.just(Severity.ALERT),
          duration_s=st.sampled_from([None, None, 1.0, 30.0, 9e9, float("inf")]),
          request_id=st.sampled_from(["", "", "", "a", "b", "c"]), after_s=soon)
    def ask_for_alarm(self, actor: Actor, mode: AlarmMode, severity: Severity, duration_s: float | None,
                      request_id: str, after_s: float) -> None:
        self._wait(after_s)
        self._ask(Raise(actor, mode, duration_s, severity, "event" if actor is RULE else "", request_id))

    @rule(actor=others, mode=st.sampled_from([AlarmMode.SIREN, AlarmMode.SIREN, AlarmMode.LIGHT]),
          is_rested=st.booleans(), later_s=st.sampled_from([0.0, 20.0]))
    def others_ask_again(self, actor: Actor, mode: AlarmMode, is_rested: bool, later_s: float) -> None:
        """As often as they are allowed to, which is what the pause and the count are there for."""
        self._tell(Arm(WARD, True))
        if is_rested:
            self._wait(self.policy.longest_s[AlarmMode.SIREN] + self.policy.pause_ns / NS_PER_S)
        self._ask(Raise(actor, mode))
        self._wait(later_s)

    def _ask(self, request: Raise) -> None:
        before, phase, ends_s = self.on, self.state.phase_in_books, self._remaining_s()
        is_repeated = request.request_id in self.answers
        facts, answer = self._tell(request)
        assert answer is not None
        if is_repeated:
            assert (self.answers[request.request_id], []) == (answer, facts), "it is no new alarm"
            return
        if request.request_id:
            self.answers[request.request_id] = answer
        self._check_answer(answer, facts)
        if request.mode is AlarmMode.SILENT:
            assert before == self.on, "nobody sees that somebody called in silence"
        if request.actor.is_person:
            assert answer.accepted, "a person is never refused"
            if request.mode is AlarmMode.SIREN and not self.policy.light_first.member:
                assert self.on >= SIRENS, "nor kept waiting"
        elif phase is PanelPhase.SOUNDING or (phase is PanelPhase.SILENT and request.actor is not WARD):
            assert (before, ends_s) == (self.on, self._remaining_s()), "recorded, and no more"
        if request.actor is RULE and not self.state.armed:
            assert Refusal.DISARMED is answer.refusal

    @rule(actor=st.sampled_from([MEMBER, OTHER, WARD]), after_s=soon)
    def cancel(self, actor: Actor, after_s: float) -> None:
        self._wait(after_s)
        before = self.state.alarm
        facts, answer = self._tell(Cancel(actor))
        assert answer is not None
        self._check_silent_call(before, self.state.alarm, actor)
        if self.state.alarm is not None and facts and facts[-1].phase is AlarmPhase.RAISED:
            assert self.state.alarm.alarm_id == facts.pop().alarm_id, "it is the silent call"
        assert all(fact.phase is AlarmPhase.SILENCED and fact.by == actor for fact in facts)
        assert answer.accepted or facts == []
        assert self.on <= {"buzzer"}, "a cancel ends everything"
        assert not self.is_owed, "also what was under way"

    def _check_silent_call(self, before: Alarm | None, after: Alarm | None, by: Actor) -> None:
        """It outlives every cancel but its callers' and the ward's, with the end that it had."""
        callers = () if before is None or by is WARD else before.silent_by
        left = tuple(it for it in callers if it != by)
        if before is None or not left:
            assert after is None
            return
        assert after is not None
        assert (before.silent, left) == (after.silent, after.silent_by)
        assert (None, None, None) == (after.siren, after.lights, after.follows)

    @rule(actor=st.sampled_from([MEMBER, WARD]), armed=st.sampled_from([True, True, False]), after_s=soon)
    def arm(self, actor: Actor, armed: bool, after_s: float) -> None:
        self._wait(after_s)
        _, answer = self._tell(Arm(actor, armed))
        assert answer == Answer(True)
        assert armed or not (self.state.armed or self.is_owed), "what was under way is refused"

    @rule(armed=st.booleans(), by=st.sampled_from([None, Actor(AlarmCause.BUTTON, "key")]))
    def schedule(self, armed: bool, by: Actor | None) -> None:
        self._tell(Scheduled(armed, by))

    @rule(actor=st.sampled_from([MEMBER, WARD]), with_siren=st.booleans(), after_s=some_seconds)
    def self_test(self, actor: Actor, with_siren: bool, after_s: float) -> None:
        self._wait(after_s)
        _, answer = self._tell(SelfTest(actor, with_siren))
        assert answer is not None
        if answer.accepted:
            self.consent, self.is_asked = with_siren, actor.is_person

    @rule(name=st.sampled_from([*INPUTS, "unknown"]), after_s=soon)
    def press(self, name: str, after_s: float) -> None:
        self._wait(after_s)
        before = self.on
        self.down |= {name}
        self._tell(Pressed(name))
        if name == "quiet":
            assert before == self.on, "nothing shows that a silent call is being made"

    @rule(name=st.sampled_from([*INPUTS, "unknown"]), after_s=soon)
    def release(self, name: str, after_s: float) -> None:
        self._wait(after_s)
        before = self.on
        self.down.discard(name)
        self.done.discard(name)
        facts, _ = self._tell(Released(name))
        assert [] == facts
        assert self.on <= before

    @rule(text=st.sampled_from(["no chip", ""]))
    def fail(self, text: str) -> None:
        self._tell(OutputsFailed(text))

    @rule(seconds=some_seconds)
    def wait(self, seconds: float) -> None:
        self._wait(seconds)

    @rule(seconds=some_seconds)
    def hang(self, seconds: float) -> None:
        """Time passes and nobody looks until then: the same comes of it as if somebody had."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        looked, facts = self.state, list[Fact]()
        while (at_ns := deadline_ns(looked, self.policy)) is not None and at_ns <= end_ns:
            after = step(looked, Tick(), self.policy, max(at_ns, looked.now_ns), str(uuid.UUID(int=0)))
            looked, facts = after.state, [*facts, *after.facts]
        self._pass(end_ns - self.now_ns)
        late, _ = self._tell(Tick())
        assert [_gist(fact) for fact in facts] == [_gist(fact) for fact in late]
        assert wanted(looked, self.policy, end_ns) == self.on
        assert looked.phase is self.state.phase

    @rule(seconds=st.floats(0, 10_000))
    def clock_goes_back(self, seconds: float) -> None:
        """It takes no time, and nothing that is on changes by it."""
        before = self.on
        self.now_ns -= round(seconds * NS_PER_S)
        facts, _ = self._tell(Tick())
        assert (before, []) == (self.on, facts)

    @rule(off_s=soon, later_s=some_seconds, is_asked=st.booleans())
    def restart(self, off_s: float, later_s: float, is_asked: bool) -> None:
        """The process is gone for a while, saved `off_s` after its last signal."""
        self._pass(round(off_s * NS_PER_S))
        kept = written(self.state, self.now_ns, str(self.boot))
        self._pass(round(later_s * NS_PER_S))
        self._resume(kept)
        if is_asked:
            self._ask(Raise(WARD, AlarmMode.SIREN))

    @rule(off_s=soon, now_s=st.integers(0, 10**6), is_asked=st.booleans())
    def power_cut(self, off_s: float, now_s: int, is_asked: bool) -> None:
        """Another boot: its clock begins anew, and nobody knows how long it was dark."""
        self._pass(round(off_s * NS_PER_S))
        kept = written(self.state, self.now_ns, str(self.boot))
        self.boot += 1
        self.now_ns = now_s * NS_PER_S
        self._resume(kept)
        if is_asked:
            self._ask(Raise(WARD, AlarmMode.SIREN))

    # --- what must hold at every moment

    @invariant()
    def all_is_well(self) -> None:
        self._check_limits()
        self._check_books()
        self._check_view()
        if self.state.phase_in_books is PanelPhase.SILENT:
            self._check_silence()

    def _check_limits(self) -> None:
        siren_ns = round(self.policy.longest_s[AlarmMode.SIREN] * NS_PER_S)
        for name in self.on:
            limit_ns = min(LIMIT_NS[name], siren_ns) if name in SIRENS else LIMIT_NS[name]
            assert self.passed_ns - self.since_ns[name] < limit_ns, f"{name} is on beyond its limit"

    def _check_books(self) -> None:
        kept = written(self.state, self.now_ns, "b")
        assert self.state == reread(kept).state
        assert len(kept) < 20_000

    def _check_view(self) -> None:
        view = view_of(self.state, self.policy, self.now_ns, version=1, since_utc=SINCE, faults=(),
                       mains=None, inputs={})
        on = {name for name, is_on in view.outputs.items() if is_on}
        assert (frozenset() if self.state.fault else self.on) == on
        assert (self.state.phase_in_books in ALARMS) == (view.alarm is not None)
        assert view.alarm is None or view.alarm.remaining_s >= 0
        alarm = self.state.alarm
        assert (view.outward is not None) == (alarm is not None and alarm.silent is not None)
        assert view.outward is None or view.outward.phase is not PanelPhase.SILENT

    def _check_silence(self) -> None:
        """A silent call shows nothing: the beacon glows as ever, a press and a self-test show as they would
        without it, and no fault comes up by its button."""
        shown = levels(self.state, self.policy, self.now_ns, STEADY)
        bare = levels(replace(self.state, alarm=None), self.policy, self.now_ns, STEADY)
        assert bare == shown
        if self.state.alarm is not None and self.state.alarm.mode is AlarmMode.SILENT:
            assert "quiet" not in stuck(self.state, self.policy, self.now_ns)

    def teardown(self) -> None:
        """Left alone for two days the box is calm, and every alarm has had its end."""
        if not hasattr(self, "state"):
            return
        self._tell(OutputsFailed(""))
        self._wait(48 * 3600.0)
        assert frozenset() == self.on
        assert PanelPhase.IDLE is self.state.phase
        assert not self.is_owed
        assert self.revs.keys() == self.ended

    # --- how the model looks and listens

    def _wait(self, seconds: float) -> None:
        """As the thread does: a Tick at every deadline and one at the end."""
        left_ns = round(seconds * NS_PER_S)
        for _ in range(300):
            due_ns = deadline_ns(self.state, self.policy)
            if due_ns is None or due_ns > self.now_ns + left_ns:
                break
            step_ns = max(0, due_ns - self.now_ns)
            self._pass(step_ns)
            self._tell(Tick())
            left_ns -= step_ns
        else:
            raise AssertionError("deadlines without end")
        self._pass(left_ns)
        self._tell(Tick())

    def _pass(self, by_ns: int) -> None:
        """Let time go by and look at what changes by itself meanwhile."""
        end_ns = self.now_ns + by_ns
        for at_ns in sorted({*self._edges(end_ns), (self.now_ns + end_ns) // 2, end_ns}):
            self.passed_ns += at_ns - self.now_ns
            self.now_ns = at_ns
            self._look()

    def _edges(self, end_ns: int) -> Iterator[int]:
        edge_ns = next_end_ns(self.state, self.policy, self.now_ns)
        while edge_ns is not None and edge_ns <= end_ns:
            yield edge_ns - 1
            yield edge_ns
            edge_ns = next_end_ns(self.state, self.policy, edge_ns)

    def _tell(self, signal: Signal) -> tuple[list[Fact], Answer | None]:
        """Tell it and look. What was due already happens by a Tick first, so that facts are the signal's."""
        if not isinstance(signal, Tick):
            self._tell(Tick())
        self.ids += 1
        had = self.state.alarm
        after = step(self.state, signal, self.policy, self.now_ns, str(uuid.UUID(int=self.ids)))
        self.state = after.state
        if not after.facts and _is_renewed(had, self.state.alarm):
            self._renew()
        self._hear(after.facts, signal)
        self._look()
        return list(after.facts), after.answer

    def _renew(self) -> None:
        """By a person whose last join was told a moment ago: nothing is told."""
        assert self.state.alarm is not None
        assert self.passed_ns < self._join_told_by_ns(self.state.alarm.alarm_id)
        self.since_ns = dict.fromkeys(self.since_ns, self.passed_ns)

    def _join_told_by_ns(self, alarm_id: str) -> int:
        """When a person's next join is heard of, at the latest."""
        is_often = self.joins[alarm_id] >= JOINS_AT_ONCE
        return self.told_ns[alarm_id] + (JOIN_TOLD_LATER_NS if is_often else JOIN_TOLD_NS)

    def _resume(self, kept: bytes) -> None:
        """What alarms had on is on again, what a button or a self-test had is not; inputs are told anew."""
        before = wanted(self.state, self.policy, self.state.now_ns) if self.state.alarm else frozenset()
        had = self.state.alarm
        after = resume(reread(kept), self.now_ns, str(self.boot), self.policy)
        self.state = after.state
        self._hear(after.facts, Tick())
        self._look()
        if had is not None and not after.facts:
            assert self.on <= before
        assert not self.state.fault
        for name in INPUTS:
            self._tell(Pressed(name) if name in self.down else Released(name))

    def _remaining_s(self) -> float | None:
        view = view_of(self.state, self.policy, self.now_ns, version=1, since_utc=SINCE, faults=(),
                       mains=None, inputs={})
        return None if view.alarm is None else view.alarm.remaining_s

    def _check_answer(self, answer: Answer, facts: list[Fact]) -> None:
        """A raise is on, or joined, or refused, or waits for its entry delay: it is never just gone."""
        if answer.accepted:
            if not facts and answer.alarm_id:
                assert self.state.alarm is not None
                assert answer.alarm_id == self.state.alarm.alarm_id
                assert self.passed_ns < self._join_told_by_ns(answer.alarm_id), "told a moment ago"
            elif not facts:
                assert self.policy.entry_delay_ns
                self.is_owed = True
            else:
                assert [answer.alarm_id] == [fact.alarm_id for fact in facts]
                assert facts[0].phase in (AlarmPhase.RAISED, AlarmPhase.JOINED)
        else:
            assert [(answer.alarm_id, AlarmPhase.REFUSED, answer.refusal)] == [
                (fact.alarm_id, fact.phase, fact.refusal) for fact in facts]

    def _hear(self, facts: tuple[Fact, ...], signal: Signal) -> None:
        for fact in facts:
            assert self.revs[fact.alarm_id] == fact.rev, "revs are 0, 1, 2 ..."
            assert fact.alarm_id not in self.ended, "nothing comes after the end"
            self.revs[fact.alarm_id] += 1
            self.ended |= {fact.alarm_id} if fact.phase in ENDS else set()
            asker = fact.by or fact.raised_by
            self.is_owed &= RULE not in (fact.raised_by, asker)
            if fact.phase is AlarmPhase.RAISED and self.state.test is None:
                self.is_asked = self.consent = False
            if fact.phase is AlarmPhase.RAISED:
                assert fact.mode is not AlarmMode.SILENT or fact.outputs == ()
            if fact.phase is AlarmPhase.JOINED and asker.is_person:
                self.told_ns[fact.alarm_id] = self.passed_ns
                self.joins[fact.alarm_id] += 1
            if fact.phase in (AlarmPhase.RAISED, AlarmPhase.JOINED) and not isinstance(signal, Cancel):
                self._hear_asker(asker, signal)
            if fact.phase is AlarmPhase.RAISED or (fact.phase is AlarmPhase.JOINED and asker.is_person):
                self.since_ns = dict.fromkeys(self.since_ns, self.passed_ns)
        if facts and facts[-1].phase is AlarmPhase.RAISED:
            assert self.state.phase_in_books in IN_BOOKS[facts[-1].mode]

    def _hear_asker(self, asker: Actor, signal: Signal) -> None:
        assert asker.name not in self.done, "an input asks once until it is released"
        self.done |= {asker.name} & self.down
        self.is_asked |= asker.is_person and self._asks_for_siren(asker, signal)

    def _asks_for_siren(self, asker: Actor, signal: Signal) -> bool:
        if asker.cause is AlarmCause.BUTTON:
            return INPUTS[asker.name].kind is not InputKind.SILENT
        assert isinstance(signal, Raise), "a member's alarm is raised at once"
        return signal.mode is AlarmMode.SIREN

    def _look(self) -> None:
        on = wanted(self.state, self.policy, self.now_ns)
        self.since_ns = {name: self.since_ns.get(name, self.passed_ns) for name in on}
        alarm = self.state.alarm
        assert self.state.test is None or alarm is None or alarm.outward is None, "an alarm breaks it off"
        if self.state.test is not None:
            assert self.consent or not on & SIRENS, "no siren in a self-test without consent"
            for name in on - {"buzzer"}:
                assert self.passed_ns - self.since_ns[name] < limits.TEST_MAX_S * NS_PER_S
        self._listen(bool(on & SIRENS))
        self.on = on
        self._check_limits()

    def _listen(self, is_loud: bool) -> None:
        if is_loud and not self.is_loud and not self.is_asked:
            pause_ns = max(self.policy.pause_ns, round(limits.PAUSE_MIN_S * NS_PER_S))
            assert self.passed_ns - self.loud_until_ns >= pause_ns, "the pause binds all but persons"
            self.unasked_ns.append(self.passed_ns)
            last_hour = [at_ns for at_ns in self.unasked_ns if at_ns > self.passed_ns - NS_PER_HOUR]
            assert len(last_hour) <= self.policy.max_per_hour <= limits.PER_HOUR_MAX, "so does the count"
        if self.is_loud and not is_loud:
            self.loud_until_ns = self.passed_ns
        self.is_loud = is_loud


def _is_renewed(before: Alarm | None, after: Alarm | None) -> bool:
    if before is None or after is None:
        return False
    spans = ((before.siren, after.siren), (before.lights, after.lights), (before.silent, after.silent))
    return any(old is not None and new is not None and new.from_ns > old.from_ns for old, new in spans)


def _gist(fact: Fact) -> tuple[object, ...]:
    """All but the id, which is given by who looks."""
    return (fact.phase, fact.rev, fact.mode, fact.raised_by, fact.by, fact.refusal, fact.remaining_s,
            fact.outputs)


AlarmLaw.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
test_laws = AlarmLaw.TestCase
