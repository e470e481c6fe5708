"""Who is the subject of a picture, and who is there by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from edge.base.values import NS_PER_S, Detection, Rect, Track
from edge.watch.evidence.company import belongs, others_of, people, pixelated, shown_of

RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 256, (360, 640, 3), dtype=np.uint8)
MAN, OTHER = Rect(100, 100, 140, 220), Rect(300, 100, 340, 220)


def track(track_id: int, rect: Rect = MAN, label: str = "person", riders: int = 0,
          mount: int | None = None) -> Track:
    path = ((0, rect.foot[0] - 90, rect.foot[1]), (NS_PER_S, *rect.foot))
    return Track(track_id, label, 0.8, rect, 0, NS_PER_S, True, path, riders, mount)


def blocks(pixels: npt.NDArray[np.uint8], rect: Rect) -> int:
    """How many different colours are left there."""
    part = pixels[int(rect.y0):int(rect.y1), int(rect.x0):int(rect.x1)]
    return len(np.unique(part.reshape(-1, 3), axis=0))


def test_machine_and_riders_are_one_subject() -> None:
    """
    Whoever rides it belongs to a motorbike, it to them, and they to one another; nobody else does.
    """
    bike, driver, pillion = track(1, label="motorcycle", riders=2), track(2, mount=1), track(3, mount=1)
    walker = track(4, OTHER)

    assert all(belongs(one, other) for one in (bike, driver, pillion) for other in (bike, driver, pillion))
    assert [OTHER] == others_of(bike, [bike, driver, pillion, walker])
    assert [MAN, MAN, MAN] == others_of(walker, [bike, driver, pillion, walker])


def test_a_picture_shows_rider_and_machine_whole() -> None:
    """
    Of a rider the machine as well; above a machine on which nobody was counted there is room for a head.
    """
    machine, rider = track(1, Rect(100, 200, 160, 300), "motorcycle", riders=1), track(2, MAN, mount=1)

    assert Rect(100, 100, 160, 300) == shown_of(rider, [machine, rider])
    assert Rect(100, 188, 160, 300) == shown_of(machine, [machine, rider])
    assert Rect(100, 144, 160, 300) == shown_of(replace(machine, riders=0), [machine])
    assert Rect(0, 240, 150, 400) == shown_of(track(4, Rect(0, 300, 150, 400), "motorcycle"), [])
    assert Rect(100, 188, 130, 300) == shown_of(track(4, Rect(100, 200, 130, 300), "motorcycle"), [])
    assert MAN == shown_of(track(3), [machine, rider])


def test_everybody_but_the_subject_is_a_stranger() -> None:
    """
    People, ridden two-wheelers, and people whom no track stands for yet; no parked machine and no car.
    """
    subject, walker = track(1), track(2, OTHER)
    ridden = track(3, Rect(400, 100, 460, 200), "motorcycle", riders=1)
    parked, car = track(4, Rect(500, 100, 560, 200), "motorcycle"), track(5, Rect(0, 0, 90, 90), "car")
    newcomer = Rect(200, 100, 240, 220)
    found = [Detection(rect, "person", score) for rect, score in (
        (MAN, 0.9), (OTHER, 0.5), (newcomer, 0.3), (Rect(600, 300, 620, 350), 0.1))]
    seen = people([subject, walker, ridden, parked, car], [*found, Detection(newcomer, "car", 0.9)])

    assert [OTHER, ridden.rect, newcomer] == seen.besides(subject, NS_PER_S)
    assert [MAN, OTHER, ridden.rect, newcomer] == seen.besides(car, NS_PER_S)


def test_a_subject_that_was_not_yet_followed_is_known_by_its_path() -> None:
    """
    In a view from before, the one who is found where the path begins is no stranger.
    """
    then = Rect(10, 100, 50, 220)
    seen = people([], [Detection(then, "person", 0.5), Detection(OTHER, "person", 0.5)])

    assert [OTHER] == seen.besides(track(1), 0)
    assert [then, OTHER] == seen.besides(track(1), NS_PER_S)


def test_a_crowd_is_its_own_subject() -> None:
    """
    Of a crowd those are strangers who stand outside of it.
    """
    seen = people([track(1), track(2, OTHER)], [Detection(Rect(600, 0, 620, 60), "person", 0.5)])

    assert [Rect(600, 0, 620, 60)] == seen.outside(Rect(80, 80, 360, 240))


def test_a_stranger_becomes_a_few_blocks() -> None:
    """
    At most eight over the height of a person, head and all; nothing else changes, nor does the original.
    """
    before = NOISE.copy()
    made = pixelated(NOISE, [OTHER])

    assert blocks(made, OTHER) <= 8 * 8
    assert np.any(np.diff(made[100:220, 320].astype(int), axis=0), axis=1).sum() < 8
    outside = np.ones(NOISE.shape[:2], bool)
    outside[80:240, 290:350] = False
    assert np.array_equal(made[outside], NOISE[outside])
    assert np.array_equal(before, NOISE)


def test_small_and_cut_strangers_are_hidden_as_well() -> None:
    """
    Someone far off, someone at the border, someone whose track has left the picture.
    """
    small, cut = Rect(50, 50, 58, 74), Rect(600, 300, 700, 500)
    made = pixelated(NOISE, [small, cut, Rect(700, 400, 800, 500)])

    assert blocks(made, small) <= 25
    assert blocks(made, Rect(600, 300, 640, 360)) <= 12


def test_no_detail_of_a_stranger_is_left() -> None:
    """
    Two people whose pixels lie otherwise in each block are one and the same afterwards.
    """
    other, block = NOISE.copy(), 25             # of somebody 120 px high with the slack around them
    for y in range(85, 235, block):
        for x in range(295, 345, block):
            other[y:y + block, x:x + block] = other[y:y + block, x:x + block][::-1, ::-1]

    ours, theirs = (pixelated(each, [OTHER])[86:234, 296:344] for each in (NOISE, other))
    assert np.array_equal(ours, theirs)
    assert pixelated(NOISE, [OTHER])[100:220, 300:340].var() < NOISE[100:220, 300:340].var() / 20


def test_the_subject_stays_clear_in_front_of_a_stranger_but_for_a_head() -> None:
    """
    Who stands behind is hidden around the subject and where their head is; who stands in front, everywhere.
    """
    subject = Rect(300, 150, 360, 300)
    behind, nearer = Rect(310, 120, 350, 240), Rect(310, 200, 350, 340)

    clear = pixelated(NOISE, [behind], subject)
    assert np.array_equal(clear[180:300, 300:360], NOISE[180:300, 300:360])
    assert blocks(clear, Rect(310, 120, 350, 150)) < 20
    assert blocks(pixelated(NOISE, [nearer], subject), Rect(310, 200, 350, 300)) < 64
    assert blocks(pixelated(NOISE, [behind, nearer], subject), Rect(310, 200, 350, 240)) < 64
    assert blocks(pixelated(NOISE, [nearer, behind], subject), Rect(310, 200, 350, 240)) < 64


def test_a_doubtful_rider_within_the_subject_is_its_own() -> None:
    """
    Someone found on the machine that the event is about is no stranger; in a car, they are.
    """
    machine = track(1, Rect(100, 100, 160, 240), "motorcycle", riders=1)
    rider = Detection(Rect(110, 100, 150, 200), "person", 0.4)

    assert [] == people([machine], [rider]).besides(machine, NS_PER_S)
    car = replace(machine, label="car", riders=0)
    assert [rider.rect] == people([car], [rider]).besides(car, NS_PER_S)
