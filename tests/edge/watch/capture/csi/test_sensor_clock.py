from __future__ import annotations

from edge.watch.capture.csi.sensor_clock import SensorClock

MS = 1_000_000
BEGAN_NS = 24_675_704_000_000


def _placed(clock: SensorClock, sensor_ns: int, exposure_ns: int = 10 * MS) -> float:
    media_s = clock.place(sensor_ns, exposure_ns)
    assert media_s is not None
    return media_s


def test_a_picture_is_as_old_as_its_exposure() -> None:
    """
    Its time is the sensor's stamp minus the exposure, however late it is taken up.
    """
    clock = SensorClock()
    for number, late_ns in enumerate((30 * MS, 30 * MS, 5_000 * MS, 1 * MS)):
        sensor_ns = BEGAN_NS + number * 66 * MS
        media_s = _placed(clock, sensor_ns)
        assert sensor_ns - 10 * MS == clock.stamp(media_s, sensor_ns + late_ns)
        assert round(media_s * 1000) == number * 66


def test_the_same_picture_again_is_none() -> None:
    """
    A stamp that stands still or goes back tells that nothing new was seen.
    """
    clock = SensorClock()
    assert clock.place(BEGAN_NS, 0) == 0.0
    assert [None, None] == [clock.place(BEGAN_NS, 0), clock.place(BEGAN_NS - MS, 0)]
    assert clock.place(BEGAN_NS + MS, 0) == 0.001


def test_time_only_goes_on() -> None:
    """
    An exposure that grows from one picture to the next, or a sensor ahead of our clock, turns no time back.
    """
    clock = SensorClock()
    exposures_ns = (1 * MS, 100 * MS, 100 * MS, 1 * MS)
    places = [_placed(clock, BEGAN_NS + n * 50 * MS, ns) for n, ns in enumerate(exposures_ns)]
    stamps = [clock.stamp(place, BEGAN_NS + 40 * MS) for place in places]

    assert sorted(set(places)) == places
    assert sorted(set(stamps)) == stamps
    assert stamps[-1] <= BEGAN_NS + 41 * MS         # not in the future, but for keeping the order
