"""What lies in the image and beside it, read without starting it: what the firmware is told, and the SBOM."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dev.image.__main__ import ROOT
from dev.image.layout import IMAGE, SLOTS
from dev.image.sbom import SBOM
from tests.system.image.conftest import Seen

# The box's Python, for the lock's conditions.
_BOX = {"python_version": "3.13", "python_full_version": "3.13.5", "implementation_name": "cpython",
        "platform_python_implementation": "CPython", "sys_platform": "linux", "platform_system": "Linux",
        "os_name": "posix", "platform_machine": "aarch64"}


@pytest.mark.parametrize(("number", "slot"), [(2, "boot_a"), (3, "boot_b")])
def test_the_firmware_is_told(seen: Seen, number: int, slot: str) -> None:
    """
    Each slot's own root; GPIO lines that their process lets go become inputs; the watchdog; the other slot
    when an update asks for it once.
    """
    config = _on_card(seen.made, number, "config.txt").splitlines()

    assert "dtparam=strict_gpiod" in config
    assert "dtparam=watchdog=on" in config
    assert f"root=PARTUUID={SLOTS[slot]}" in _on_card(seen.made, number, "cmdline.txt").split()
    assert "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n" \
        == _on_card(seen.made, 1, "autoboot.txt")


def _on_card(made: Path, number: int, name: str) -> str:
    table = json.loads(subprocess.run(["sfdisk", "--json", str(made / IMAGE)], check=True,
                                      capture_output=True).stdout)
    start_bytes = table["partitiontable"]["partitions"][number - 1]["start"] * 512
    return subprocess.run(["mtype", "-i", f"{made / IMAGE}@@{start_bytes}", f"::{name}"], check=True,
                          capture_output=True, text=True).stdout


def test_the_bill_names_what_is_in_it(seen: Seen) -> None:
    """
    The bill of materials beside the image has each of Debian's packages, each Python package at the version
    that is locked, our own, and the model by its hash.
    """
    bill = json.loads((seen.made / SBOM).read_text())
    names = [part["bom-ref"] for part in bill["components"]]
    debian = [name for name in names if name.startswith("pkg:deb/") and not name.endswith("?arch=source")]
    python = {name.removeprefix("pkg:pypi/") for name in names if name.startswith("pkg:pypi/")}
    (model,) = (part for part in bill["components"] if part["type"] == "machine-learning-model")

    assert "CycloneDX" == bill["bomFormat"]
    assert sorted(set(names)) == sorted(names)
    assert int(seen.first["packages"]) == len(debian)
    assert _locked() <= python
    assert 1 == sum(name.startswith("edgebox@") for name in python)
    assert 64 == len(model["hashes"][0]["content"])


def _locked() -> set[str]:
    """NAME@VERSION of what requirements/box.lock installs on the box."""
    lines = (ROOT / "requirements" / "box.lock").read_text().splitlines()
    wanted = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    return {f"{each.name}@{str(each.specifier).removeprefix('==')}" for each in wanted
            if each.marker is None or each.marker.evaluate(_BOX)}
