"""What doctor and status say to a technician, Vietnamese and English side by side."""

from __future__ import annotations

from edge.config.model import InputKind, OutputKind
from edge.gpio.words import Words as WiredWords
from edge.upkeep.doctor.finding import Finding, Kind, State

LANGUAGES = ("vi", "en")

_KINDS: dict[str, tuple[str, str]] = {
    Kind.CAMERA: ("camera", "camera"),
    Kind.SIGHT: ("tầm nhìn", "sight"),
    Kind.MODEL: ("nhận dạng", "detection"),
    Kind.SIREN: ("còi hú", "siren"),
    Kind.LIGHT: ("đèn, còi chíp", "light"),
    Kind.INPUT: ("nút, công tắc", "input"),
    Kind.WARD: ("nối về phường", "ward"),
    Kind.CERTIFICATE: ("chứng thư", "certificate"),
    Kind.CLOCK: ("đồng hồ", "clock"),
    Kind.DISK: ("thẻ nhớ", "disk"),
    Kind.JOURNAL: ("sổ sự kiện", "journal"),
    Kind.POWER: ("nguồn điện", "power"),
    Kind.HEAT: ("nhiệt độ", "heat"),
    Kind.VERSION: ("phiên bản", "version"),
}

_STATES: dict[str, tuple[str, str]] = {
    State.OK: ("TỐT", "OK"),
    State.SKIPPED: ("bỏ qua", "skipped"),
    State.WARN: ("CHÚ Ý", "WARNING"),
    State.BAD: ("HỎNG", "BAD"),
}

_VERDICTS: dict[str, tuple[str, str]] = {
    State.OK: ("HỘP TỐT.", "THE BOX IS GOOD."),
    State.WARN: ("HỘP CHẠY ĐƯỢC, có {warn} điểm cần chú ý.", "THE BOX WORKS, {warn} to look at."),
    State.BAD: ("HỘP CÓ LỖI: {bad} điểm hỏng, {warn} điểm cần chú ý.",
                "THE BOX HAS FAULTS: {bad} bad, {warn} to look at."),
}

_CERTIFICATES: dict[str, tuple[str, str]] = {
    "": ("chứng thư của hộp", "certificate of the box"),
    "ca": ("chứng thư gốc của phường", "certificate of the ward's root"),
    "page": ("chứng thư trang của tổ", "certificate of the group's page"),
}

# what stands in a sentence as a word of the program: (Vietnamese, English)
_VALUES: dict[str, dict[str, tuple[str, str]]] = {
    "label": {"person": ("người", "person")},
    "thing": {"person": ("người", "person"), "two-wheeler": ("xe hai bánh có người", "ridden two-wheeler"),
              "car": ("ô tô", "car")},
    "state": {"ok": ("tốt", "ok"), "lost": ("mất hình", "lost"), "frozen": ("đứng hình", "frozen"),
              "dark": ("quá tối", "dark"), "covered": ("bị che", "covered"),
              "moved": ("bị xoay lệch", "moved")},
}

