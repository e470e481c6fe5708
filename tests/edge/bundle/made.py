"""A ward's keys and a bundle, made as `edgebox-provision` makes them, for tests of the box's side."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge.bundle import form
from edge.contract.signing import kid_of, signature_text, signed_part

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FILES = {form.CONFIG: b"[box]\n", form.WARD_CA: b"ca\n", form.COMMAND_KEY: b"key\n",
         form.CODE: b"ABCD-EFGH-JKLM\n", "network/wifi.nmconnection": b"[connection]\n"}


@dataclass(frozen=True, slots=True)
class Ward:
    """The root, and the key that signs bundles."""

    root_key: ec.EllipticCurvePrivateKey | None
    root: x509.Certificate
    key: Ed25519PrivateKey
    signer: x509.Certificate


def make_ward(name: str = "phuong-5",
              purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING) -> Ward:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def begin(who: x509.Name) -> x509.CertificateBuilder:
        return (x509.CertificateBuilder().subject_name(who).issuer_name(subject)
                .serial_number(x509.random_serial_number())
                .not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=3650)))

    root = (begin(subject).public_key(root_key.public_key())
            .add_extension(x509.BasicConstraints(True, None), True).sign(root_key, hashes.SHA256()))
    signer = (begin(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bundles")]))
              .public_key(key.public_key())
              .add_extension(x509.ExtendedKeyUsage([purpose]), False).sign(root_key, hashes.SHA256()))
    return Ward(root_key, root, key, signer)


def write_bundle(folder: Path, ward: Ward, files: dict[str, bytes] | None = None, **changes: object) -> Path:
    """The bundle folder under `folder`, signed after `changes` to its list were made."""
    files = FILES if files is None else files
    bundle = folder / form.FOLDER
    for name, raw in files.items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(raw)
    document: dict[str, object] = {
        "format": "edgebox-bundle/1", "ward": "phuong-5", "group": "to-12", "box": "hop-01", "title": "Tổ 12",
        "issued": NOW.isoformat(), "code_expires": (NOW + timedelta(days=3)).isoformat(),
        "est": "https://127.0.0.1:8085", "ntp": ["127.0.0.1"],
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
        "kid": kid_of(ward.key.public_key()), "alg": "Ed25519", **changes}
    document["sig"] = signature_text(ward.key.sign(signed_part(document)))
    (bundle / form.LIST).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    (bundle / form.SIGNER).write_bytes(ward.signer.public_bytes(serialization.Encoding.PEM))
    return bundle
