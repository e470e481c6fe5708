"""What of a camera's packets is decoded: little while nothing moves, and nothing of a beginning is lost."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from edge.base.values import NS_PER_S
from edge.watch.capture import decoding
from edge.watch.capture.decoding import DecodeStep, DecodingPlan

FPS = 10


@dataclass(frozen=True)
class CodedPacket:
    """A packet, numbered as they come."""

    number: int
    is_key: bool
    bytes: int = 1000

    @property
    def mono_ns(self) -> int:
        return self.number * NS_PER_S // FPS


def coded(count: int, interval: int, each_bytes: int = 1000) -> list[CodedPacket]:
    return [CodedPacket(number, number % interval == 0, each_bytes) for number in range(count)]


def numbers(steps: object) -> list[int]:
    assert isinstance(steps, list)
    return [step.packet.number for step in steps]


def test_a_relaxed_camera_is_decoded_by_its_key_frames_alone() -> None:
    """
    While nothing moves each key frame is glanced at by itself, and nothing else costs anything.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=True)
    steps = [step for packet in coded(61, 20) for step in plan.take(packet, awake=False)]

    assert steps == [DecodeStep(CodedPacket(number, True), light=True, glance=True)
                     for number in (0, 20, 40, 60)]


def test_what_led_to_a_motion_is_decoded_from_its_beginning() -> None:
    """
    The interval before the key frame in which something moves comes first, then that, then all the rest.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=True)
    packets = coded(45, 20)
    for packet in packets[:41]:
        plan.take(packet, awake=False)

    assert numbers(plan.rewind()) == list(range(20, 41))
    later = [list(plan.take(packet, awake=True)) for packet in packets[41:]]
    assert later == [[DecodeStep(packet)] for packet in packets[41:]]


def test_a_wake_amid_an_interval_begins_with_its_key_frame() -> None:
    """
    Whatever wakes it, a decoder never gets a packet without those that it needs, and none twice.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=True)
    packets = coded(30, 20)
    for packet in packets[:25]:
        plan.take(packet, awake=False)

    assert numbers(plan.take(packets[25], awake=True)) == [20, 21, 22, 23, 24, 25]
    assert numbers(plan.take(packets[26], awake=True)) == [26]


@pytest.mark.parametrize("each_bytes", [decoding.KEPT_BYTES // 10, 1])
def test_an_interval_that_is_too_long_is_not_kept(each_bytes: int) -> None:
    """
    Memory and the time to catch up are bounded: the key frame alone is decoded, then what comes.
    """
    interval = decoding.KEPT_PACKETS + 10
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=True)
    for packet in coded(interval + 1, interval, each_bytes):
        plan.take(packet, awake=False)

    assert numbers(plan.rewind()) == [interval]


def test_a_prompt_camera_is_decoded_whole_and_without_the_filter() -> None:
    """
    Every picture is there to be looked at; the filter comes back with the first key frame after a wake.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=False)
    lights = [step.light for packet in coded(50, 20)
              for step in plan.take(packet, awake=packet.number >= 25)]

    assert lights == [True] * 40 + [False] * 10


@pytest.mark.parametrize("interval", [1, 5])
def test_key_frames_that_come_often_are_enough_for_a_prompt_camera(interval: int) -> None:
    """
    Two key frames a second and more are looked at twice a second, and nothing between is decoded.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=False)
    packets = coded(100, interval)
    for packet in packets[:20]:
        plan.take(packet, awake=False)
    steps = [step for packet in packets[20:] for step in plan.take(packet, awake=False)]

    assert all(step.glance and step.packet.is_key for step in steps)
    assert len(steps) == pytest.approx(16, abs=1)


def test_nothing_is_decoded_before_the_first_key_frame() -> None:
    """
    Joined amid an interval, a camera that is awake waits for what can be decoded.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=True)
    packets = [CodedPacket(number, number == 7) for number in range(10)]
    found = [numbers(list(plan.take(packet, awake=True))) for packet in packets]

    assert found == [[]] * 7 + [[7], [8], [9]]


def test_a_prompt_camera_is_not_blind_after_an_extra_key_frame() -> None:
    """
    An encoder that puts a key frame in where the scene changes, and then none for ten seconds, is decoded
    whole again half a second after it.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=False)
    packets = [CodedPacket(number, number in (0, 4, 100)) for number in range(101)]
    steps = [numbers(list(plan.take(packet, awake=False))) for packet in packets]

    assert steps[9] == []
    assert steps[10] == list(range(4, 11))
    assert steps[11:100] == [[number] for number in range(11, 100)]


def test_what_was_decoded_light_is_decoded_anew_where_it_is_doubted() -> None:
    """
    With the filter, from the key frame on, and what comes after it as well, up to the next key frame; not
    where that is due anyway, and not twice.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=False)
    packets = coded(60, 20)
    steps = [list(plan.take(packet, awake=False, filters=packet.number in (38, 50, 52)))
             for packet in packets]

    assert steps[38] == [DecodeStep(packets[38], light=True)]
    assert steps[50] == [DecodeStep(packet) for packet in packets[40:51]]
    assert steps[51:] == [[DecodeStep(packet)] for packet in packets[51:]]


def test_what_is_not_kept_is_not_decoded_anew() -> None:
    """
    Of an interval that is too long to be kept, decoding goes on as it is.
    """
    plan: DecodingPlan[CodedPacket] = DecodingPlan(relaxed=False)
    packets = coded(40, 1000, decoding.KEPT_BYTES // 10)
    steps = [list(plan.take(packet, awake=False, filters=packet.number > 20)) for packet in packets]

    assert steps[20:] == [[DecodeStep(packet, light=True)] for packet in packets[20:]]
