"""Labels of who is where, in MOTChallenge's form, and how far tracks agree with them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.base.values import Rect
from edge.watch.vision.association import assign

LEAST_IOU = 0.5
IGNORED_CLASSES = (7, 8, 12)        # of MOT16 and later: persons standing still, distractors, reflections


@dataclass(frozen=True, slots=True)
class Labelled:
    """One object in one picture."""

    who: int
    rect: Rect                      # pixels of the picture
    visible: float = 1.0            # share of the rect that nothing hides, where the labels say so


Truth = Mapping[int, Sequence[Labelled]]        # picture, from 0 -> who is in it


def read_truth(path: Path) -> Truth:
    """MOTChallenge's gt.txt. Rows that it does not count (conf 0, not a pedestrian) are left out.

    The form of 2015 has world coordinates where later ones have class and visibility; those are told by
    a class that is a whole number above 0 and a visibility within 0..1.
    """
    rows = [[float(value) for value in row] for row in csv.reader(path.open(newline=""))]
    has_class = all(len(row) >= 9 and row[7] >= 1 and row[7].is_integer() and 0 <= row[8] <= 1
                    for row in rows)
    truth: dict[int, list[Labelled]] = {}
    for row in rows:
        picture, who, x, y, width, height, counted = row[:7]
        if counted and not (has_class and row[7] != 1):
            rect = Rect(x, y, x + width, y + height)
            visible = row[8] if has_class else 1.0
            truth.setdefault(int(picture) - 1, []).append(Labelled(int(who), rect, visible))
    return truth


def idf1(pictures: Iterable[tuple[Sequence[Labelled], Sequence[Labelled]]]) -> float:
    """How far identities agree over a whole clip, 0..1: IDF1 of Ristani et al. (ECCV Workshops 2016).

    Args:
        pictures: who is there and who was told (`who` is a track) in each.

    Each true identity is given the one track, and each track the one identity, with which they share
    most pictures at IoU 0.5; the score is twice the pictures shared over all of both.
    """
    shared: dict[tuple[int, int], int] = {}
    true_count = told_count = 0
    for there, told in pictures:
        true_count, told_count = true_count + len(there), told_count + len(told)
        for one in there:
            for other in told:
                if one.rect.iou(other.rect) >= LEAST_IOU:
                    shared[one.who, other.who] = shared.get((one.who, other.who), 0) + 1
    if not shared:
        return 0.0
    people, tracks = (sorted({pair[side] for pair in shared}) for side in (0, 1))
    gain = np.zeros((len(people), len(tracks)))
    for (person, track), count in shared.items():
        gain[people.index(person), tracks.index(track)] = count
    most = gain.max() + 1
    rows, columns = assign(np.where(gain > 0, most - gain, np.inf), most)
    return 2 * float(gain[rows, columns].sum()) / (true_count + told_count)
