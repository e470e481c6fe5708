"""What `edgebox members` says, in Vietnamese and English. The page has words of its own."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("vi", "en")

_VI: Mapping[str, str] = {
    "members": "Thành viên",
    "nobody": "Chưa có ai. Mời tổ trưởng trước: edgebox members invite --role leader --name TÊN",
    "invites": "Lời mời còn hiệu lực",
    "member": "thành viên", "leader": "tổ trưởng", "technician": "kỹ thuật viên",
    "revoked": "đã thu hồi", "locked": "mã bị khóa", "anyone": "(tự điền tên)",
    "no-label": "(điện thoại)", "never-seen": "chưa vào lần nào", "seen": "vào gần nhất {when}",
    "left": "còn {left}", "by": "người mời: {by}", "for-phone": "thêm điện thoại cho {name}",
    "invite-for": "Mời {name} vào nhóm, vai trò: {role}",
    "invite-phone": "Thêm điện thoại cho {name}",
    "invite-how": "Quét mã QR bằng điện thoại, hoặc mở địa chỉ:",
    "invite-limits": "Chỉ dùng được một lần, trong {left} (đến {until}). Ai có mã này cũng vào được: "
                     "chỉ đưa cho đúng người.",
    "invite-back": "Muốn hủy: edgebox members revoke {id}",
    "done-revoke-member": "Đã thu hồi thành viên {id}, tất cả điện thoại và lời mời của người này.",
    "done-revoke-phone": "Đã thu hồi điện thoại {id}.",
    "done-revoke-invite": "Đã hủy lời mời {id}.",
    "done-unlock": "Đã mở khóa mã của {id}.",
    "log-sound": "Nhật ký nguyên vẹn. Dòng cuối: {seq}, SHA-256 {sha256}",
    "log-broken": "NHẬT KÝ ĐÃ BỊ SỬA, ở dòng {seq}: {why}",
    "clock-unsure": "giờ chưa chắc",
    "days": "{n} ngày", "hours": "{n} giờ", "minutes": "{n} phút", "seconds": "{n} giây",
    "act-invited": "mời", "act-invite-withdrawn": "hủy lời mời", "act-joined": "vào nhóm",
    "act-phone-added": "thêm điện thoại", "act-phone-revoked": "thu hồi điện thoại",
    "act-member-revoked": "thu hồi thành viên", "act-renamed": "đổi tên", "act-role-changed": "đổi vai trò",
    "act-unlocked": "mở khóa mã", "act-code-changed": "đổi mã", "act-code-wrong": "nhập sai mã",
    "act-alarm-raised": "báo động", "act-alarm-silent": "gọi im lặng",
    "act-alarm-refused": "báo động bị từ chối", "act-alarm-cancelled": "tắt báo động",
    "act-armed": "bật canh gác", "act-disarmed": "tắt canh gác", "act-self-test": "tự kiểm tra hộp",
    "act-lights-tried": "thử đèn", "act-siren-tried": "thử còi, đèn",
    "act-bundle-made": "làm gói hỗ trợ", "act-bundle-taken": "tải gói hỗ trợ",
}

_EN: Mapping[str, str] = {
    "members": "Members",
    "nobody": "Nobody yet. Invite the leader first: edgebox members invite --role leader --name NAME",
    "invites": "Open invites",
    "member": "member", "leader": "leader", "technician": "technician",
    "revoked": "revoked", "locked": "code locked", "anyone": "(fills in the name)",
    "no-label": "(phone)", "never-seen": "never seen", "seen": "last seen {when}",
    "left": "{left} left", "by": "invited by {by}", "for-phone": "another phone of {name}",
    "invite-for": "Invite for {name}, role: {role}",
    "invite-phone": "Another phone for {name}",
    "invite-how": "Scan the code with the phone, or open:",
    "invite-limits": "Works once, for {left} (until {until}). It lets in whoever has it: give it to that "
                     "person alone.",
    "invite-back": "To take it back: edgebox members revoke {id}",
    "done-revoke-member": "Revoked the member {id} with every phone and invite.",
    "done-revoke-phone": "Revoked the phone {id}.",
    "done-revoke-invite": "Withdrew the invite {id}.",
    "done-unlock": "Unlocked the code of {id}.",
    "log-sound": "The log is whole. Last row: {seq}, SHA-256 {sha256}",
    "log-broken": "THE LOG WAS CHANGED, at row {seq}: {why}",
    "clock-unsure": "clock unsure",
    "days": "{n} d", "hours": "{n} h", "minutes": "{n} min", "seconds": "{n} s",
    "act-invited": "invited", "act-invite-withdrawn": "withdrew an invite", "act-joined": "joined",
    "act-phone-added": "added a phone", "act-phone-revoked": "revoked a phone",
    "act-member-revoked": "revoked a member", "act-renamed": "renamed", "act-role-changed": "changed a role",
    "act-unlocked": "unlocked a code", "act-code-changed": "changed the code", "act-code-wrong": "wrong code",
    "act-alarm-raised": "alarm", "act-alarm-silent": "silent call", "act-alarm-refused": "alarm refused",
    "act-alarm-cancelled": "ended the alarm", "act-armed": "guard on", "act-disarmed": "guard off",
    "act-self-test": "self-test of the box", "act-lights-tried": "tried lights",
    "act-siren-tried": "tried siren and lights", "act-bundle-made": "made a support bundle",
    "act-bundle-taken": "downloaded a support bundle",
}

_ALL = {"vi": _VI, "en": _EN}
_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        """`language` is one of LANGUAGES."""
        self._words = _ALL[language]

    def __call__(self, key: str, **values: object) -> str:
        return self._words[key].format(**values)

    def act(self, what: str) -> str:
        """An act that is not known here is told by its own slug."""
        return self._words.get(f"act-{what}", what)

    def duration(self, seconds: float) -> str:
        """In its two largest units, such as 23 h 12 min; a day is told as 24 h."""
        left, parts = max(1, round(seconds)), []
        for key, size in _UNITS:
            count = left // size if key != "days" or left > size else 0
            if count:
                parts.append(self(key, n=count))
                left -= count * size
        return " ".join(parts[:2])
