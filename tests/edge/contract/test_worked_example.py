"""docs/contract.md shows one command worked through: a vendor who follows it ends where a box does."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.command import Command, CommandName, CommandRefusal
from edge.contract.signing import canonical, is_signed_by, kid_of, load_public, signature_text, signed_part
from edge.ipc.panel import Refusal

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "contract.md").read_text(encoding="utf-8")
PEM, LINE, SENT = (re.findall(rf"^```{kind}\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)[0]
                   for kind in ("pem", "text", "json"))


def test_the_example_holds(tmp_path: Path) -> None:
    """
    Key, kid, canonical form, signature and the command itself: each follows from the others.
    """
    key = tmp_path / "ward.pem"
    key.write_text(PEM)
    public = load_public(key)
    document = json.loads(SENT)

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert private.public_key().public_bytes_raw() == public.raw
    assert kid_of(public) == document["kid"]
    assert LINE.encode() == signed_part(document) == canonical(json.loads(LINE))
    assert signature_text(private.sign(LINE.encode())) == document["sig"]
    assert is_signed_by(document, public)
    assert CommandName.SIREN is Command.model_validate(document).name


def test_openssl_says_the_same(tmp_path: Path) -> None:
    """
    The command line under the example verifies it, without any of our code.
    """
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl tool: apt-get install openssl")
    (tmp_path / "ward.pem").write_text(f"{PEM}\n")
    (tmp_path / "command.txt").write_text(LINE, encoding="utf-8")
    (tmp_path / "command.sig").write_bytes(base64.b64decode(json.loads(SENT)["sig"]))
    command = re.findall(r"^    (openssl .*)$", TEXT, re.MULTILINE)[0].split()

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert (0, "Signature Verified Successfully\n") == (done.returncode, done.stdout)


def test_every_reason_is_explained() -> None:
    """
    Whatever a box may answer, its sender finds in the table.
    """
    table = TEXT[TEXT.index("| `reason` | The command |"):TEXT.index("`data` of the answer")]
    explained = set(re.findall(r"`([a-z-]+)`", "".join(line.split("|")[1] for line in table.splitlines()
                                                       if line.startswith("|"))))
    rules_alone = {Refusal.DISARMED.value, Refusal.STALE.value}

    assert {*CommandRefusal, *Refusal} - rules_alone == explained - {"reason"}


def test_every_key_is_explained() -> None:
    """
    Of a command and of its answer.
    """
    commands = TEXT[TEXT.index("## Commands"):TEXT.index("### One command")]

    assert [] == [key for key in Command.model_fields if f"`{key}`" not in commands]
