"""Make the bundle of a box: the files of edge.bundle.form, signed. Pure but for the checks of the config."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.bundle import form
from edge.config.load import load
from edge.contract.messages import rfc3339
from provisioning.box.config_text import config_text, secret_file
from provisioning.box.invites import Invited, invites_file
from provisioning.box.network_files import network_files
from provisioning.box.plan import BoxPlan
from provisioning.errors import WordedError
from provisioning.ward.ack_key import public_halves
from provisioning.ward.folder import WardFolder
from provisioning.ward.keys import Signer
from provisioning.ward.settings import WardSettings


@dataclass(frozen=True, slots=True)
class WardFacts:
    """What every bundle of one ward shares."""

    settings: WardSettings
    chain: bytes                # PEM
    command_key: bytes          # PEM, public
    ack_keys: tuple[bytes, ...]     # PEM, public: the receiver's, and the next one while it changes


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code. Its text is in no representation."""

    text: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Code(expires={self.expires})"


def read_facts(ward: WardFolder, settings: WardSettings) -> WardFacts:
    """Raises FatalError."""
    try:
        return WardFacts(settings, ward.chain.read_bytes(), ward.command_public.read_bytes(),
                         public_halves(ward))
    except OSError as exc:
        raise WordedError("copy-unreadable", os.EX_UNAVAILABLE, path=str(exc.filename), why=exc) from exc


def check_config(plan: BoxPlan, facts: WardFacts) -> None:
    """Check the config as the box will: raises ConfigError with every fault of what `plan` makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / form.CONFIG
        path.write_text(_config(plan, facts), encoding="utf-8")
        load(path)


def make_bundle(plan: BoxPlan, facts: WardFacts, code: Code, people: Sequence[Invited], now: datetime,
                signer: Signer) -> dict[str, bytes]:
    """Every file by its name in the bundle's folder, bundle.json and signer.crt among them."""
    settings, root = facts.settings, plan.root(facts.settings.ward)
    files = {
        form.CONFIG: _config(plan, facts).encode(),
        form.WARD_CA: facts.chain,
        form.COMMAND_KEY: facts.command_key,
        **dict(zip(form.ACK_KEYS, facts.ack_keys, strict=False)),
        form.CODE: f"{code.text}\n".encode(),
        form.INVITES: invites_file(people),
        **network_files(plan.network, f"{root.ward}.{root.group}.{root.box}"),
        **{secret_file(camera): f"{camera.password}\n".encode()
           for camera in plan.cameras if camera.password},
    }
    document = signer.signed({
        "format": "edgebox-bundle/1", "ward": root.ward, "group": root.group, "box": root.box,
        "title": plan.title, "issued": rfc3339(now), "code_expires": rfc3339(code.expires),
        "est": settings.est_url, "ntp": list(plan.ntp),
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(files.items())}})
    listed = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return {**files, form.SIGNER: signer.certificate, form.LIST: listed.encode()}


def _config(plan: BoxPlan, facts: WardFacts) -> str:
    return config_text(plan, facts.settings.ward, facts.settings.broker,
                       form.ACK_KEYS[:len(facts.ack_keys)], facts.settings.controller.security_contact)
