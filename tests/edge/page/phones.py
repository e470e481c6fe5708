"""Real browsers as phones: Chromium that believes the stand's certificate, signed in by its cookie."""

from __future__ import annotations

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selenium import webdriver

from edge.members.values import Credential
from edge.page.visit import CREDENTIAL
from tests.edge.page.stand import Stand


def trusting(stand: Stand) -> list[str]:
    """Flags of a browser that believes this one key, as one with the ward's authority installed would."""
    cert = x509.load_pem_x509_certificate((stand.folder / "page.crt").read_bytes())
    public = cert.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return [f"--ignore-certificate-errors-spki-list={digest}"]


def let_in(opened: webdriver.Chrome, stand: Stand, who: Credential) -> None:
    opened.execute_cdp_cmd("Network.setCookie", {
        "name": CREDENTIAL, "value": who.secret, "url": stand.address, "secure": True, "httpOnly": True,
        "path": "/", "sameSite": "Strict"})
