"""What is signed is one form of bytes, and only the right key's one signature of it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from edge.base.errors import ConfigError
from edge.contract.signing import (
    canonical,
    is_signed_by,
    kid_of,
    load_keys,
    load_public,
    signature_text,
    signed_part,
)

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def signed(document: dict[str, object]) -> dict[str, object]:
    return {**document, "sig": signature_text(KEY.sign(signed_part(document)))}


def pem(public: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | x25519.X25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_canonical_form_is_that_of_the_standard() -> None:
    """
    The example of RFC 8785, section 3.2.2 and 3.2.3: numbers, escapes and order of keys.
    """
    sample = json.loads(
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        r'"string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}')

    assert (r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            r'"string":"€$\u000f\nA' "'" r'B\"\\\\\"/"}').encode() == canonical(sample)


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False)
                       | st.integers(-2**53 + 1, 2**53 - 1) | st.booleans() | st.text(max_size=8)))
def test_a_signature_survives_another_spelling(document: dict[str, object]) -> None:
    """
    However a sender lays out the same values, the signature holds: order, white space, escapes, 30 for 30.0.
    """
    document.pop("sig", None)
    respelt = {key: int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53
               else value for key, value in reversed(signed(document).items())}

    wire = json.dumps(respelt, indent=1, ensure_ascii=True)

    assert is_signed_by(json.loads(wire), KEY.public_key())


def test_another_key_or_another_word_does_not_hold() -> None:
    """
    One changed value, one more key, another's public key: nothing of it holds.
    """
    good = signed({"name": "siren", "duration_s": 30.0})
    other = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()

    assert is_signed_by(good, KEY.public_key())
    assert not is_signed_by(good, other)
    assert not is_signed_by(good | {"duration_s": 31.0}, KEY.public_key())
    assert not is_signed_by(good | {"more": None}, KEY.public_key())
    assert not is_signed_by({key: good[key] for key in ("name", "sig")}, KEY.public_key())


@pytest.mark.parametrize("number", [2**53, 10**400, float("nan"), float("inf")])
def test_numbers_that_no_double_holds_are_not_signed(number: float) -> None:
    """
    Two readers might take them for different numbers.
    """
    with pytest.raises(ValueError, match=r"JCS|domain"):
        canonical({"duration_s": number})
    assert not is_signed_by({"duration_s": number, "sig": signature_text(bytes(64))}, KEY.public_key())


def test_a_signature_has_one_spelling() -> None:
    """
    Other base64 of the same 64 bytes, padding left out, space between: refused.
    """
    good = signed({"name": "siren"})
    sig = str(good["sig"])
    same_bytes = sig[:-3] + ALPHABET[ALPHABET.index(sig[-3]) + 1] + "=="

    for spelling in (same_bytes, sig.rstrip("="), f"{sig}\n", f" {sig}", sig.replace("=", "%3D"), "", "é"):
        assert not is_signed_by(good | {"sig": spelling}, KEY.public_key()), spelling
    for thing in (None, 7, [sig], {"sig": sig}, True):
        assert not is_signed_by(good | {"sig": thing}, KEY.public_key()), thing


def test_keys_are_found_by_their_id(tmp_path: Path) -> None:
    """
    A file of a public key gives the key and its id; the same key twice is one key.
    """
    for name in ("one.pem", "two.pem"):
        (tmp_path / name).write_bytes(pem(KEY.public_key()))

    keys = load_keys([tmp_path / "one.pem", tmp_path / "two.pem"])

    assert ["56475aa75463474c"] == list(keys)
    assert "56475aa75463474c" == kid_of(KEY.public_key())
    assert KEY.public_key().public_bytes_raw() == keys["56475aa75463474c"].raw


@pytest.mark.parametrize("layout", ["{}", "the ward's key\n{}", "\n\n{}\n\n", "{}# of 2026\n"])
def test_a_key_is_read_however_its_file_is_laid_out(tmp_path: Path, layout: str) -> None:
    """
    Empty lines and comments around the key make no difference, and the key verifies.
    """
    (tmp_path / "ward.pem").write_text(layout.format(pem(KEY.public_key()).decode()))

    public = load_public(tmp_path / "ward.pem")

    assert KEY.public_key().public_bytes_raw() == public.raw
    assert is_signed_by(signed({"name": "siren"}), public)
    assert not is_signed_by(signed({"name": "siren"}) | {"name": "light"}, public)


def test_keys_alone_do_not_bring_the_library(tmp_path: Path) -> None:
    """
    A program that has loaded the ward's keys, and verified nothing yet, has not imported cryptography.
    """
    (tmp_path / "ward.pem").write_bytes(pem(KEY.public_key()))
    program = ("import sys; from pathlib import Path; from edge.contract.signing import load_keys;"
               "print(*load_keys([Path(sys.argv[1])]), 'cryptography' in sys.modules)")

    answer = subprocess.run([sys.executable, "-c", program, str(tmp_path / "ward.pem")], text=True,
                            capture_output=True, check=True, timeout=60)

    assert "56475aa75463474c False\n" == answer.stdout


PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
P256 = pem(ec.derive_private_key(7, ec.SECP256R1()).public_key())
X25519 = pem(x25519.X25519PrivateKey.from_private_bytes(bytes(range(32))).public_key())


@pytest.mark.parametrize(("content", "told"), [
    (PRIVATE, "private key"), (P256, "kind EC;"), (X25519, "kind X25519;"), (b"", "BEGIN PUBLIC KEY"),
    (b"\xff\x00", "BEGIN PUBLIC KEY"), (pem(KEY.public_key())[:60], "BEGIN PUBLIC KEY"),
    (b"x" * 100_000, "BEGIN PUBLIC KEY"), (None, "cannot be read"),
])
def test_a_file_that_is_no_public_key_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    """
    One line names the file, says what is in it instead and what to do, and shows nothing of a private key.
    """
    path = tmp_path / "ward.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        load_public(path)

    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())
    assert PRIVATE.splitlines()[1].decode() not in str(caught.value)
