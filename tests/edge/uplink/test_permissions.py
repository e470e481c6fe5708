"""What each sender may have written: a taken-over watch speaks in nobody else's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.contract.messages import CameraState
from edge.contract.topics import Root
from edge.ipc.channels import Program
from edge.journal.entry import Entry, Rank
from edge.uplink.permissions import Permissions
from tests.edge.journal.entries import ROOT
from tests.edge.uplink import records

PERMISSIONS = Permissions(ROOT, ("gate", "yard"))
WATCH, GUARD = Program.WATCH, Program.GUARD


@pytest.mark.parametrize(("sender", "entry"), [
    (WATCH, records.event()),
    (WATCH, records.event(pictures=3)),
    (WATCH, records.event(camera="gone", rank=Rank.END, ongoing=False, pictures=0)),
    (WATCH, records.health(state=CameraState.OK)),
    (GUARD, records.alarm()),
    (GUARD, records.panel()),
    (GUARD, records.result()),
    (GUARD, records.health()),
])
def test_what_each_makes_may_be_written(sender: Program, entry: Entry) -> None:
    """
    Records as watch and guard make them pass; the end of an event also where its camera has left the config.
    """
    assert PERMISSIONS.breach(sender, entry) is None


EVENT, ALARM = records.event("e1"), records.alarm()
PICTURE = EVENT.pictures[0]


def with_picture(**changes: Any) -> Entry:
    return replace(EVENT, pictures=(replace(PICTURE, **changes),))


@pytest.mark.parametrize(("sender", "entry"), [
    pytest.param(WATCH, records.alarm(), id="an alarm"),
    pytest.param(WATCH, records.panel(), id="the panel"),
    pytest.param(WATCH, records.result(), id="an answer to a command"),
    pytest.param(GUARD, records.event(), id="guard an event"),
    pytest.param(GUARD, records.health(state=CameraState.OK), id="guard says that all is well"),
    pytest.param(WATCH, records.health("elsewhere"), id="a camera that is not there"),
    pytest.param(WATCH, records.event(camera="elsewhere"), id="an event of one that is not there"),
    pytest.param(WATCH, records.event(rank=Rank.ALARM), id="a rank that is never shed"),
    pytest.param(WATCH, records.event(rank=Rank.ALERT_IMAGE), id="a rank of pictures"),
    pytest.param(WATCH, records.event(retain=True), id="retained for ever"),
    pytest.param(WATCH, records.event(type="edgebox.alarm.raised"), id="another type"),
    pytest.param(WATCH, records.event(topic=Root("w", "g", "b").event("gate", "enter")), id="another box"),
    pytest.param(WATCH, records.event(topic=ROOT.event("gate", "cross")), id="another kind"),
    pytest.param(WATCH, records.event(topic=ROOT.topic("event/gate/enter/more")), id="a longer topic"),
    pytest.param(WATCH, records.event(topic=ROOT.topic("event/+/enter")), id="a wildcard"),
    pytest.param(WATCH, records.event(topic=ROOT.topic("cmd/siren")), id="a command"),
    pytest.param(WATCH, records.event(topic="edge"), id="no topic"),
    pytest.param(WATCH, records.event(subject="yard"), id="another subject"),
    pytest.param(WATCH, records.event(data='{}, "seq": 7, "x": {}'), id="data that leaves its place"),
    pytest.param(WATCH, records.event(data="[]"), id="data that is no object"),
    pytest.param(WATCH, replace(EVENT, event_id="e2"), id="another event than the data's"),
    pytest.param(WATCH, records.event(rev=3), id="another rev than the data's"),
    pytest.param(WATCH, records.event(ongoing=False), id="an end that is none"),
    pytest.param(WATCH, with_picture(topic=ROOT.alarm), id="a picture as alarm"),
    pytest.param(WATCH, with_picture(rank=Rank.ALARM), id="a picture of a rank that is never shed"),
    pytest.param(WATCH, with_picture(jpeg=b"MZ"), id="a picture that is none"),
    pytest.param(WATCH, with_picture(event_id="e2"), id="a picture of another event"),
    pytest.param(GUARD, replace(ALARM, id="a1.7"), id="an alarm under another's id"),
    pytest.param(GUARD, replace(ALARM, pictures=(PICTURE,)), id="an alarm with a picture"),
    pytest.param(GUARD, replace(ALARM, topic=ROOT.topic("alarm/more")), id="a longer alarm"),
])
def test_what_none_of_them_makes_is_refused(sender: Program, entry: Entry) -> None:
    """
    Each foreign form is named; none passes.
    """
    assert PERMISSIONS.breach(sender, entry)


@pytest.mark.parametrize(("sender", "name", "may"), [
    (WATCH, "frames_decoded.gate", True), (WATCH, "records", True), (WATCH, "lost_recorder_new", True),
    (WATCH, "lost_alarm", False), (WATCH, "journal_lost", False), (WATCH, "commands_unanswered", False),
    (GUARD, "commands_unanswered", True), (GUARD, "records", False),
])
def test_counters_have_their_owners(sender: Program, name: str, may: bool) -> None:
    """
    Nobody makes the ward believe in losses, or hides them among another's counts.
    """
    assert may is PERMISSIONS.may_count(sender, name)
