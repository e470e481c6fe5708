"""People small and far in still scenes: how many are told, by height, how truly, and at what cost.

Scenes are made (bench/scenes.py says how) and run through the code of `edgebox replay`. "Told" is the share
of person-pictures in which a person at least half visible has a live track on them (IoU 0.5): every analysed
picture counts, that in which somebody has just come in, too. Outside the window is who walks and is not in
the part that was looked at. A second of motion costs 1 when it takes as many pixels of network input as five
looks at 416x416. `--quick` leaves out all but the people by height; `--set` as in bench streets.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.probe import Moment
from bench.replays import ENTER_EACH, ENTER_PERSON, Played, play
from bench.result import Figure, Result, need_shared
from bench.scenes import Made, Scene, crowd, make, one_walker, parked, wakes
from bench.truth import LEAST_IOU, Labelled, idf1
from edge.base.values import NS_PER_S
from edge.contract.messages import Ending, Phase

Band = tuple[float, float]
# Events are told of whoever is seen: what a rule passes over by its size is not what is measured here.
ANYBODY = {"someone": ENTER_PERSON["someone"] | {"min_height_ratio": 0.02}}
BANDS: tuple[Band, ...] = ((0.04, 0.06), (0.06, 0.08), (0.08, 0.12))
HALF_BANDS: tuple[Band, ...] = ((0.025, 0.04), (0.04, 0.06))
HALF_VISIBLE = 0.5
SUB_STREAM = (640, 360)


@dataclass(frozen=True, slots=True)
class Asked:
    """A scene, and the least share told of each band of heights."""

    scene: Scene
    told: tuple[tuple[Band, float], ...]


def asked(quick: bool) -> Iterator[Asked]:
    main = tuple(zip(BANDS, (0.82, 0.82, 0.86), strict=True))
    sub = tuple(zip(BANDS, (0.80, 0.78, 0.84), strict=True))
    half = tuple(zip(HALF_BANDS, (0.75, 0.78), strict=True))
    yield Asked(crowd("plaza", "plaza", BANDS, 1), main)
    yield Asked(crowd("half size", "plaza", HALF_BANDS, 3), half)
    if not quick:
        yield Asked(crowd("street", "street", BANDS, 2), main)
        yield Asked(crowd("sub stream", "plaza", BANDS, 1, SUB_STREAM), sub)


def run(args: argparse.Namespace) -> Result:
    shared = need_shared(args)
    figures: list[Figure] = []
    for each in asked(args.quick):
        made = make(each.scene, shared)
        figures += crowd_figures(each, made, play(made.video, ANYBODY, args.set))
    if not args.quick:
        figures += [*walker_figures(shared, args.set), *wake_figures(shared, args.set),
                    *parked_figures(shared, args.set)]
    return Result("sight", tuple(figures), (
        "made scenes, people of PETS09-S2L1 pasted in: the best case, take the direction and not the digit",))


@dataclass(frozen=True, slots=True)
class Picture:
    """One analysed picture: who was there, plainly or hardly to be seen, and who was told."""

    moment: Moment
    there: tuple[Labelled, ...]
    hardly: tuple[Labelled, ...]
    walking: frozenset[int]
    told: tuple[Labelled, ...]          # `who` is the track


def pictures(made: Made, moments: Sequence[Moment]) -> list[Picture]:
    found = []
    for moment in moments:
        index = round(moment.mono_ns / NS_PER_S * made.fps)
        if index < len(made.people):
            everybody = made.people[index]
            told = [Labelled(track.track_id, track.rect) for track in moment.tracks.live
                    if track.label == "person"]
            hardly = tuple(each for each in everybody if each.visible < HALF_VISIBLE)
            # Whoever tells somebody hardly to be seen is neither right nor wrong.
            counted = tuple(each for each in told
                            if not on_any(each, hardly) or on_any(each, everybody, but=hardly))
            found.append(Picture(moment, tuple(each for each in everybody if each.visible >= HALF_VISIBLE),
                                 hardly, made.walking[index], counted))
    return found


def on_any(one: Labelled, others: Sequence[Labelled], but: Sequence[Labelled] = ()) -> bool:
    return any(one.rect.iou(other.rect) >= LEAST_IOU for other in others if other not in but)


def crowd_figures(each: Asked, made: Made, played: Played) -> Iterator[Figure]:
    name, height_px = each.scene.name, each.scene.size[1]
    seen = pictures(made, played.moments)
    for (low, high), least in each.told:
        there = [(one, picture) for picture in seen for one in picture.there
                 if low <= one.rect.height / height_px < high]
        told = sum(on_any(one, picture.told) for one, picture in there)
        yield Figure(f"{name}: told, {low:.3g} to {high:.3g} high", told / max(1, len(there)),
                     f"of {len(there)}", least, "higher")
    agreed = idf1((picture.there, picture.told) for picture in seen)
    yield Figure(f"{name}: IDF1", agreed, "", 0.65, "higher")
    tracks = [(one, picture) for picture in seen for one in picture.told]
    right = sum(on_any(one, (*picture.there, *picture.hardly)) for one, picture in tracks)
    yield Figure(f"{name}: precision", right / max(1, len(tracks)), "", 0.85, "higher")
    yield Figure(f"{name}: events", len(played.begun), f"for {len(each.scene.walks)} people")
    outside, longest_s = blind(seen)
    yield Figure(f"{name}: walking outside the window", outside, "", 0.03)
    yield Figure(f"{name}: longest without a look", longest_s, "s", 2.0)
    yield Figure(f"{name}: cost", round(played.cost, 3), "", 1.0)


def blind(seen: Sequence[Picture]) -> tuple[float, float]:
    """Share of the walkers in looks whose window leaves them out, and the longest that one was unseen."""
    outside = walkers = 0
    looked_s: dict[int, float] = {}
    longest_s = 0.0
    for picture in seen:
        now_s = picture.moment.mono_ns / NS_PER_S
        walking = [one for one in picture.there if one.who in picture.walking]
        looked_s = {one.who: looked_s.get(one.who, now_s) for one in walking}
        if picture.moment.windows:
            missed = {one.who for one in walking if not in_window(one, picture.moment)}
            walkers, outside = walkers + len(walking), outside + len(missed)
            looked_s |= {one.who: now_s for one in walking if one.who not in missed}
        longest_s = max([longest_s, *(now_s - since_s for since_s in looked_s.values())])
    return outside / max(1, walkers), longest_s


def in_window(one: Labelled, moment: Moment) -> bool:
    return any(window is None or one.rect.intersection(window).area >= 0.5 * one.rect.area
               for window in moment.windows)


def walker_figures(shared: Path, changes: Sequence[str]) -> Iterator[Figure]:
    made = make(one_walker(5), shared)
    played = play(made.video, ANYBODY, changes)
    seen = pictures(made, played.moments)
    there = [(one, picture) for picture in seen for one in picture.there]
    told = sum(on_any(one, picture.told) for one, picture in there)
    yield Figure("one walker: told", told / len(there), f"of {len(there)}", 0.82, "higher")
    yield Figure("one walker: events", len(played.begun), "for 2 comings")
    yield Figure("one walker: cost", played.cost, "", 0.6)


def wake_figures(shared: Path, changes: Sequence[str]) -> Iterator[Figure]:
    """The time to the event from the first picture that has who comes in."""
    scene = wakes(6)
    made = make(scene, shared)
    played = play(made.video, ANYBODY, changes)
    came_s: dict[int, float] = {}
    for index, everybody in enumerate(made.people):
        for one in everybody:
            if one.visible >= HALF_VISIBLE:
                came_s.setdefault(one.who, index / made.fps)
    delays_s: dict[int, list[float]] = defaultdict(list)
    for told in played.begun:
        who = max((who for who, since_s in came_s.items() if since_s <= told.video_s), default=0)
        delays_s[who].append(told.video_s - came_s.get(who, 0.0))
    first_s = [min(each) for each in delays_s.values()]
    yield Figure("after a wake: told", len(first_s), f"of {len(scene.walks)}", len(scene.walks), "higher")
    yield Figure("after a wake: delay, median", statistics.median(first_s or [10.0]), "s", 0.4)
    yield Figure("after a wake: delay, longest", max(first_s or [10.0]), "s")
    yield Figure("after a wake: looks", played.looks, f"of {len(played.moments)}")


def parked_figures(shared: Path, changes: Sequence[str]) -> Iterator[Figure]:
    made = make(parked(7), shared)
    played = play(made.video, ENTER_EACH, changes)
    # The street's own two parked cars stand at its upper edge.
    cars = {told.event_id for told in played.begun if told.envelope.data["object"]["class"] != "person"
            and told.envelope.data["object"]["rect"][3] > 0.2}
    ended = [told for told in played.records if told.event_id in cars
             and told.envelope.data["phase"] == Phase.END
             and told.envelope.data.get("ended") != Ending.VIEW_LOST]        # as the end of a recording is
    yield Figure("parked: events for 2 cars", len(cars), "", 2)
    yield Figure("parked: cars told", min(2, len(cars)), "of 2", 2, "higher")
    yield Figure("parked: cars given up before the end", len(ended), "", 0)
    ids = {track.track_id for moment in played.moments for track in moment.tracks.live
           if track.label != "person" and track.rect.y1 > 0.2 * 720}
    yield Figure("parked: identities of 2 cars", len(ids), "", 2)
