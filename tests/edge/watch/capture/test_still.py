from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from edge.base.testing import ArrayFrame
from edge.watch.capture.still import ImageError, read_image


def _scene(width: int = 160, height: int = 120) -> npt.NDArray[np.uint8]:
    """Soft coloured blobs: what JPEG is good at, and every channel differs."""
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    channels = [127 + 120 * np.sin(6 * x), 127 + 120 * np.cos(5 * y), 255 * (x + y) / 2]
    return np.stack(channels, axis=-1).astype(np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", [(160, 120), (321, 239)])
def test_jpeg_is_read_as_pillow_reads_it(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    """
    Colour, gray and CMYK pictures of any size look the same to us as to Pillow.
    """
    path = tmp_path / "a.jpg"
    Image.fromarray(_scene(*size)).convert(mode).save(path, quality=95, subsampling=0)

    got = read_image(path).rgb()

    want = np.asarray(Image.open(path).convert("RGB"))
    assert want.shape == got.shape
    assert np.abs(want.astype(int) - got).max() <= 8


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_png_is_read_as_pillow_reads_it(tmp_path: Path, mode: str) -> None:
    """
    True colour, alpha, gray, palette, one-bit and 16-bit gray pictures all come out as they look.
    """
    path = tmp_path / "a.png"
    scene = Image.fromarray(_scene())
    if mode == "I;16":
        Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257).save(path)
        want = np.asarray(scene.convert("L").convert("RGB"))
    else:
        scene.convert(mode).save(path)
        want = np.asarray(Image.open(path).convert("RGB"))

    got = read_image(path).rgb()

    assert want.shape == got.shape
    assert np.abs(want.astype(int) - got).max() <= 8


def test_crop_and_size_of_a_still(tmp_path: Path) -> None:
    """
    A still is a Frame: luma, stretching and its own size are there.
    """
    path = tmp_path / "a.png"
    Image.fromarray(_scene()).save(path)

    it = read_image(path)

    assert (160, 120) == (it.width, it.height)
    assert (120, 160) == it.luma.shape
    assert (64, 64, 3) == it.rgb((64, 64)).shape
    assert np.abs(it.luma.astype(int) - ArrayFrame(_scene()).luma).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_photo_is_seen_as_it_was_held(tmp_path: Path, orientation: int, suffix: str) -> None:
    """
    Each of EXIF's eight orientations is applied, in both kinds of file, as Pillow applies it.
    """
    path = tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(_scene()).save(path, exif=exif)

    it = read_image(path)

    want = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    assert want.shape == (it.height, it.width, 3)
    # chroma of half the columns lies elsewhere when it is turned
    assert np.abs(want.astype(int) - it.rgb()).mean() <= 4


@pytest.mark.parametrize("value", [0, 9, 65535, None])
def test_an_orientation_nobody_knows_turns_nothing(tmp_path: Path, value: int | None) -> None:
    """
    A number out of range or EXIF that is cut off leave the picture as it is stored.
    """
    path, exif = tmp_path / "photo.jpg", Image.Exif()
    exif[0x112] = 6 if value is None else value
    Image.fromarray(_scene()).save(path, exif=exif if value is not None else exif.tobytes()[:14])

    it = read_image(path)

    assert (160, 120) == (it.width, it.height)


def test_a_photo_of_a_phone(shared: Path) -> None:
    """
    The photo that viewers show as 320x180, red on top, is seen so.
    """
    it = read_image(shared / "cases/exif/orientation6.jpg")

    assert (320, 180) == (it.width, it.height)
    red, blue = it.rgb()[20, 160].astype(int), it.rgb()[160, 160].astype(int)
    assert red[0] > 150 > red[2]
    assert blue[2] > 150 > blue[0]


def _jpeg(path: Path) -> bytes:
    Image.fromarray(_scene()).save(path, "JPEG")
    return path.read_bytes()


@pytest.mark.parametrize(("name", "content", "said", "code"), [
    ("empty.jpg", lambda whole: b"", "found an empty file", os.EX_DATAERR),
    ("text.jpg", lambda whole: b"hello, police\n", "want a JPEG or PNG, found a file that begins with",
     os.EX_DATAERR),
    ("half.jpg", lambda whole: whole[:len(whole) // 2], "damaged JPEG", os.EX_DATAERR),
    ("head.jpg", lambda whole: whole[:3], "damaged JPEG", os.EX_DATAERR),
])
def test_bad_files_are_told(tmp_path: Path, name, content, said: str, code: int) -> None:  # type: ignore[no-untyped-def]
    """
    What is no picture, or half a one, is refused in one line that names the file.
    """
    path = tmp_path / name
    path.write_bytes(content(_jpeg(tmp_path / "whole.jpg")))

    with pytest.raises(ImageError) as refused:
        read_image(path)

    assert str(refused.value).startswith(f"{path}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert code == refused.value.exit_code


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """
    A name that does not exist, even one with a pattern in it, is a missing file and nothing else.
    """
    Image.fromarray(_scene()).save(tmp_path / "x001.png")

    with pytest.raises(ImageError, match="No such file or directory"):
        read_image(tmp_path / "x%03d.png")
