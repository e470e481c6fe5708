"""`edgebox models bench`: what each shape of input costs here, and how many cameras that carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.cli import main
from models import bench, install, store
from models.bench import BenchReport, ShapeCost
from tests.edge.watch.vision import networks
from tests.models.conftest import SmallModel


@pytest.fixture
def folder(small: SmallModel, tmp_path: Path) -> Path:
    """A store with a small PicoDet, whose input may have any shape, and a network that takes one alone."""
    store.commit(store.stage("small", small.entry(), small.onnx, tmp_path), tmp_path)
    onnx = networks.yolox(tmp_path / "mine.onnx")
    entry = install.entry_of_file(onnx, "yolox", networks.YOLOX_LABELS, "MIT", "a test", networks.SIDE)
    install.add("street", onnx, entry, tmp_path, accept_licence=False)
    return tmp_path


def test_every_shape_is_measured_in_the_order_asked_for(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    As JSON and as a table; progress goes to standard error; what the default budget is counted in is measured
    also where nobody asked for it.
    """
    asked = ("models", "bench", "small", "--dir", str(folder), "--rounds", "3", "--shapes", "128x64,64x64")

    assert 0 == main([*asked, "--json", "--threads", "1"])
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert 0 == main([*asked])
    table = capsys.readouterr().out.splitlines()

    assert ["128x64", "64x64"] == [it["shape"] for it in told["shapes"]]
    assert all(0 < it["median_ms"] <= it["p90_ms"] for it in told["shapes"])
    assert (1, 5.0, "416x416", True) == (told["threads"], told["fps"], told["usual"], told["cameras"] >= 1)
    assert "small: 3 of 3 rounds" == err.splitlines()[-1]
    assert ["SHAPE", "128x64", "64x64"] == [line.split()[0] for line in table[:3]]
    assert "this board carries " in " ".join(table)


def test_a_network_of_one_shape_is_measured_at_that(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Its own size is what its cost is counted in, whatever was asked for.
    """
    assert 0 == main(["models", "bench", "street", "--dir", str(folder), "--rounds", "1", "--json"])

    told = json.loads(capsys.readouterr().out)
    assert [("64x64", 1.0)] == [(it["shape"], it["cost"]) for it in told["shapes"]]
    assert "64x64" == told["usual"]


@pytest.mark.parametrize("text", ["100x64", "64", "64x64x64", "0x64", "64x", "a,b", "64x8192"])
def test_a_shape_that_no_network_takes_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Before anything is loaded, with what is wanted.
    """
    with pytest.raises(SystemExit) as refused:
        main(["models", "bench", "--shapes", text])

    assert 64 == refused.value.code
    wanted = f"want shapes such as 640x352,832x480, sides a multiple of 32, got {text!r}"
    assert wanted in capsys.readouterr().err


def test_what_the_figures_mean() -> None:
    """
    One inference at a time: at 40 ms a look and 5 looks a second, five cameras can be busy at once; a shape
    that costs twice as much is looked at half as often for the same.
    """
    usual, large = ShapeCost((416, 416), 0.040, 0.050), ShapeCost((832, 480), 0.080, 0.090)
    report = BenchReport((large,), usual, 2)

    assert 5 == report.cameras
    assert "  832x480     80.0     90.0   2.00       2.5" == report.as_text().splitlines()[1]
    assert 0 == BenchReport((large,), ShapeCost((416, 416), 0.3, 0.3), 2).cameras


def test_what_the_box_uses_is_measured_by_default() -> None:
    """
    The square that `fps` is counted in, and what it buys: a look at the whole of a still picture, and a
    larger one of a busy picture.
    """
    assert bench.USUAL[0] ** 2 * 0.9 < bench.WHOLE[0] * bench.WHOLE[1] < bench.BUSY[0] * bench.BUSY[1]
    assert {bench.USUAL, bench.WHOLE, bench.BUSY} < set(bench.SHAPES)
    assert bench.SHAPES == bench.shapes_in(",".join(map(bench.named, bench.SHAPES)))
