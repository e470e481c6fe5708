"""A box believes the bundle of its own ward, whole and unchanged, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.bundle import form
from edge.bundle.form import BundleFault
from edge.bundle.verify import BundleError, read_bundle, refuse_expired
from edge.contract.signing import signature_text, signed_part
from tests.edge.bundle.made import FILES, NOW, make_ward, write_bundle

WARD = make_ward()


def fault_of(bundle: Path, root: x509.Certificate = WARD.root) -> BundleFault:
    with pytest.raises(BundleError) as caught:
        read_bundle(bundle, root)
    assert "\n" not in str(caught.value)
    return caught.value.fault


def test_a_bundle_of_its_own_ward_is_believed(tmp_path: Path) -> None:
    """
    What comes back is who the box is, and every byte of every file, the code among them.
    """
    bundle = read_bundle(write_bundle(tmp_path, WARD), WARD.root)

    assert "phuong-5.to-12.hop-01" == bundle.list.identity
    assert FILES == bundle.files
    assert "ABCD-EFGH-JKLM" == bundle.code


def test_a_bundle_whose_code_was_erased_is_still_believed(tmp_path: Path) -> None:
    """
    First boot erases the code, by zeros first; after a power cut anywhere in that it reads the rest again.
    """
    folder = write_bundle(tmp_path, WARD)
    for half_erased in (bytes(15), b""):
        (folder / form.CODE).write_bytes(half_erased)
        assert read_bundle(folder, WARD.root).code is None

    (folder / form.CODE).unlink()

    assert read_bundle(folder, WARD.root).code is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_byte_is_believed(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """
    One flipped bit in any file, list, signature or certificate is refused, or changes nothing that is used.
    """
    folder = write_bundle(tmp_path_factory.mktemp("bundle"), WARD)
    whole = read_bundle(folder, WARD.root)
    name = data.draw(st.sampled_from([form.LIST, form.SIGNER, *FILES]))
    raw = bytearray((folder / name).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    (folder / name).write_bytes(raw)

    try:
        read = read_bundle(folder, WARD.root)
    except BundleError:
        return
    assert whole == read
    assert name in (form.LIST, form.SIGNER)         # white space, or the text around a certificate


def test_another_wards_bundle_is_refused(tmp_path: Path) -> None:
    """
    Even one that calls itself ours: what counts is who signed it.
    """
    assert BundleFault.OTHER_WARD is fault_of(write_bundle(tmp_path, make_ward()))


def test_a_certificate_for_another_purpose_signs_no_bundle(tmp_path: Path) -> None:
    """
    The ward's root has issued it, but for a broker.
    """
    broker = make_ward(purpose=ExtendedKeyUsageOID.SERVER_AUTH)

    assert BundleFault.BAD_SIGNATURE is fault_of(write_bundle(tmp_path, broker), broker.root)


def test_a_list_signed_by_another_key_is_refused(tmp_path: Path) -> None:
    """
    Our ward's certificate beside a list that somebody else has signed.
    """
    folder, other = write_bundle(tmp_path, WARD), make_ward()
    document = json.loads((folder / form.LIST).read_text(encoding="utf-8"))
    document["sig"] = signature_text(other.key.sign(signed_part(document)))
    (folder / form.LIST).write_text(json.dumps(document), encoding="utf-8")

    assert BundleFault.BAD_SIGNATURE is fault_of(folder)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/b/c", "-rf", "a\\b", "network/../x", "c:x", "./x", ""])
def test_no_file_lies_outside_of_the_bundle(tmp_path: Path, name: str) -> None:
    """
    A list that was signed is not trusted with a path: the tool that made it may have been fooled.
    """
    folder = write_bundle(tmp_path, WARD)
    document = json.loads((folder / form.LIST).read_text(encoding="utf-8"))
    document["files"][name] = "0" * 64
    document["sig"] = signature_text(WARD.key.sign(signed_part(document)))
    (folder / form.LIST).write_text(json.dumps(document), encoding="utf-8")

    assert BundleFault.DAMAGED is fault_of(folder)


def test_what_is_missing_or_too_large_is_told(tmp_path: Path) -> None:
    """
    No folder, no config, a file that is gone, one that would fill the memory.
    """
    assert BundleFault.NO_BUNDLE is fault_of(tmp_path / "nothing")
    assert BundleFault.DAMAGED is fault_of(write_bundle(tmp_path / "a", WARD, files={form.CODE: b"x"}))
    gone = write_bundle(tmp_path / "b", WARD)
    (gone / form.CONFIG).unlink()
    assert BundleFault.DAMAGED is fault_of(gone)
    large = write_bundle(tmp_path / "c", WARD, files=FILES | {"large": b"x" * (form.MAX_FILE_BYTES + 1)})
    assert BundleFault.DAMAGED is fault_of(large)


def test_the_code_expires(tmp_path: Path) -> None:
    """
    At the time that is in the list, not a second before.
    """
    bundle = read_bundle(write_bundle(tmp_path, WARD), WARD.root)

    refuse_expired(bundle, NOW + timedelta(days=3))
    with pytest.raises(BundleError) as caught:
        refuse_expired(bundle, NOW + timedelta(days=3, seconds=1))
    assert BundleFault.CODE_EXPIRED is caught.value.fault
