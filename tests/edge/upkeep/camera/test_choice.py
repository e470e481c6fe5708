"""Which stream is for what: cameras as they are sold."""

from __future__ import annotations

import pytest

from edge.upkeep.camera.choice import ChoiceReason, StreamChoice, StreamForm, choose

MAIN, SUB, D1, CIF = (StreamForm("H264", 2560, 1440), StreamForm("H264", 640, 360),
                      StreamForm("H264", 704, 576), StreamForm("H264", 352, 288))
HEVC_MAIN, HEVC_SUB = StreamForm("H265", 2560, 1440), StreamForm("H265", 640, 360)
LARGEST, SMALL = ChoiceReason.LARGEST, ChoiceReason.SMALL_ENOUGH


@pytest.mark.parametrize(("streams", "choice"), [
    ((MAIN, SUB), StreamChoice(1, SMALL, 0, LARGEST)),
    ((HEVC_MAIN, HEVC_SUB, SUB), StreamChoice(2, SMALL, 0, LARGEST)),
    ((MAIN, CIF), StreamChoice(0, SMALL, None, ChoiceReason.NONE_LARGER)),
    ((MAIN, CIF, D1), StreamChoice(2, SMALL, 0, LARGEST)),
    ((MAIN,), StreamChoice(0, ChoiceReason.ONLY_ONE, None, ChoiceReason.NONE_LARGER)),
    ((CIF, StreamForm("H264", 176, 144)), StreamChoice(0, ChoiceReason.ALL_SMALL, None,
                                                       ChoiceReason.NONE_LARGER)),
    ((StreamForm("MPV4-ES", 1920, 1080), SUB), StreamChoice(1, ChoiceReason.ONLY_ONE, None,
                                                            ChoiceReason.NONE_LARGER)),
    ((StreamForm("H264", None, None),), StreamChoice(None, ChoiceReason.NONE, None, ChoiceReason.NONE)),
    ((), StreamChoice(None, ChoiceReason.NONE, None, ChoiceReason.NONE))])
def test_the_sub_stream_is_watched_and_the_main_one_kept_for_evidence(
        streams: tuple[StreamForm, ...], choice: StreamChoice) -> None:
    """
    The smallest that shows people, H.264 before H.265 of the same size; for evidence only what is clearly
    larger; nothing that cannot be decoded.
    """
    assert choice == choose(streams)
