"""What openssl says of the certificates and lists that a ward makes."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.base.errors import FatalError
from edge.bundle import form
from edge.bundle.verify import read_bundle
from provisioning.ward import certificates
from provisioning.ward.broker_files import CRL, SERVER
from provisioning.ward.keys import load_signer, read_certificate
from tests.edge.bundle import made
from tests.provisioning.ward.wards import BOX, ISSUING, OTHER_BOX, Ward, openssl

NOW = datetime.now(UTC)


def test_chains_hold_by_the_strict_rules(ward: Ward) -> None:
    """
    Each certificate is good for its own purpose, by openssl's strict reading of RFC 5280, and no other.
    """
    folder, box = ward.folder, ward.box()
    chain = ("verify", "-x509_strict", "-CAfile", folder.root_certificate)
    openssl(*chain, folder.issuing_certificate)
    openssl(*chain, "-purpose", "any", folder.bundle_certificate)
    below = (*chain, "-untrusted", folder.issuing_certificate)
    for path in (folder.broker / SERVER, folder.est_certificate):
        openssl(*below, "-purpose", "sslserver", "-verify_ip", "127.0.0.1", path)
    openssl(*below, "-purpose", "sslclient", box.cert)
    for purpose, path in (("sslclient", folder.broker / SERVER), ("sslserver", box.cert),
                          ("sslserver", folder.bundle_certificate)):
        refused = subprocess.run(["openssl", *map(str, below), "-purpose", purpose, path],
                                 capture_output=True)
        assert 0 != refused.returncode, (purpose, path)


def test_a_box_can_issue_nothing(ward: Ward) -> None:
    """
    Neither a box nor anybody below the issuing CA may sign a certificate that is believed.
    """
    issuing = read_certificate(ward.folder.issuing_certificate)
    constraint = issuing.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraint.critical
    assert x509.BasicConstraints(ca=True, path_length=0) == constraint.value
    box = read_certificate(ward.box().cert)
    assert not box.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not box.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_a_box_certificate_outlives_three_months_in_a_cupboard(ward: Ward) -> None:
    """
    365 days, begun a day ago for a clock that is behind; renewed at two thirds, it has four months left.
    """
    box = read_certificate(ward.box().cert)
    assert BOX == certificates.common_name(box.subject)
    names = box.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [BOX] == names.get_values_for_type(x509.DNSName)
    life = box.not_valid_after_utc - box.not_valid_before_utc
    assert timedelta(days=366) == life
    assert life / 3 > timedelta(days=120)
    assert timedelta(days=1) <= datetime.now(UTC) - box.not_valid_before_utc < timedelta(days=1, minutes=5)


def test_the_revocation_list_says_who(ward: Ward) -> None:
    """
    openssl accepts the list's signature, refuses the revoked box by it, and lets the other one in.
    """
    gone, stays = ward.box(BOX), ward.box(OTHER_BOX)
    ward.book.revoke(BOX, "stolen", datetime.now(UTC))
    ward.publish()
    crl = ward.folder.broker / CRL

    openssl("crl", "-in", crl, "-CAfile", ward.folder.chain, "-noout")
    check = ("verify", "-crl_check", "-CAfile", ward.folder.chain, "-CRLfile", crl)
    openssl(*check, stays.cert)
    refused = subprocess.run(["openssl", *map(str, check), gone.cert], capture_output=True, text=True)
    assert "certificate revoked" in refused.stderr
    found = x509.load_pem_x509_crl(crl.read_bytes())
    assert found.next_update_utc is not None
    assert 29 <= (found.next_update_utc - datetime.now(UTC)).days <= 30


def test_an_authority_signs_nothing_outside_its_own_life(ward: Ward) -> None:
    """
    A ward machine with its clock in 1970 issues nothing, and says that it is the clock; and what is issued
    late ends with the CA.
    """
    public = certificates.new_key().public_key()
    with pytest.raises(FatalError, match=r"holds from .* set the clock"):
        certificates.make_box(ward.issuing, BOX, public, datetime(1970, 1, 1, tzinfo=UTC))

    late = ward.issuing.certificate.not_valid_after_utc - timedelta(days=3)
    assert late + timedelta(days=3) == certificates.make_box(ward.issuing, BOX, public, late).not_after


def test_a_box_believes_what_the_ward_signs(ward: Ward, tmp_path: Path) -> None:
    """
    A bundle signed by the ward's bundle key is believed by a box whose image holds the ward's root.
    """
    signer = load_signer(ward.folder.path, ISSUING)
    bundle = made.write_bundle(tmp_path, made.make_ward())
    listed = json.loads((bundle / form.LIST).read_text())
    del listed["sig"]
    (bundle / form.LIST).write_text(json.dumps(signer.signed(listed)))
    (bundle / form.SIGNER).write_bytes(signer.certificate)

    assert "phuong-5" == read_bundle(bundle, read_certificate(ward.folder.root_certificate)).list.ward
    assert f"Signer({signer.kid})" == repr(signer)
    with pytest.raises(FatalError, match="wrong passphrase"):
        load_signer(ward.folder.path, "not the passphrase")
