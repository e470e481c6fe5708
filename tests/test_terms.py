"""The terms people meet: what a thing is not called, in any catalogue, guide or page in that language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.base.words import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
# Language -> another way of saying it, and what is said. The better word is told by the failing test.
INSTEAD = {
    "vi": {
        r"ảnh (trên )?thẻ|ghi (lại )?(đúng )?(một )?ảnh|bằng ảnh|bản chép của ảnh|ảnh dùng để thử"
        r"|ảnh của phường|ảnh (thẻ )?và gói|(?<!--)\bimage\b": "bộ cài (tệp .img); “ảnh thẻ” is a portrait",
        r"(?<!kết )\bnối\b(?! dây| tiếp| chuyến)": "kết nối, đã kết nối; “nối dây” of a cable",
        r"gọi im lặng|nút im lặng|cuộc im lặng": "báo ngầm, nút báo ngầm",
        r"người lạ": "có người: a camera knows nobody",
        r"canh gác|đang canh\b|(bật|tắt|bắt đầu) canh\b": "camera tự báo",
        r"\bbăm\b": "không ai xem lại được; mã SHA-256 of a file",
        r"hai bước": "bấm hai lần",
        r"(?<!tài khoản )(?<!điện thoại )của tôi": "tài khoản của tôi",
        r"yêu cầu đã cũ": "gửi quá muộn, hãy giữ lại nút",
        r"phép kiểm tra": "lần kiểm tra, tự kiểm tra",
        r"việc làm gói": "đang chuẩn bị gói",
        r"báo động đã hết": "báo động đã tắt",
        r"\bchíp\b": "còi bíp nhỏ",
        r"cổng mạng(?! phải nháy)|\bgateway\b": "địa chỉ router",
        r"đèn (nháy|flash)\b": "đèn chớp", r"đèn trạng thái": "đèn báo trạng thái",
        r"camera (tốt|hoạt động)": "bình thường", r"bị xoay(?! lệch)": "bị xoay lệch",
        r"nút khẩn": "nút báo động",
    },
    "en": {
        r"the box has it": "received",
        r"[“=] ?mine\b": "my phone",
        r"(?<!edgebox )(?<!-)(?<!logs )\bguard\b(?!\.)": "camera alarm",
        r"cannot (be driven|drive)": "not working",
        r"mains (are |is )?(there|away|present)|mains-on = (?!on$)": "on, power cut",
        r"strobe light": "strobe", r"beacon(?!,)": "status light", r"flashlight": "flood light",
    },
}


def texts(language: str) -> list[Path]:
    """Every catalogue and guide in that language; what is drawn has Vietnamese first."""
    found = [path for folder in ("edge", "ward", "provisioning", "docs/guides", "docs/papers")
             for suffix in ("ftl", "md") for path in (ROOT / folder).rglob(f"*{language}.{suffix}")]
    drawn = [ROOT / "edge/gpio/wiring.svg", *(ROOT / "docs/images").glob("guide-*.svg")]
    return sorted(found) + (drawn if language == "vi" else [])


def said(path: Path) -> list[str]:
    """What people read of a file: no fenced block but a dialogue, no code, key, name of a value, comment."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ftl":
        text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    kept = re.sub(r"^(?<!<!-- dialogue -->\n)```(?:sh|text)\n.*?^```$", "", text,
                  flags=re.DOTALL | re.MULTILINE)
    kept = re.sub(r"`[^`\n]*`|\{ ?\$?[\w-]+ ?\}|\]\([^)]*\)|\$\w+", "", kept)
    return [re.sub(r"^[a-z][\w-]* = ", "= ", line) for line in kept.splitlines()]


@pytest.mark.parametrize(("language", "path"), [(language, path) for language in LANGUAGES
                                                for path in texts(language)],
                         ids=lambda value: value if isinstance(value, str) else str(value.relative_to(ROOT)))
def test_a_thing_is_called_one_way(language: str, path: Path) -> None:
    """
    No other word for what has a term; the table above says which word is wanted.
    """
    wrong = [f"{line.strip()}  [{found.group()}: want {term}]" for line in said(path)
             for way, term in INSTEAD[language].items() if (found := re.search(way, line, re.IGNORECASE))]
    assert not wrong, "\n".join(["", *wrong])
