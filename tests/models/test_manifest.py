"""The manifest: ours is sound, and faults in any are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import manifest
from models.manifest import DEFAULT_MODEL, ManifestError
from models.store import default_dir, installed, load


def test_the_default_model_is_described_in_full() -> None:
    """
    Source, licence, hashes of every file, labels in COCO's order, and on what it was measured.
    """
    entry = manifest.entry(DEFAULT_MODEL)

    assert entry.package is not None
    assert {"model.pdmodel", "model.pdiparams"} == {member.name for member in entry.package.members}
    assert ("Apache-2.0", False, 80) == (entry.licence, entry.needs_acceptance, len(entry.labels))
    assert ("person", "bicycle", "car", "motorcycle") == entry.labels[:4]
    assert ("bus", "truck", "dog", "toothbrush") == tuple(entry.labels[i] for i in (5, 7, 16, 79))
    assert all(each.data and each.figures for each in entry.accuracy)
    assert entry.accuracy


def test_no_address_stands_in_it() -> None:
    """
    Packages are named, hosts are not: pip knows where this machine gets its packages.
    """
    text = manifest.BUILT_IN.read_text()

    assert "://" not in text
    assert ".org" not in text


def test_what_is_installed_is_what_is_pinned() -> None:
    """
    The real weights, fetched and converted on this machine, have the hash that the manifest pins.
    """
    if DEFAULT_MODEL not in installed(default_dir()):
        pytest.skip(f"needs the weights in {default_dir()}: run `edgebox models fetch`")

    model = load(DEFAULT_MODEL, default_dir())

    assert manifest.entry(DEFAULT_MODEL) == model.entry


def test_an_unknown_model_names_the_known(tmp_path: Path) -> None:
    """
    A misspelt name is answered with what there is.
    """
    with pytest.raises(ManifestError, match=r"no model 'picodet'; there are picodet-s-coco"):
        manifest.entry("picodet")


@pytest.mark.parametrize(("text", "expected"), [
    ("models = [", "cannot read the manifest"),
    ('[models.x]\ntitle = "t"\nlicense = "MIT"', "models.x.license: Extra inputs are not permitted"),
    ('[models.x]\nlabels = "coco-81"', "models.x.labels: Tuple should have at least 1 item"),
])
def test_faults_are_told_with_their_place(tmp_path: Path, text: str, expected: str) -> None:
    """
    Each fault of a manifest of one's own is one line with file, entry and key.
    """
    path = tmp_path / "own.toml"
    path.write_text(text)

    with pytest.raises(ManifestError) as caught:
        manifest.read(path)

    assert expected in str(caught.value)
    assert all(line.startswith(f"{path}: ") for line in str(caught.value).splitlines())
