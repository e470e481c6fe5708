"""The schedule of looks: urgent first, fair among equals, and nobody starves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import CameraSettings, RuleKind, RuleSettings
from edge.contract.messages import AlarmWish
from edge.watch.capture.gate import Motion
from edge.watch.rules.places import alarm_places
from edge.watch.turns import WAIT_MOST_S, Claim, Urgency, next_camera, urgency_of

_MS = NS_PER_S // 1000
SIZE_PX = (640, 360)


def moving(*regions: Rect) -> Motion:
    return Motion(passes=True, moved=bool(regions), regions=regions, light_changed=False)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.builds(
    Claim, st.sampled_from(Urgency), st.integers(0, 10 ** 9), st.integers(0, 10 ** 9)), min_size=1))
def test_the_most_urgent_goes_first(claims: dict[str, Claim]) -> None:
    """
    While nobody has waited for long, no one is served before who is more urgent, or as urgent and served
    less lately.
    """
    chosen = next_camera(claims, 0, 10 ** 9)
    assert chosen is not None
    rank = claims[chosen].urgency, claims[chosen].served_ns
    assert rank == min((claim.urgency, claim.served_ns) for claim in claims.values())


def test_nobody_waits() -> None:
    """
    Where no camera waits, none is served.
    """
    assert next_camera({}, 0, 0) is None


@given(st.data())
def test_nobody_starves(data: st.DataObject) -> None:
    """
    Whatever others put at whatever needs, nobody waits longer than WAIT_MOST_S, or than one look at each of
    the cameras where that is longer, when no look lasts longer than what the schedule was given.
    """
    names = [f"cam-{number}" for number in range(data.draw(st.integers(1, 12)))]
    longest_ns = data.draw(st.integers(1, 400)) * _MS
    needs = {name: data.draw(st.sampled_from(Urgency), label=name) for name in names}
    now_ns, claims, served_ns = 10 ** 9, dict[str, Claim](), dict.fromkeys(names, 0)
    lasting = data.draw(st.lists(st.integers(1, longest_ns // _MS), min_size=1, max_size=6))
    often = data.draw(st.sets(st.sampled_from(names), min_size=1))
    for turn in range(60):
        for name in names if turn % 7 == 0 else often:
            claims.setdefault(name, Claim(needs[name], now_ns, served_ns[name]))
        chosen = next_camera(claims, longest_ns, now_ns)
        assert chosen is not None
        waited_ns = now_ns - claims.pop(chosen).since_ns
        assert waited_ns <= max(WAIT_MOST_S * NS_PER_S, len(names) * longest_ns)
        served_ns[chosen] = now_ns
        now_ns += lasting[turn % len(lasting)] * _MS


@given(st.integers(2, 8), st.sampled_from(Urgency), st.integers(1, 200))
def test_equals_have_equal_shares(count: int, urgency: Urgency, service_ms: int) -> None:
    """
    Cameras that always wait, and need a look as much as one another, have one each in every round.
    """
    names = [f"cam-{number}" for number in range(count)]
    served_ns = dict.fromkeys(names, 0)
    now_ns, order = 10 ** 9, list[str]()
    since_ns = dict.fromkeys(names, now_ns)
    for _ in range(5 * count):
        claims = {name: Claim(urgency, since_ns[name], served_ns[name]) for name in names}
        chosen = next_camera(claims, service_ms * _MS, now_ns)
        assert chosen is not None
        order.append(chosen)
        served_ns[chosen] = since_ns[chosen] = now_ns = now_ns + service_ms * _MS
    assert dict.fromkeys(names, 5) == {name: order.count(name) for name in names}


def test_what_is_urgent() -> None:
    """
    Motion at a zone whose rule asks for the alarm and motion that has just begun come first, a missed track
    next, other motion after it, and a picture in which nothing moves last.
    """
    gate, elsewhere = Rect(100, 200, 140, 300), Rect(500, 20, 520, 60)
    places = (Rect(0.1, 0.5, 0.3, 1.0),)

    def urgency(motion: Motion, *, fresh: bool = False, losing: bool = False) -> Urgency:
        return urgency_of(motion, places, SIZE_PX, fresh=fresh, losing=losing)

    assert urgency(moving(elsewhere, gate), losing=True) is Urgency.URGENT
    assert urgency(moving(elsewhere), fresh=True) is Urgency.URGENT
    assert urgency(moving(elsewhere), losing=True) is Urgency.LOSING
    assert urgency(moving(elsewhere)) is Urgency.MOVING
    assert urgency(moving()) is Urgency.RESTING


def test_where_rules_ask_for_the_alarm() -> None:
    """
    A rect around the zone of each rule with `alarm`, a little larger; the whole picture where it has none.
    """
    zones = {"yard": ((0.2, 0.4), (0.6, 0.4), (0.5, 0.9)), "street": ((0.0, 0.0), (1.0, 0.0), (0.5, 0.2))}
    rules = {"quiet": RuleSettings(kind=RuleKind.ENTER, zone="street"),
             "loud": RuleSettings(kind=RuleKind.ENTER, zone="yard", alarm=AlarmWish.LIGHT)}
    camera = CameraSettings(source="x.mp4", zones=zones, rules=rules)
    place, = alarm_places(camera)
    assert [0.15, 0.35, 0.65, 0.95] == [round(each, 6) for each in (place.x0, place.y0, place.x1, place.y1)]
    everywhere = RuleSettings(kind=RuleKind.ENTER, alarm=AlarmWish.SIREN)
    assert (Rect(0, 0, 1, 1),) == alarm_places(camera.model_copy(update={"rules": {"any": everywhere}}))