# code: (what was found, what to do) in Vietnamese, then in English; "" where there is nothing to do
_FOUND: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "camera-ok": (("có hình mới {size}, sau {seconds} giây", ""),
                  ("a fresh picture, {size}, after {seconds} s", "")),
    "camera-watched": (("edgebox watch đang xem và thấy: {state}", ""),
                       ("edgebox watch has it and sees: {state}", "")),
    "camera-watched-bad": (("edgebox watch báo: {state}, {detail}", "xem camera, dây và ống kính"),
                           ("edgebox watch tells: {state}, {detail}", "look at camera, cable and lens")),
    "camera-dark": (("có hình nhưng tối đen", "mở nắp ống kính, kiểm tra đèn hồng ngoại"),
                    ("gives pictures, but black ones", "uncover the lens, check the infrared light")),
    "camera-frozen": (("chỉ cho một hình duy nhất", "khởi động lại camera"),
                      ("gives one picture and then no other", "restart the camera")),
    "camera-bad": (("{error}", ""), ("{error}", "")),

    "sight-two": (("{thing} ({rules}): báo được {tenths}/10 khi cao từ {close} chiều cao hình lúc cảnh vắng, "
                   "{whole} lúc đông", ""),
                  ("{thing} ({rules}): {tenths} of 10 are told from {close} of the picture's height where "
                   "little moves, {whole} where much does", "")),
    "sight-one": (("{thing} ({rules}): báo được {tenths}/10 khi cao từ {whole} chiều cao hình", ""),
                  ("{thing} ({rules}): {tenths} of 10 are told from {whole} of the picture's height", "")),
    "sight-unmeasured": (("{labels}: chưa có số đo", ""), ("{labels}: nobody has measured", "")),
    "plate-ok": (("biển số rộng {mm} mm ở cách {at} m hiện {px} px: đọc được, xa nhất {far} m", ""),
                 ("a plate of {mm} mm at {at} m is {px} px wide: readable, up to {far} m", "")),
    "plate-small": (("biển số rộng {mm} mm ở cách {at} m chỉ hiện {px} px: không đọc được; cần {least} px, "
                     "tức gần hơn {far} m", ""),
                    ("a plate of {mm} mm at {at} m is {px} px wide: not readable; from {least} px it is, "
                     "nearer than {far} m", "")),
    "plate-by-lens": (("biển số rộng {mm} mm ở cách {at} m, theo ống kính: {lenses}; đọc được từ {least} px. "
                       "Ghi view_deg của camera để biết khoảng cách", ""),
                      ("a plate of {mm} mm at {at} m, by lens: {lenses}; readable from {least} px. Give the "
                       "camera's view_deg for distances", "")),

    "model-ok": (("nhận ra {label} trong hình mẫu (độ chắc {score}), mất {ms} ms", ""),
                 ("sees a {label} in the golden picture ({score}) in {ms} ms", "")),
    "model-blind": (("không nhận ra {label} trong hình mẫu: {score}, cần {least}",
                     "ghi lại thẻ bằng ảnh mới; máy chạy thử: edgebox models fetch"),
                    ("misses the {label} in the golden picture: {score}, want {least}",
                     "write the card's image anew; on trial: edgebox models fetch")),
    "model-slow": (("quá chậm: {ms} ms một hình, tối đa {limit_ms}",
                    "giảm model.input_px, kiểm tra nhiệt độ"),
                   ("too slow: {ms} ms a picture, at most {limit_ms}",
                    "lower model.input_px, check the temperature")),
    "model-short": (("được {fps} hình một giây, các camera có thể cần {wanted_fps}",
                     "khi đông người sẽ bỏ bớt hình; giảm fps của camera"),
                    ("{fps} pictures a second, the cameras may want {wanted_fps}",
                     "pictures are skipped when much moves; lower the cameras' fps")),
    "model-other": (("mô hình này không biết {label}, không thử được bằng hình mẫu", ""),
                    ("this model knows no {label}: the golden picture cannot try it", "")),
    "model-bad": (("{error}", ""), ("{error}", "")),

    "output-driven": (("đã bật thử {seconds} giây", ""), ("was on for {seconds} s", "")),
    "output-bad": (("{error}", "kiểm tra dây và rơ-le"), ("{error}", "check wires and relay")),
    "output-no-consent": (("không thử vì chưa được đồng ý",
                           "thử trên trang của tổ, mục Kiểm tra, hoặc: edgebox doctor --siren"),
                          ("not tried: nobody agreed to it",
                           "try it on the group's page, under Check, or: edgebox doctor --siren")),
    "pins-held": (("phần báo động đang dùng", "thử trên trang của tổ, mục Kiểm tra"),
                  ("in use by the alarm", "try it on the group's page, under Check")),
    "pins-none": (("{error}", ""), ("{error}", "")),
    "guard-fault": (("edgebox guard báo: {error}", "kiểm tra dây"),
                    ("edgebox guard tells: {error}", "check its wires")),
    "input-rest": (("đang nghỉ", ""), ("at rest", "")),
    "input-active": (("đang tác động", ""), ("active", "")),
    "input-down": (("đang bị nhấn, kẹt nút hoặc chập dây", "nhả nút, kiểm tra dây"),
                   ("is down: stuck, or a short in its wire", "let it go, check its wires")),
    "input-open": (("nắp hộp đang mở", "đóng nắp hộp"), ("the lid is open", "close it")),
    "input-battery": (("đang chạy bằng pin, mất điện lưới", "kiểm tra điện lưới và UPS"),
                      ("on battery: the mains are away", "check mains and UPS")),
    "input-unread": (("phần báo động đang dùng", "thử trên trang của tổ, mục Kiểm tra"),
                     ("in use by the alarm", "try it on the group's page, under Check")),

    "ward-ok": (("gửi thử và được xác nhận sau {ms} ms ({how})", ""),
                ("a message went there and was acknowledged after {ms} ms ({how})", "")),
    "ward-guarded": (("edgebox uplink đang nối, còn {records} bản ghi chờ gửi", ""),
                     ("edgebox uplink is connected; {records} records wait", "")),
    "ward-guard-away": (("edgebox uplink không nối được, {records} bản ghi chờ gửi",
                         "kiểm tra mạng; vẫn vậy thì tải gói hỗ trợ gửi người quản trị"),
                        ("edgebox uplink is not connected; {records} records wait",
                         "check the network; if it stays so, send the support bundle to the administrator")),
    "ward-refused": (("máy chủ phường không nhận bản tin: {error}", "hỏi cán bộ phường: quyền của hộp này"),
                     ("the broker refuses the message: {error}", "ask the ward for this box's rights")),
    "ward-bad": (("{error}", ""), ("{error}", "")),
    "ward-not-allowed": (("người dùng này không đọc được khóa của hộp", "chạy: sudo edgebox doctor"),
                         ("this user may not read the box's key", "run: sudo edgebox doctor")),

    "certificate-ok": (("còn hạn {days} ngày, đến {until}", ""), ("good for {days} days, until {until}", "")),
    "certificate-due": (("còn {days} ngày mà chưa tự gia hạn",
                         "hỏi cán bộ phường; lý do có trong gói hỗ trợ"),
                        ("{days} days left and not renewed by itself",
                         "ask the ward; the support bundle says why")),
    "certificate-over": (("đã hết hạn ngày {until}", "tạo gói mới: edgebox-provision box renew"),
                         ("ended on {until}", "make a new bundle: edgebox-provision box renew")),
    "certificate-early": (("chỉ có hiệu lực từ {from}", "đồng hồ của hộp sai? kiểm tra giờ"),
                          ("holds from {from} only", "is the box's clock wrong?")),
    "certificate-bad": (("{error}", "tạo gói mới: edgebox-provision box renew"),
                        ("{error}", "make a new bundle: edgebox-provision box renew")),
    "certificate-none": (("hộp chưa có chứng thư", ""), ("this box has no certificate yet", "")),

    "clock-ok": (("đúng giờ, theo {source}", ""), ("right, kept by {source}", "")),
    "clock-ok-unnamed": (("đúng giờ", ""), ("right", "")),
    "clock-free": (("chưa đồng bộ, giờ có thể sai", "kiểm tra mạng và máy chủ giờ (NTP)"),
                   ("not synchronised: the time may be wrong", "check network and time server (NTP)")),
    "clock-wrong": (("sai: {now}", "kiểm tra mạng và máy chủ giờ (NTP)"),
                    ("wrong: {now}", "check network and time server (NTP)")),

    "disk-ok": (("trống {free} MB trên {total} MB", ""), ("{free} of {total} MB free", "")),
    "disk-short": (("chỉ còn trống {free} MB", "giảm journal.max_bytes hoặc thay thẻ lớn hơn"),
                   ("only {free} MB free", "lower journal.max_bytes, or take a larger card")),
    "disk-full": (("gần đầy: trống {free} MB", "xóa tệp thừa hoặc thay thẻ lớn hơn"),
                  ("all but full: {free} MB free", "delete files, or take a larger card")),
    "disk-read-only": (("chỉ đọc được: thẻ sắp hỏng", "thay thẻ"),
                       ("read-only: the card is dying", "replace the card")),
    "disk-errors": (("hệ thống tệp ghi nhận {count} lỗi", "thay thẻ"),
                    ("its file system has counted {count} errors", "replace the card")),
    "disk-missing": (("{error}", ""), ("{error}", "")),
    "card-ok": (("đã dùng khoảng {used}% tuổi thọ", ""), ("about {used}% of its life used", "")),
    "card-old": (("đã dùng {used}% tuổi thọ", "thay thẻ"), ("{used}% of its life used", "replace the card")),

    "journal-ok": (("{records} bản ghi chờ gửi, đầy {percent}%", ""),
                   ("{records} records wait, {percent}% full", "")),
    "journal-full": (("đầy {percent}%, {records} bản ghi chờ gửi", "kiểm tra đường nối về phường"),
                     ("{percent}% full, {records} records wait", "check the way to the ward")),
    "journal-lost": (("đã mất {lost} bản ghi từ khi lập sổ", "kiểm tra thẻ nhớ và đường nối về phường"),
                     ("{lost} records were lost since it was made",
                      "check the card and the way to the ward")),
    "journal-damaged": (("bị hỏng", "tắt hộp, bật lại: hộp tự sửa; vẫn vậy thì thay thẻ"),
                        ("damaged", "switch the box off and on: it repairs it; else replace the card")),
    "journal-none": (("chưa có", ""), ("none yet", "")),
    "journal-bad": (("{error}", ""), ("{error}", "")),

    "power-ok": (("đủ điện áp", ""), ("voltage is good", "")),
    "power-low": (("đang sụt áp", "thay nguồn 5 V, dây ngắn và to hơn"),
                  ("under-voltage now", "take a better 5 V supply, a shorter and thicker cable")),
    "power-was-low": (("đã từng sụt áp từ lúc bật", "kiểm tra nguồn 5 V và dây nguồn"),
                      ("under-voltage since the start", "check the 5 V supply and its cable")),
    "power-unknown": (("bo mạch này không báo điện áp", ""), ("this board does not tell", "")),
    "heat-ok": (("{celsius} °C", ""), ("{celsius} °C", "")),
    "heat-warm": (("{celsius} °C, nóng", "che nắng, thông gió cho hộp"),
                  ("{celsius} °C: warm, or was too hot", "shade it, give it air")),
    "heat-hot": (("{celsius} °C, quá nóng, đang chạy chậm lại", "che nắng, thông gió cho hộp"),
                 ("{celsius} °C: too hot, it slows down", "shade it, give it air")),
    "heat-unknown": (("bo mạch này không báo nhiệt độ", ""), ("this board does not tell", "")),

    "version": (("edgebox {firmware}, cấu hình {config}, ảnh {release}", ""),
                ("edgebox {firmware}, config {config}, image {release}", "")),
}

