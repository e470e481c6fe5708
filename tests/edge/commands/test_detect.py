"""`edgebox detect`: records of pictures, with a network whose answer is known, and with the real weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.cli import main
from models import install, store
from models.manifest import DEFAULT_MODEL
from tests.edge.watch.vision import networks


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with one model, "colours", that finds magenta and cyan blocks (see networks.yolox)."""
    monkeypatch.setenv("EDGEBOX_MODELS", str(tmp_path / "store"))
    onnx = networks.yolox(tmp_path / "colours.onnx")
    entry = install.entry_of_file(onnx, "yolox", networks.YOLOX_LABELS, "MIT", "a test", networks.SIDE)
    install.add("colours", onnx, entry, tmp_path / "store", accept_licence=False)


def picture(path: Path, width: int = 128, height: int = 128) -> Path:
    """Black with one magenta block of 16 pixels, at 64, 32: one cell of the network."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[32:48, 64:80] = (255, 0, 255)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.usefixtures("colours")
def test_json_is_one_record_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Each line has the picture's name and size and what is in it, in its pixels.
    """
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "đường.png", 128, 100)

    code = main(["detect", "--json", "--model", "colours", "--threshold", "0.8", str(first), str(second)])

    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 0 == code
    assert [(str(first), 128, 128), (str(second), 128, 100)] == [
        (r["image"], r["width"], r["height"]) for r in records]
    for (found,) in (r["detections"] for r in records):
        assert "red" == found["class"]
        assert found["score"] >= 0.8
        np.testing.assert_allclose(found["rect"], [64, 32, 80, 48], atol=0.5)


@pytest.mark.usefixtures("colours")
def test_threshold_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A lower threshold lets the weak cells around the block through, a higher one nothing.
    """
    image = str(picture(tmp_path / "a.png"))
    counts = []
    for threshold in ("0.99", "0.8", "0.03"):
        main(["detect", "--json", "--model", "colours", "--threshold", threshold, image])
        counts.append(len(json.loads(capsys.readouterr().out)["detections"]))

    assert counts[0] <= counts[1] == 1 < counts[2]


@pytest.mark.usefixtures("colours")
def test_text_is_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Without --json: a line for the picture, one for each object with class, score, place and size.
    """
    image = picture(tmp_path / "a.png")

    main(["detect", "--model", "colours", "--threshold", "0.8", str(image)])

    head, found = capsys.readouterr().out.splitlines()
    assert f"{image}: 128x128, 1 found" == head
    assert found.split()[0] == "red"
    assert found.endswith("at 64,32 size 16x16")


@pytest.mark.usefixtures("colours")
def test_a_bad_picture_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Missing, truncated and foreign files are one line each on stderr; the good ones are done; exit code 1.
    """
    good = picture(tmp_path / "good.png")
    cut, text = tmp_path / "cut.png", tmp_path / "notes.jpg"
    cut.write_bytes(good.read_bytes()[:60])
    text.write_text("no picture")

    code = main(["detect", "--json", "--model", "colours", str(tmp_path / "none.jpg"), str(cut), str(good),
                 str(text), str(good)])

    said = capsys.readouterr()
    assert 1 == code
    assert [str(good)] * 2 == [json.loads(line)["image"] for line in said.out.splitlines()]
    assert [str(tmp_path / "none.jpg"), str(cut), str(text)] == [
        line.removeprefix("edgebox: ").split(": ")[0] for line in said.err.splitlines()]
    assert all(line.startswith("edgebox: ") for line in said.err.splitlines())


@pytest.mark.usefixtures("colours")
@pytest.mark.parametrize(("name", "shown"), [
    ("gate=a:b.png", "gate=a:b.png"), ("C\udcf4ng.png", "C\\xf4ng.png")])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str, shown: str,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    """
    A name with signs in it is a name, one that is no UTF-8 is shown as well as can be.
    """
    assert 0 == main(["detect", "--json", "--model", "colours", str(picture(tmp_path / "a.png").rename(
        tmp_path / name))])

    assert f"{tmp_path}/{shown}" == json.loads(capsys.readouterr().out)["image"]


@pytest.mark.usefixtures("colours")
def test_a_photo_is_looked_at_upright(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    In a photo taken with the camera held sideways, rects are those of the picture that viewers show.
    """
    image = picture(tmp_path / "a.png", 128, 96)
    with Image.open(image) as stored:
        exif = Image.Exif()
        exif[0x112] = 6
        stored.save(tmp_path / "held.png", exif=exif)

    main(["detect", "--json", "--model", "colours", "--threshold", "0.8", str(tmp_path / "held.png")])

    told = json.loads(capsys.readouterr().out)
    assert (96, 128) == (told["width"], told["height"])
    np.testing.assert_allclose(told["detections"][0]["rect"], [96 - 48, 64, 96 - 32, 80], atol=6)


