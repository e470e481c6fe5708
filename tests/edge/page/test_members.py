"""Members, invites, phones and the log, as leaders and members keep them."""

from __future__ import annotations

import html
import re

import pytest

from edge.members.tokens import new_token, token_hash
from edge.members.values import Act, Credential, Expected, MemberRole
from tests.brokers import until
from tests.edge.page.stand import CODE, MEMBER, TOOL, Stand

FIELDS = {"name": "Bà Tư", "code": CODE, "again": CODE, "label": "máy cũ"}


def fault(page: str) -> str:
    found = re.search(r'id="fault">([^<]*)<', page)
    return html.unescape(found[1]) if found else ""


@pytest.mark.parametrize(("changes", "said"), [
    ({"again": "472817"}, "Hai lần nhập mã không giống nhau."),
    ({"code": "47a816", "again": "47a816"}, "Mã chỉ gồm chữ số."),
    ({"code": "4728", "again": "4728"}, "Mã ngắn quá, cần ít nhất 6 chữ số."),
    ({"code": "4" * 13, "again": "4" * 13}, "Mã dài quá, nhiều nhất 12 chữ số."),
    ({"code": "111111", "again": "111111"}, "Mã dễ đoán quá. Đừng dùng số liền nhau hay số lặp lại."),
    ({"name": ""}, "Hãy nhập tên của bạn."), ({"name": "x" * 61}, "Tên dài quá."),
    ({"name": MEMBER}, "Đã có người tên này. Thêm số nhà để phân biệt."),
    ({"token": "WRONG"}, "Mã mời không đúng. Xin tổ trưởng mã mới.")])
def test_a_refused_join_says_why_and_uses_nothing_up(stand: Stand, lan: Credential, changes: dict[str, str],
                                                     said: str) -> None:
    """
    Each fault has its sentence, what was typed stays but the code, and the invite is still good.
    """
    token = stand.roster.invite(MemberRole.MEMBER, TOOL).token
    fields = {"token": token} | FIELDS
    with stand.phone() as client:
        answer = client.post("/join", data=fields | changes)
        assert said == fault(answer.text)
        assert CODE not in answer.text
        assert "set-cookie" not in answer.headers
        assert 303 == client.post("/join", data=fields).status_code


@pytest.mark.parametrize("sent", [
    "{}?utm_source=zalo&utm_medium=chat", "{}&fbclid=IwAR0%zz", "{}.", "{}%", " {}\n", "{}%20",
    "https://192.168.1.20:8443/join#{}", "https://192.168.1.20:8443/join#{}#:~:text=x", "{}\u200b"])
def test_what_apps_hang_behind_a_token_is_none_of_it(stand: Stand, sent: str) -> None:
    """
    A link that a messenger has added to, or that was pasted whole, lets in; so does one that was read out.
    """
    token = stand.roster.invite(MemberRole.MEMBER, TOOL).token
    spoken = " ".join(token[at:at + 4].lower() for at in range(0, len(token), 4))
    with stand.phone() as client:
        for given in (sent.format(token), spoken):
            assert 'data-step="details"' in client.post("/join", data={"token": given}).text
        assert 303 == client.post("/join", data={"token": sent.format(token)} | FIELDS).status_code


@pytest.mark.parametrize(("agent", "is_told"), [
    ("Mozilla/5.0 (Linux; Android 14; SM-A156E) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", False),
    ("Mozilla/5.0 (Linux; Android 14; SM-A156E; wv) AppleWebKit/537.36 Version/4.0 Chrome/130.0 Mobile "
     "Safari/537.36 Zalo android/24100", True),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 "
     "Safari/604.1", False),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 "
     "[FBAN/FBIOS;FBAV/490.0]", True),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", True),
    ("", False)])
def test_joining_inside_another_app_is_told(stand: Stand, agent: str, is_told: bool) -> None:
    """
    Who opens an invite in a messenger's own browser reads that the phone may lose its right to call there.
    """
    with stand.phone() as client:
        page = client.get("/join", headers={"User-Agent": agent}).text
    assert is_told == ("trong một ứng dụng khác" in page)


def test_an_invite_for_a_phone_asks_for_the_members_code(stand: Stand, lan: Credential) -> None:
    """
    A member adds a second phone: no name, the code that he has; the wrong one counts and lets nobody in.
    """
    with stand.phone(lan) as client:
        page = client.post("/members/add-phone", data={"member": lan.member.id}).text
        token = html.unescape(page).split("/join#")[1].split("<")[0]
    with stand.phone() as second:
        form = second.post("/join", data={"token": token}).text
        assert f"Thêm điện thoại này cho {MEMBER}" in form
        assert 'name="name"' not in form
        assert "Sai mã" in fault(second.post("/join", data={"token": token, "code": "999999"}).text)
        fields = {"token": token, "code": CODE, "label": "máy hai"}
        assert 303 == second.post("/join", data=fields).status_code
        assert MEMBER in second.get("/me").text
    [member] = [it for it in stand.roster.members() if it.id == lan.member.id]
    assert ["máy thử", "máy hai"] == [phone.label for phone in member.phones]


