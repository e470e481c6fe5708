"""Labels and how far tracks agree with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.truth import Labelled, idf1, read_truth
from edge.base.values import Rect

HERE, THERE = Rect(0, 0, 10, 20), Rect(100, 0, 110, 20)


def test_two_who_keep_their_identity_agree_in_full() -> None:
    """Names do not matter, who is who does."""
    picture = ([Labelled(1, HERE), Labelled(2, THERE)], [Labelled(7, THERE), Labelled(9, HERE)])

    assert 1.0 == idf1([picture] * 5)


def test_a_track_that_changes_over_counts_for_the_longer_half() -> None:
    """Six pictures under one identity and four under another: 6 of 10, on both sides."""
    pictures = [([Labelled(1, HERE)], [Labelled(track, HERE)]) for track in [5] * 6 + [6] * 4]

    assert pytest.approx(0.6) == idf1(pictures)


def test_the_best_pairing_overall_counts_and_not_each_one_s_favourite() -> None:
    """
    Track 5 is on person 1 for six pictures, then on person 2 for five, while track 6 is on person 1 for five:
    5 with 1 shares 6, but 5 with 2 and 6 with 1 share 10.
    """
    first = [([Labelled(1, HERE)], [Labelled(5, HERE)])] * 6
    second = [([Labelled(1, HERE), Labelled(2, THERE)], [Labelled(6, HERE), Labelled(5, THERE)])] * 5

    assert pytest.approx(2 * 10 / (16 + 16)) == idf1([*first, *second])


def test_what_overlaps_by_less_than_half_is_not_the_same() -> None:
    """And with nothing shared nothing agrees."""
    assert 0.0 == idf1([([Labelled(1, HERE)], [Labelled(5, THERE)])])
    assert 0.0 == idf1([([], [])])


def test_both_forms_of_labels_are_read(tmp_path: Path) -> None:
    """World coordinates of 2015 are no class; later ones have class, visibility, rows that do not count."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("1,9,499,158,31,75,1,-4.1,-7.3,0\n2,9,497,158,31,75,1,-4.1,-7.4,0\n")
    new.write_text("1,2,10,20,30,60,1,1,0.25\n1,3,10,20,30,60,0,1,1\n1,4,10,20,30,60,1,7,1\n")

    assert {0: [Labelled(9, Rect(499, 158, 530, 233))],
            1: [Labelled(9, Rect(497, 158, 528, 233))]} == read_truth(old)
    assert {0: [Labelled(2, Rect(10, 20, 40, 80), 0.25)]} == read_truth(new)