@pytest.mark.parametrize(("arguments", "expected", "code"), [
    (["--threshold", "40"], "--threshold 40.0: want 0..1", 64),
    (["--input", "100"], "--input 100: want a multiple of 32, 128..1280", 64),
    (["--input", "100000"], "--input 100000: want a multiple of 32, 128..1280", 64),
    (["--input", "96"], "--input 96: want a multiple of 32, 128..1280", 64),
    (["--input", "128"], "Expected: 64", 65),
    (["--model", "colors"], "model 'colors': no such model; there are colours, picodet-s-coco", 65),
])
@pytest.mark.usefixtures("colours")
def test_wrong_arguments_are_told(tmp_path: Path, arguments: list[str], expected: str, code: int,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    """
    One line each: a threshold that is a percentage, a size that no network takes, an unknown model.
    """
    got = main(["detect", "--model", "colours", str(picture(tmp_path / "a.png")), *arguments])

    said = capsys.readouterr()
    assert (code, "") == (got, said.out)
    assert expected in said.err
    assert said.err.startswith("edgebox: ")
    assert 1 == len(said.err.splitlines())


def test_real_weights_see_people_and_cars(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    On pictures of COCO with persons or cars as large as a sixth of the picture, most of these are found
    by the right class and place.
    """
    if DEFAULT_MODEL not in store.installed(store.default_dir()):
        pytest.skip(f"needs the weights in {store.default_dir()}: run `edgebox models fetch`")
    data = shared / "data" / "coco_dev"
    truth = json.loads((data / "instances.json").read_text())
    names = {kind["id"]: kind["name"] for kind in truth["categories"]}
    images = {image["id"]: image for image in truth["images"]}
    wanted = [(images[a["image_id"]], names[a["category_id"]], a["bbox"]) for a in truth["annotations"]
              if names[a["category_id"]] in ("person", "car") and not a["iscrowd"]
              and a["area"] * 6 > images[a["image_id"]]["width"] * images[a["image_id"]]["height"]][:12]

    main(["detect", "--json", *(str(data / "images" / image["file_name"]) for image, _, _ in wanted)])

    records = [json.loads(line)["detections"] for line in capsys.readouterr().out.splitlines()]
    found = [any(d["class"] == label and _iou(d["rect"], box) > 0.5 for d in detections)
             for detections, (_, label, box) in zip(records, wanted, strict=True)]
    assert len(wanted) >= 8
    assert sum(found) >= 0.8 * len(wanted)


def _iou(rect: list[float], xywh: list[float]) -> float:
    x0, y0, x1, y1 = xywh[0], xywh[1], xywh[0] + xywh[2], xywh[1] + xywh[3]
    width = max(0.0, min(rect[2], x1) - max(rect[0], x0))
    height = max(0.0, min(rect[3], y1) - max(rect[1], y0))
    union = (rect[2] - rect[0]) * (rect[3] - rect[1]) + xywh[2] * xywh[3] - width * height
    return width * height / union