def test_a_leader_keeps_the_roster(stand: Stand, lan: Credential, leader: Credential) -> None:
    """
    Invite, withdraw, role, unlock, a phone and a member removed: each done, each in the log, none undone by
    the leader who would leave the group without one.
    """
    with stand.phone(leader) as client:
        def post(path: str, **fields: str) -> int:
            return client.post(path, data=fields).status_code

        assert 200 == post("/members/invite", name="Cô Sáu", role="member")
        [invite] = stand.roster.invites()
        assert ("Cô Sáu", MemberRole.MEMBER) == (invite.name, invite.role)
        assert 303 == post("/members/withdraw", invite=invite.id)
        assert [] == stand.roster.invites()
        assert 400 == post("/members/invite", role="king")
        assert 403 == post("/members/invite", role="technician")

        assert 303 == post("/members/role", member=lan.member.id, role="leader")
        assert 303 == post("/members/role", member=lan.member.id, role="member")
        answer = client.post("/members/role", data={"member": leader.member.id, "role": "member"})
        assert (403, True) == (answer.status_code, "ít nhất một tổ trưởng" in answer.text)
        assert 303 == post("/members/unlock", member=lan.member.id)
        assert MEMBER in client.get(f"/members/revoke?member={lan.member.id}").text
        assert 303 == post("/members/revoke", member=lan.member.id)
        assert 404 == client.get(f"/members/revoke?member={lan.member.id}").status_code
        assert 403 == post("/members/unlock", member="m-none")

        page = client.get("/log?lang=en").text
        for text in ("Member removed", "Role changed", "Unlocked", "Invite withdrawn", MEMBER):
            assert text in page
    assert stand.roster.authenticate(lan.secret) is None


def test_what_the_handover_sheet_brought_is_told_so(stand: Stand, leader: Credential) -> None:
    """
    In the list of invites and in the log: people know the sheet, not how it reached the box.
    """
    stand.roster.expect([Expected(MemberRole.LEADER, "Bác Tư", token_hash(new_token()))])
    with stand.phone(leader) as client:
        for path in ("/members", "/log"):
            page = client.get(path).text
            assert "phiếu bàn giao của phường" in page
            assert "tool:" not in page


def test_changing_the_code(stand: Stand, lan: Credential) -> None:
    """
    With the old one only; the new one counts from then on.
    """
    def change(old: str, code: str) -> tuple[int, str]:
        answer = client.post("/me/code", data={"old": old, "code": code, "again": code})
        return answer.status_code, answer.json()["text"]

    with stand.phone(lan, Accept="application/json", **{"Accept-Language": "en"}) as client:
        assert (403, "Wrong code. 4 more tries before it locks.") == change("999999", "583927")
        assert 422 == change(CODE, "654321")[0]
        assert (200, "Code changed.") == change(CODE, "583927")
    assert stand.roster.check_code(lan.member.id, "583927").ok


def test_the_log_is_paged_and_cannot_be_made_to_run(stand: Stand, leader: Credential) -> None:
    """
    Following "older" shows each act once; a name that is markup is shown as it is written.
    """
    for number in range(120):
        stand.roster.note(Act("opened", "button <b>7</b>", detail={"label": f"n{number}."}))
    address, seen = "/log", []
    with stand.phone(leader) as client:
        while address:
            page = client.get(address).text
            assert "<b>7</b>" not in page
            seen += re.findall(r"n(\d+)\.", page)
            older = re.search(r'href="(/log\?before=\d+)"', page)
            address = older[1] if older else ""
        assert 200 == client.get("/log?before=x").status_code
    assert [str(number) for number in reversed(range(120))] == seen


def test_a_roster_that_was_moved_away_lets_nobody_in_until_it_is_back(stand: Stand, lan: Credential) -> None:
    """
    Neither guard nor page ends of it; guard opens another, in which nobody is.
    """
    for name in ("members.db", "members.key"):
        (stand.folder / "guard" / name).rename(stand.folder / name)
    with stand.phone(lan, Accept="application/json") as client:
        assert 503 == client.get("/").status_code
        until(lambda: client.get("/").status_code == 401, "a new roster")
    assert not stand.ended.is_set()
