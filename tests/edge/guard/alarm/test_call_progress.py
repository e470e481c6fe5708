"""How far an alarm's word has come, for those who called and for those who must not know of a silent call."""

from __future__ import annotations

from edge.contract.messages import AlarmCause, AlarmMode, AlarmPhase, Who
from edge.guard.alarm.call_progress import RecordProgress, progress_of
from edge.ipc.panel import CallProgress, CallStage
from tests.edge.guard.alarm.played import BUTTON, MEMBER, OTHER, WARD, Played
from tests.edge.guard.alarm.played import call as raised
from tests.edge.uplink.records import call

HERE, UPLINK = CallProgress(CallStage.HERE), CallProgress(CallStage.UPLINK)
EARLY, LATE = (CallProgress(CallStage.WARD, f"2026-11-23T00:00:0{second}.000Z") for second in (1, 2))


def record(rev: int, progress: CallProgress, phase: AlarmPhase, cause: AlarmCause) -> RecordProgress:
    data = call(rev, phase).model_copy(update={"by": Who(cause=cause, name="x")})
    return RecordProgress.of(data, progress)


def test_what_people_ask_counts_and_the_least_far_of_it() -> None:
    """
    A rule's join and an end change nothing; of what has arrived, the last tells since when.
    """
    begun = record(0, EARLY, AlarmPhase.RAISED, AlarmCause.RULE)
    joined = record(1, LATE, AlarmPhase.JOINED, AlarmCause.MEMBER)
    others = [record(2, HERE, AlarmPhase.JOINED, AlarmCause.RULE),
              record(3, HERE, AlarmPhase.ENDED, AlarmCause.TIME)]

    assert LATE == progress_of([begun, joined, *others], None, CallStage.WARD)
    for progress in (HERE, UPLINK):
        again = record(4, progress, AlarmPhase.JOINED, AlarmCause.BUTTON)
        assert progress == progress_of([begun, joined, again], None, CallStage.WARD)
    assert HERE == progress_of([begun, joined, *others], frozenset({2}), CallStage.WARD)
    assert CallProgress(CallStage.BROKER) == progress_of([begun], frozenset({7}), CallStage.BROKER)


def test_what_others_see_is_of_the_record_that_made_it_loud() -> None:
    """
    Neither a silent call before it nor one within it counts: that the ward has had the alarm for long, or has
    not all of it yet, would tell of the call.
    """
    before = Played()
    for request in (raised(MEMBER, AlarmMode.SILENT), raised(OTHER, AlarmMode.SILENT), raised(BUTTON)):
        before.tell(request)
    within = Played()
    for request in (raised(BUTTON), raised(MEMBER, AlarmMode.SILENT)):
        within.tell(request)
    assert [{2}, {0}] == [set(_loud_revs(before)), set(_loud_revs(within))]

    before.wait(60)         # the siren is over, the silent calls are not
    before.tell(raised(WARD, AlarmMode.LIGHT))
    assert {before.facts[-1].rev} == _loud_revs(before) == {3}


def test_a_press_within_a_silent_call_shows_its_own_way() -> None:
    """
    As without one: whoever joins aloud sees their own call on its way, not that of the beginning, which the
    ward has had for long. The silent call before it and the one after it do not count.
    """
    box = Played()
    for request in (raised(BUTTON), raised(MEMBER, AlarmMode.SILENT), raised(OTHER),
                    raised(MEMBER, AlarmMode.SILENT)):
        box.tell(request)
        box.wait(11)

    assert {0, 2} == _loud_revs(box)


def _loud_revs(box: Played) -> frozenset[int]:
    """The revs that are asked for, for those who did not call in silence."""
    asked = dict[bool, frozenset[int] | None]()

    def progress(_alarm_id: str, revs: frozenset[int] | None) -> CallProgress:
        asked[revs is None] = revs
        return HERE

    assert box.view_with(progress).outward is not None
    assert asked[True] is None
    revs = asked[False]
    assert revs is not None
    return revs
