"""The plan, without a disk: whatever is cut, it comes to an end, in the right order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge.upkeep.firstboot.steps import DiskState, Step, next_step

BLANK = DiskState(marked=False, code_on_card=True, config_current=False, network_current=False,
                  enrolled=False,
             has_next_key=False, tested=False, bundle_on_card=True)
SEEN = st.builds(DiskState, **{name: st.booleans() for name in DiskState.__dataclass_fields__})


def after(step: Step, seen: DiskState, cut: bool) -> DiskState:
    """What is seen after `step`; where it was `cut`, after what of it can be seen without its end."""
    match step:
        case Step.CONFIG:
            return replace(seen, config_current=not cut, tested=False)
        case Step.NETWORK:
            return replace(seen, network_current=not cut)
        case Step.KEY:
            return replace(seen, has_next_key=not cut)
        case Step.ENROL:
            return replace(seen, enrolled=not cut)
        case Step.ERASE:
            return replace(seen, has_next_key=False, code_on_card=cut)
        case Step.SELF_TEST:
            return replace(seen, tested=not cut)
        case Step.MARK:
            return replace(seen, marked=not cut)
        case Step.CLEAR:
            return replace(seen, bundle_on_card=cut)


def walk(seen: DiskState, cuts: list[bool]) -> tuple[list[Step], DiskState]:
    steps: list[Step] = []
    while (step := next_step(seen)) is not None:
        assert len(steps) < 50, "no end"
        cut = cuts.pop() if cuts else False
        seen = after(step, seen, cut)
        if not cut:
            steps.append(step)
    return steps, seen


def test_the_order() -> None:
    """
    Nothing is asked of the ward before there is a key; the code goes when there is a certificate.
    """
    assert [*Step] == walk(BLANK, [])[0]


def test_a_provisioned_box_does_nothing() -> None:
    """
    Whatever else is on its card: without a code nobody wants it to enrol.
    """
    assert next_step(replace(BLANK, marked=True, code_on_card=False, bundle_on_card=False)) is None


@given(SEEN, st.lists(st.booleans(), max_size=20))
def test_every_way_ends_provisioned(seen: DiskState, cuts: list[bool]) -> None:
    """
    From whatever lies there, with cuts wherever they come: marked, a bare card, and each step done once.
    """
    untouched = seen.marked and not seen.code_on_card
    steps, end = walk(seen, list(cuts))

    assert (True, False, False) == (end.marked, end.code_on_card, end.bundle_on_card)
    assert len(steps) == len(set(steps))
    assert untouched or (end.enrolled and end.config_current and end.network_current and end.tested)


@given(SEEN)
def test_a_box_that_runs_keeps_its_config_until_it_is_enrolled(seen: DiskState) -> None:
    """
    A refusal of the ward leaves it with the config and the certificate that belong together.
    """
    assert next_step(seen) is not Step.CONFIG or seen.enrolled or not seen.marked


@given(SEEN)
def test_the_code_stays_until_there_is_a_certificate(seen: DiskState) -> None:
    """
    Nothing erases what is still needed, and nothing marks a box that has no certificate.
    """
    step = next_step(seen)

    assert step not in (Step.SELF_TEST, Step.ERASE, Step.MARK) or seen.enrolled
    assert step is not Step.MARK or not seen.code_on_card
    assert step is not Step.CLEAR or seen.marked
