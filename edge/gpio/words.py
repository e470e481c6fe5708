"""What `edgebox alarm` says to a technician, Vietnamese and English side by side."""

from __future__ import annotations

from edge.config.model import InputKind, OutputKind

LANGUAGES = ("vi", "en")

_WORDS: dict[str, tuple[str, str]] = {
    OutputKind.SIREN: ("còi hú", "siren"),
    OutputKind.STROBE: ("đèn chớp", "strobe"),
    OutputKind.FLOOD: ("đèn pha", "flood light"),
    OutputKind.BEACON: ("đèn báo trạng thái", "status light"),
    OutputKind.BUZZER: ("còi chíp", "buzzer"),
    InputKind.PANIC: ("nút báo động", "panic button"),
    InputKind.SILENT: ("nút im lặng", "silent button"),
    InputKind.REMOTE: ("điều khiển từ xa", "radio remote"),
    InputKind.KEY: ("chìa khóa canh gác", "key switch"),
    InputKind.TAMPER: ("nắp hộp", "lid"),
    InputKind.MAINS: ("điện lưới", "mains"),

    "lights-first": ("Thử ngõ ra: đèn trước, còi sau; mỗi ngõ ra bật {seconds:g} giây.",
                     "Outputs: lights before sirens; each is on for {seconds:g} s."),
    "output": ("{kind} {name} (GPIO {gpio}, chân {header}): bật...",
               "{kind} {name} (GPIO {gpio}, pin {header}): on..."),
    "seen": ("Có hoạt động không? [C/k]", "Did it work? [Y/n]"),
    "ask-siren": ("Còi sẽ kêu {seconds:g} giây. Tiếp tục? [c/K]",
                  "The siren will sound for {seconds:g} s. Go on? [y/N]"),
    "inputs": ("Thử ngõ vào: làm theo từng dòng. Enter hoặc Ctrl-C: bỏ qua.",
               "Inputs: do as each line says. Enter or Ctrl-C skips."),
    "press": ("bấm", "press it"),
    "press-remote": ("bấm nút trên điều khiển từ xa", "press the remote"),
    "press-key": ("vặn chìa khóa", "turn the key"),
    "press-tamper": ("mở nắp hộp, hoặc đóng lại nếu đang mở", "open the lid, or close it if it is open"),
    "press-mains": ("rút phích cắm điện của UPS, hoặc cắm lại", "unplug the UPS, or plug it in again"),
    "input": ("{kind} {name} (GPIO {gpio}, chân {header}): {what}",
              "{kind} {name} (GPIO {gpio}, pin {header}): {what}"),
    "left": ("  còn {left} giây ", "  {left} s left "),
    "other": ("  đó là {name} (GPIO {gpio}); kiểm tra dây",
              "  that was {name} (GPIO {gpio}); check the wires"),
    "heard": ("  được", "  good"),
    "nothing": ("Cấu hình không có ngõ ra, ngõ vào nào.", "The config has neither outputs nor inputs."),

    "works": ("TỐT", "works"),
    "driven": ("đã bật, chưa ai xác nhận", "was on; nobody confirmed it"),
    "failed": ("HỎNG", "FAILED"),
    "no-signal": ("KHÔNG CÓ TÍN HIỆU", "NO SIGNAL"),
    "skipped": ("bỏ qua", "skipped"),

    "name": ("tên", "name"),
    "kind": ("loại", "kind"),
    "pin": ("chân", "pin"),
    "wiring": ("đấu dây", "wiring"),
    "level": ("mức", "level"),
    "result": ("kết quả", "result"),
    "high": ("cao", "high"),
    "low": ("thấp", "low"),
    "unknown": ("không rõ", "unknown"),
    "on": ("bật", "on"),
    "off": ("tắt", "off"),
    "active": ("tác động", "active"),
    "rest": ("nghỉ", "at rest"),
    "active-high": ("bật ở mức cao", "on when high"),
    "active-low": ("bật ở mức thấp", "on when low"),
    "pull-up": ("kéo lên", "pull-up"),
    "pull-down": ("kéo xuống", "pull-down"),
    "pull-none": ("không điện trở trong", "no pull"),
    "means-low": ("mức thấp là tác động", "active when low"),
    "means-high": ("mức cao là tác động", "active when high"),
}

_YES = frozenset({"c", "có", "co", "y", "yes"})


class Words:
    """One language's words by their key."""

    def __init__(self, language: str) -> None:
        self._index = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._index].format(**values)


def is_yes(answer: str) -> bool:
    """In either language, whichever is spoken."""
    return answer.strip().lower() in _YES
