"""What a phone is shown, whatever the panel says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.findings import Finding, Kind, State
from edge.base.values import NS_PER_S
from edge.base.words import LANGUAGES
from edge.config.model import OutputKind
from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase
from edge.ipc.health import Surroundings
from edge.ipc.panel import Actor, CallProgress, CallStage, Ongoing, Outward, PanelView
from edge.ipc.shown import visible
from edge.page.language import page_words
from edge.page.output_trial import outputs_of
from edge.page.scene import CallReach, Mark, Scene, Tone, raiser, rows_of, scene_of

STUCK = Finding(Kind.INPUT, "door", State.BAD, "input-stuck", what="tamper")
KINDS = {"siren": OutputKind.SIREN, "flood": OutputKind.FLOOD, "left": OutputKind.STROBE,
         "right": OutputKind.STROBE}
AROUND = Surroundings({"ngo": "ok", "cong": "lost", "sau": "new-word"}, True, "Tổ 12")
LAN = Actor(AlarmCause.MEMBER, "Lan", "m-1")

actors = st.builds(Actor, st.sampled_from(AlarmCause), st.text(max_size=40),
                   st.sampled_from(["", "m-1", "m-2"]))
alarms = st.builds(Ongoing, st.just("a"), st.sampled_from(AlarmMode), actors, st.integers(0, 10 * NS_PER_S),
                   st.just("2026-11-23T03:20:00.000Z"), st.floats(0, 3600), st.none() | st.floats(0, 120),
                   progress=st.builds(CallProgress, st.sampled_from(CallStage)))
outwards = st.builds(Outward, st.lists(actors, max_size=3).map(tuple), st.sampled_from(PanelPhase),
                     st.none() | alarms)
views = st.builds(
    PanelView, st.integers(), st.sampled_from(PanelPhase), st.booleans(), st.none() | st.floats(0, 300),
    st.none() | alarms, st.dictionaries(st.sampled_from([*KINDS, "other"]), st.booleans()),
    st.lists(st.text(max_size=40), max_size=2).map(tuple), st.none() | st.booleans(),
    st.none() | outwards)
surroundings = st.builds(Surroundings, st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
                         st.booleans(), st.text(max_size=20))


def shown(view: PanelView, around: Surroundings = AROUND, viewer: str = "m-1") -> Scene:
    return scene_of(visible(view, viewer), KINDS, around, 20 * NS_PER_S)


@given(views, surroundings, st.sampled_from(["", "m-1", "m-2"]), st.sampled_from(LANGUAGES))
def test_everything_can_be_said(view: PanelView, around: Surroundings, viewer: str, language: str) -> None:
    """
    Whatever the panel says, there are words for it in both languages.
    """
    words, seen = page_words(language), visible(view, viewer)
    scene = scene_of(seen, KINDS, around, 20 * NS_PER_S)
    said = [words.say(text) for text in (scene.headline, *scene.details)]
    said += [words(key) for key in scene.steps] + ([words(scene.left)] if scene.left else [])
    said += [words.say(text) for row in rows_of(seen, KINDS, around) for text in (row.label, row.value)]
    assert all(said)


@given(views, surroundings, st.sampled_from(["", "m-1", "m-2"]))
def test_a_silent_call_is_seen_by_its_callers_alone(view: PanelView, around: Surroundings,
                                                    viewer: str) -> None:
    """
    For everybody else the scene is the one that it would be without it; no field of the view tells of it.
    """
    if view.outward is None or viewer in {it.member_id for it in view.outward.callers} - {""}:
        assert view == visible(view, viewer)
    else:
        without = replace(view, alarm=view.outward.alarm, phase=view.outward.phase, outward=None)
        assert without == visible(view, viewer)
        assert shown(without, around, viewer) == shown(view, around, viewer)


def test_each_silent_caller_sees_the_call() -> None:
    """
    Who calls in silence after somebody else has the same word that it was received; a third has none.
    """
    alarm = Ongoing("a", AlarmMode.SILENT, LAN, 0, "2026-11-23T03:20:00.000Z", 75.0)
    outward = Outward((LAN, Actor(AlarmCause.MEMBER, "Bình", "m-2")), PanelPhase.IDLE, None)
    view = PanelView(1, PanelPhase.SILENT, True, alarm=alarm, outward=outward)
    tones = [shown(view, viewer=who).tone for who in ("m-1", "m-2", "m-3")]
    assert [Tone.QUIET, Tone.QUIET, Tone.CALM] == tones


def test_the_silent_callers_own_scene_is_quiet() -> None:
    """
    He sees that it was received, and can end it; the box's fault or rest is what all others see meanwhile.
    """
    alarm = Ongoing("a", AlarmMode.SILENT, LAN, 0, "2026-11-23T03:20:00.000Z", 75.0)
    for phase, tone in ((PanelPhase.FAULT, Tone.FAULT), (PanelPhase.COOLDOWN, Tone.CALM)):
        view = PanelView(1, PanelPhase.SILENT, True, alarm=alarm, outward=Outward((LAN,), phase, None))
        assert (Tone.QUIET, True) == (shown(view).tone, shown(view).can_cancel)
        others = shown(view, viewer="m-2")
        assert (tone, False, None) == (others.tone, others.can_cancel, others.alarm)


@given(views, surroundings)
def test_the_siren_is_told_only_while_it_is_on(view: PanelView, around: Surroundings) -> None:
    """
    "The siren is sounding" stands there only if the view has a siren on.
    """
    on = [name for name, is_on in view.outputs.items() if is_on]
    if shown(view, around).headline.key == "scene-siren":
        assert "siren" in on
    for row, (name, kind) in zip(rows_of(view, KINDS, around)[1:], KINDS.items(), strict=False):
        assert (row.mark is Mark.ON) == (name in on and view.phase is not PanelPhase.FAULT), (name, kind)


def test_light_first_counts_down_to_the_siren() -> None:
    """
    While the light is on alone, the clock runs towards the siren; then towards the end.
    """
    alarm = Ongoing("a", AlarmMode.SIREN, LAN, 0, "2026-11-23T03:20:00.000Z", 75.0, siren_in_s=12.0)
    view = PanelView(1, PanelPhase.LIGHT, True, alarm=alarm, outputs={"siren": False, "flood": True})
    first = shown(view)
    then = shown(replace(view, phase=PanelPhase.SOUNDING, outputs={"siren": True, "flood": True},
                         alarm=replace(alarm, siren_in_s=None)))
    assert ("scene-light", "left-siren", 12.0, 20.0) == (
        first.headline.key, first.left, first.left_s, first.since_s)
    assert ("scene-siren", "left-end", 75.0) == (then.headline.key, then.left, then.left_s)


def test_a_ward_out_of_reach_is_told_in_an_alarm() -> None:
    """
    Who calls learns that the police do not know yet; the silent caller by a word that gives nothing away.
    """
    alarm = Ongoing("a", AlarmMode.SIREN, LAN, 0, "2026-11-23T03:20:00.000Z", 75.0)
    view = PanelView(1, PanelPhase.SOUNDING, True, alarm=alarm, outputs={"siren": True})
    assert "ward-not-told" in [text.key for text in shown(view, Surroundings()).details]
    assert "ward-not-told" not in [text.key for text in shown(view).details]
    quiet = replace(view, phase=PanelPhase.SILENT, alarm=replace(alarm, mode=AlarmMode.SILENT))
    assert "scene-silent-waits" == shown(quiet, Surroundings()).headline.key


def test_how_far_a_call_has_come() -> None:
    """
    At the box, on its way, at the ward: the last by the ward's word, which no lost connection takes back.
    """
    alarm = Ongoing("a", AlarmMode.SIREN, LAN, 0, "2026-11-23T03:20:00.000Z", 75.0)
    view = PanelView(1, PanelPhase.SOUNDING, True, alarm=alarm, outputs={"siren": True})
    told = replace(view, alarm=replace(alarm, progress=CallProgress(CallStage.WARD)))
    for seen, around, stage, key in (
            (view, Surroundings(), CallReach.BOX, "scene-silent-waits"),
            (view, AROUND, CallReach.WAY, "scene-silent"),
            (told, AROUND, CallReach.WARD, "scene-silent-told"),
            (told, Surroundings(), CallReach.WARD, "scene-silent-told")):
        assert stage is shown(seen, around).stage
        assert seen.alarm is not None
        quiet = replace(seen, phase=PanelPhase.SILENT, alarm=replace(seen.alarm, mode=AlarmMode.SILENT))
        assert key == shown(quiet, around).headline.key


def test_an_output_that_cannot_be_driven_is_no_output_that_is_off() -> None:
    """
    In a fault, and where the panel does not know one, the row says so.
    """
    for view in (PanelView(1, PanelPhase.FAULT, True, outputs={"siren": False}),
                 PanelView(1, PanelPhase.IDLE, True)):
        row = rows_of(view, KINDS, AROUND)[1]
        assert (Mark.BAD, "output-unknown") == (row.mark, row.value.key)


@pytest.mark.parametrize(("on", "faults", "key"), [
    (False, (), "output-well"), (False, (STUCK,), "output-unwell"), (True, (), "output-on")])
def test_a_beacon_is_never_off(on: bool, faults: tuple[Finding, ...], key: str) -> None:
    """
    Whoever sees it wink reads what it tells of the box, in the state and where outputs are tried.
    """
    view = PanelView(1, PanelPhase.IDLE, True, outputs={"den": on}, faults=faults)
    kinds = {"den": OutputKind.BEACON}
    assert [key, key] == [rows_of(view, kinds, AROUND)[1].value.key,
                          outputs_of(view, kinds, {}, 0)[0].value.key]


@pytest.mark.parametrize("cause", list(AlarmCause))
def test_who_called_is_named(cause: AlarmCause) -> None:
    """
    Every cause has words with its name in them, but the end by time.
    """
    for language in LANGUAGES:
        text = page_words(language).say(raiser(Actor(cause, "Gate 7", "")))
        assert cause is AlarmCause.TIME or "Gate 7" in text
