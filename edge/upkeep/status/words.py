"""What `edgebox status` says around the facts, Vietnamese and English side by side."""

from __future__ import annotations

from edge.gpio.words import Words as WiredWords
from edge.upkeep.doctor.words import LANGUAGES

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("{title} ({box})", "{title} ({box})"),
    "firmware": ("edgebox {firmware}, cấu hình {config}, chạy {up}",
                 "edgebox {firmware}, config {config}, up {up}"),
    "unprovisioned": ("CHƯA CÀI ĐẶT: cần thẻ có gói cài đặt", "NOT PROVISIONED: wants a card with a bundle"),
    "services": ("Dịch vụ", "Services"),
    "ward": ("Về phường", "Ward"),
    "alarm": ("Báo động", "Alarm"),
    "outputs": ("Ngõ ra", "Outputs"),
    "cameras": ("Camera", "Cameras"),
    "event": ("Sự kiện cuối", "Last event"),
    "upkeep": ("Tình trạng", "Upkeep"),
    "doctor": ("Tự kiểm tra", "Self-test"),

    "active": ("đang chạy", "runs"), "inactive": ("không chạy", "does not run"), "failed": ("HỎNG", "FAILED"),
    "activating": ("đang khởi động", "starts"), "deactivating": ("đang dừng", "stops"),
    "restarts": ("đã khởi động lại {n} lần", "restarted {n} times"),
    "guard-by-lock": ("edgebox guard đang chạy", "edgebox guard runs"),
    "no-guard": ("edgebox guard KHÔNG chạy: không ai điều khiển còi", "edgebox guard does NOT run: no siren"),
    "no-systemd": ("không có systemd; watch: xem dòng camera", "no systemd; of watch see the cameras"),
    "ward-up": ("đang nối, từ {since}", "connected since {since}"),
    "ward-down": ("MẤT NỐI từ {since}", "AWAY since {since}"),
    "ward-unknown": ("không rõ: edgebox guard không chạy", "unknown: edgebox guard does not run"),
    "queue": ("chờ gửi: {records} bản ghi, {pictures} hình",
              "waiting: {records} records, {pictures} pictures"),
    "armed": ("đang canh gác", "armed"),
    "disarmed": ("tạm nghỉ, nút bấm vẫn hoạt động", "disarmed; buttons work"),
    "battery": ("ĐANG CHẠY PIN", "ON BATTERY"),
    "none": ("chưa có", "none yet"),
    "on": ("BẬT", "ON"), "off": ("tắt", "off"),
    "shows-well": ("đang báo: hộp tốt", "shows: well"),
    "shows-fault": ("đang báo: HỘP CÓ LỖI", "shows: A FAULT"),
    "days": ("{days} ngày {hours} giờ", "{days} d {hours} h"),
    "hours": ("{hours} giờ {minutes} phút", "{hours} h {minutes} min"),
    "ok": ("tốt", "ok"), "lost": ("MẤT HÌNH", "LOST"), "frozen": ("ĐỨNG HÌNH", "FROZEN"),
    "dark": ("TỐI ĐEN", "DARK"),
    "covered": ("BỊ CHE", "COVERED"), "moved": ("BỊ XOAY", "MOVED"), "unknown": ("chưa rõ", "unknown"),
    "person": ("người", "person"),
    "since": ("từ {since}", "since {since}"),
    "verdict-ok": ("tốt, lúc {at}", "good, at {at}"),
    "verdict-warn": ("cần chú ý, lúc {at}: {what}", "to look at, at {at}: {what}"),
    "verdict-bad": ("CÓ LỖI, lúc {at}: {what}", "FAULTS, at {at}: {what}"),
    "clock-unsure": ("giờ chưa đồng bộ", "clock not synchronised"),

    "idle": ("yên", "idle"), "confirming": ("đang có người nhấn nút", "a button is held"),
    "entry": ("chờ người vào tắt", "entry delay"), "light": ("ĐÈN BÁO ĐỘNG", "LIGHT"),
    "sounding": ("CÒI ĐANG HÚ", "SOUNDING"), "silent": ("GỌI IM LẶNG", "SILENT CALL"),
    "cooldown": ("nghỉ sau báo động", "cooling down"), "test": ("đang thử", "self-test"),
    "fault": ("HỎNG NGÕ RA", "FAULT"),
}


class Words:
    """One language's words."""

    def __init__(self, language: str) -> None:
        """`language` is one of LANGUAGES."""
        self._index, self._wired = LANGUAGES.index(language), WiredWords(language)

    def __call__(self, key: str, **values: object) -> str:
        """An unknown word of another version is told as it is."""
        return _WORDS[key][self._index].format(**values) if key in _WORDS else key

    def output(self, kind: str) -> str:
        """What an output is; "" of one that the config has no longer."""
        return self._wired(kind) if kind else ""
