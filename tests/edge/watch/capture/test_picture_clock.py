from __future__ import annotations

from edge.base.values import NS_PER_S
from edge.watch.capture.picture_clock import Blindness, PictureClock


def _at(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def test_a_missing_key_frame_is_said_once_and_given_up_late() -> None:
    """
    Packets without a key frame: nothing to decode, said after five seconds, and opened anew after a minute.
    """
    clock, said = PictureClock(10), list[tuple[float, object]]()
    for second in range(100, 162):
        assert not clock.arrived(False, _at(second))
        if (found := clock.blindness(_at(second))) is not None:
            said.append((second, found[0]))

    assert [(105, Blindness.NO_KEY_FRAME), (160, Blindness.HOPELESS), (161, Blindness.HOPELESS)] == said


def test_the_first_key_frame_ends_it() -> None:
    """
    From then on each packet may be decoded, and none is missed.
    """
    clock = PictureClock(10)
    assert not clock.arrived(False, _at(1))
    assert clock.arrived(True, _at(2))
    clock.decoded(1, _at(2))
    assert clock.arrived(False, _at(90))
    assert clock.blindness(_at(90)) is None


def test_garbage_is_no_picture_from_its_first_packet_on() -> None:
    """
    What cannot be decoded does not count as a picture: after the stall time it is said, unless one came.
    """
    clock = PictureClock(5)
    clock.arrived(True, _at(0))
    clock.decoded(0, _at(10))
    clock.decoded(0, _at(14.9))
    assert clock.blindness(_at(14.9)) is None
    clock.decoded(1, _at(15))
    assert clock.blindness(_at(20)) is None
    clock.decoded(0, _at(20))
    clock.decoded(0, _at(25))
    assert clock.blindness(_at(25)) == (Blindness.GARBLED, 5.0)


def test_one_damaged_key_frame_of_an_idle_camera_is_no_garbage() -> None:
    """
    Of a camera that is decoded by its key frames alone, ten seconds apart, one lost packet closes nothing;
    the second key frame in vain does.
    """
    clock = PictureClock(5)
    clock.arrived(True, _at(0))
    clock.decoded(1, _at(0))
    clock.decoded(0, _at(10))
    assert clock.blindness(_at(19.9)) is None
    clock.decoded(0, _at(20))
    assert clock.blindness(_at(20)) == (Blindness.GARBLED, 10.0)
