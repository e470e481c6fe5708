"""Stretches of a line, of a week or of whatever else has a beginning and an end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Span = tuple[float, float]          # begins, ends


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches in order, those that overlap or touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(span: Span, covered: Sequence[Span]) -> Iterator[Span]:
    """What of `span` lies in none of `covered`, which are in order and apart."""
    at, last = span
    for start, end in covered:
        if at < min(start, last):
            yield at, min(start, last)
        at = max(at, end)
    if at < last:
        yield at, last


def overlap(some: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether any of `some` shares more than an end with any of `others`."""
    return any(start < last and first < end for start, end in some for first, last in others)