_PLAIN: dict[str, tuple[str, str]] = {
    "title": ("Kiểm tra hộp {box}", "Self-test of {box}"),
    "do": ("→ {text}", "→ {text}"),
    "on": ("bật", "on"),
    "off": ("tắt", "off"),
    "ask-siren": ("Còi {name} sẽ kêu {seconds:g} giây. Đồng ý? [c/K]",
                  "Siren {name} will sound for {seconds:g} s. Agree? [y/N]"),
}


class Words:
    """One language's words."""

    def __init__(self, language: str) -> None:
        """`language` is one of LANGUAGES."""
        self._index, self._wired = LANGUAGES.index(language), WiredWords(language)

    def __call__(self, key: str, **values: object) -> str:
        return _PLAIN[key][self._index].format(**values)

    def kind(self, kind: Kind) -> str:
        return _KINDS[kind][self._index]

    def title(self, finding: Finding) -> str:
        """What it is about. Outputs and inputs are called by what they are, as on the group's page."""
        if finding.kind is Kind.CERTIFICATE and finding.name in _CERTIFICATES:
            return _CERTIFICATES[finding.name][self._index]
        known = finding.what in {*OutputKind, *InputKind}
        return f"{self._wired(finding.what) if known else self.kind(finding.kind)} {finding.name}".rstrip()

    def state(self, state: State) -> str:
        return _STATES[state][self._index]

    def verdict(self, state: State, **values: object) -> str:
        return _VERDICTS[state][self._index].format(**values)

    def found(self, finding: Finding) -> str:
        """What was found, one line."""
        return _FOUND[finding.code][self._index][0].format_map(self._told(finding))

    def remedy(self, finding: Finding) -> str:
        """What to do about it; "" where nothing is."""
        return _FOUND[finding.code][self._index][1].format_map(self._told(finding))

    def _told(self, finding: Finding) -> dict[str, object]:
        return {key: _VALUES[key][str(value)][self._index] if str(value) in _VALUES.get(key, ()) else value
                for key, value in finding.values.items()}
