"""The page in a real browser: what a neighbour sees and does, over TLS, with the box coming and going."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe  # type: ignore[import-untyped]
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from dev.screenshot import HINT, browser
from edge.base.findings import Kind
from edge.base.values import NS_PER_S
from edge.contract.messages import AlarmCause, AlarmMode, PanelPhase
from edge.guard.care.caretaker import BUNDLE, BUNDLE_WANTED, TEST_WANTED
from edge.guard.care.job_request import SERVED_S
from edge.health import progress
from edge.ipc.panel import Actor, Cancel, Contact, Raise
from edge.members.codes import fault
from edge.members.errors import CodeReason
from edge.members.values import Credential, MemberRole
from tests.brokers import until
from tests.edge.page.phones import HOLD_S, Phone, seconds_until, trusting
from tests.edge.page.stand import CODE, MEMBER, TOOL, Stand, standing
from tests.edge.page.test_checks import FOUND, keep, tried

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None or shutil.which("chromedriver") is None,
                                reason=HINT)

SIREN, CALM = "Còi đang kêu", "Bình thường"
PAGES = ("/", "/members", "/log", "/check", "/me", "/raise?mode=siren", "/raise?mode=silent", "/join",
         "/sign-in", "/offline", "/nothing")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for every stand, so that one browser believes all of them."""
    folder = tmp_path_factory.mktemp("key")
    with standing(folder):
        return folder / "page" / "page.key"


@pytest.fixture(scope="module")
def chrome(key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with standing(key.parent.parent) as stand:
        flags = trusting(stand)
    opened = browser(tmp_path_factory.mktemp("profile"), 360, 640, flags=flags)
    yield opened
    opened.quit()


@pytest.fixture
def stand(tmp_path: Path, key: Path) -> Iterator[Stand]:
    (tmp_path / "page").mkdir()
    shutil.copy(key, tmp_path / "page" / "page.key")
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def phone(chrome: webdriver.Chrome, stand: Stand) -> Iterator[Phone]:
    yield Phone(chrome, stand)
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chrome.get("about:blank")


def raised(stand: Stand) -> list[Raise]:
    return [request for request in stand.memory.requests if isinstance(request, Raise)]


def test_joining_by_invite(phone: Phone, stand: Stand, leader: Credential) -> None:
    """
    The leader's page makes the invite, the invited opens its link, chooses a name and a code, and is at the
    button; the token is in no address that was ever asked for, and nothing is asked of anybody else.
    """
    phone.take(leader)
    phone.go("/members")
    phone.script("document.querySelector(\"form[action='/members/invite']\").requestSubmit()")
    until(lambda: phone.text(".link code"), "the invite")
    assert phone.script("return document.querySelector('.qr svg').getBoundingClientRect().width") == \
        pytest.approx(296, abs=30)
    link = phone.text(".link code")
    assert link.startswith(f"{stand.address}/join#")
    token = link.split("#")[1]

    phone.take(None)
    phone.requests()
    phone.chrome.get(f"{link}?utm_source=zalo&fbclid=Iw%zz.")      # as messengers send it on
    until(lambda: phone.text("#join h2"), "the form for this invite")
    assert "91/2025/QH15" in phone.text(".notice")
    assert phone.path() == f"/join#{token}", "whoever goes on in another browser takes it along"
    phone.enter("#name", "Bà Tư, số 9")
    phone.enter("#code", "123456")
    phone.enter("#again", "123456")
    phone.until_text("#code-told", "dễ đoán quá")
    phone.find("#join button").click()
    assert not phone.script("return document.getElementById('join').checkValidity()"), "and so it is not sent"
    assert "123456" == phone.find("#again").get_attribute("value"), "nothing is to be typed again for it"
    phone.enter("#code", "147258")          # which the server alone knows for one that everybody tries
    phone.enter("#again", "147258")
    phone.find("#join button").click()
    phone.until_text("#fault", "dễ đoán quá")
    assert "Bà Tư, số 9" == phone.find("#name").get_attribute("value")
    phone.enter("#code", CODE)
    phone.enter("#again", CODE)
    phone.find("#join button").click()
    until(lambda: phone.path() == "/", "the page with the button")
    phone.until_text("#scene", CALM)

    assert "Bà Tư, số 9" in {member.name for member in stand.roster.members()}
    asked = phone.requests()
    assert [] == [address for address in asked if token in address.split("#")[0]]
    assert {stand.address} == {"/".join(address.split("/")[:3]) for address in asked if "http" in address}
    assert [] == [fault for fault in phone.faults() if "(Un" not in fault]      # 401 and 422 are meant


def test_a_tap_does_nothing_and_a_hold_calls(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    A short press raises nothing and says how; held for a second the siren sounds, the page says so and who
    called, and what to do. The wrong code ends nothing, the right one does.
    """
    phone.main(lan)
    phone.press("#raise", 0.3)
    phone.until_text("#said", "Giữ lâu hơn")
    assert [] == raised(stand)

    phone.press("#raise", HOLD_S)
    phone.until_text("#scene", SIREN)
    assert [AlarmMode.SIREN] == [request.mode for request in raised(stand)]
    for text in (MEMBER, "Tự tắt sau", "0:5", "Vào chỗ an toàn", "113"):
        phone.until_text("#scene", text)
    phone.until_text("#rows", "đang kêu")
    assert phone.script("return document.querySelector('#scene a').href") == "tel:113"

    phone.find("#cancel summary").click()
    phone.enter("#cancel-code", "111999")
    phone.find("#cancel button").click()
    phone.until_text("#cancel output", "Sai mã. Còn 4 lần")
    assert SIREN in phone.text("#scene")
    phone.enter("#cancel-code", CODE)
    phone.find("#cancel button").click()
    phone.until_text("#scene", "Báo động đã tắt")
    assert "" == phone.text("#cancel")
    phone.until_text("#rows", MEMBER)
    until(lambda: {"alarm-raised", "alarm-cancelled", "code-wrong"} <=
          {entry.act.what for entry in stand.roster.log(20)}, "the log")
    assert [] == [fault for fault in phone.faults() if "403" not in fault]


def test_wrong_codes_lock_and_the_wait_is_shown(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    From the third wrong code on the page counts the wait down and takes no other try meanwhile.
    """
    stand.memory.request(Raise(_actor(lan), AlarmMode.SIREN))
    for _ in range(2):
        stand.roster.check_code(lan.member.id, "000001")
    phone.main(lan)
    phone.find("#cancel summary").click()
    phone.enter("#cancel-code", "111999")
    phone.find("#cancel button").click()
    phone.until_text("#cancel output", "Thử lại sau 0:0")
    assert phone.find("#cancel button").get_attribute("disabled")
    until(lambda: not phone.find("#cancel button").get_attribute("disabled"), "the end of the wait")


def test_a_silent_call_is_its_callers_own(phone: Phone, stand: Stand, lan: Credential,
                                          leader: Credential) -> None:
    """
    The caller sees a calm word that tells nobody anything, the police only in what he unfolds; another phone
    sees a box at rest, and its log does not have the call while it is open.
    """
    phone.main(lan)
    phone.press("#silent", HOLD_S)
    phone.until_text("#scene", "Đã nhận, đang chuyển đi")
    assert [AlarmMode.SILENT] == [request.mode for request in raised(stand)]
    for word in ("công an", "113", "im lặng", "ngầm", "Còi"):
        assert word not in phone.text("#scene")
    phone.find("#scene summary").click()
    assert "Đã kết nối với công an phường" in phone.text("#scene")
    until(lambda: "alarm-silent" in {entry.act.what for entry in stand.roster.log(5)}, "the log")

    phone.main(leader)
    phone.until_text("#scene", CALM)
    phone.go("/log")
    assert "Báo ngầm" not in phone.text("main")
    stand.memory.request(Cancel(_actor(lan)))
    phone.go("/log")
    assert "Báo ngầm" in phone.text("main")


def test_a_lost_box_is_told_within_five_seconds(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    The page says that it lost the box, and takes it back by itself; in between a call for help says that the
    box does not answer, goes on trying, and is one alarm once it does.
    """
    phone.main(lan)
    phone.until_text("#scene", CALM)
    stand.stop()
    assert seconds_until(lambda: "Mất liên lạc. Hô to, gọi 113" in phone.text("#lost"), "the word") < 5

    phone.press("#raise", HOLD_S)
    phone.until_text("#sending", "Đang gửi…")
    phone.until_text("#sending", "Hộp không trả lời")
    phone.until_text("#sending", "Hô to và gọi 113")
    assert SIREN not in phone.text("body")
    stand.start()
    phone.until_text("#scene", SIREN)
    until(lambda: phone.text("#lost") == "", "the end of the warning")
    assert "" == phone.text("#sending")
    assert 1 == len(raised(stand))


def test_another_certificate_is_no_endless_promise(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    An open page whose box has a certificate that the browser does not believe says within ten seconds that it
    has lost contact, offers 113 where the thumb is, and to reload; it promises to come back no more.
    """
    phone.main(lan)
    phone.until_text("#scene", CALM)
    stand.stop()
    for name in ("page.key", "page.crt"):
        (stand.folder / "page" / name).unlink()
    stand.start()
    assert seconds_until(lambda: "Hãy tải lại trang" in phone.text("#lost"), "the word") < 12
    assert "Mất liên lạc. Hô to, gọi 113" in phone.text("#lost")
    assert "Đang thử nối lại" not in phone.text("#lost")
    reached = phone.script("""
        return [...document.querySelectorAll("#lost a")].map((link) => {
            const at = link.getBoundingClientRect();
            const found = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
            return [link.getAttribute("href"), link.contains(found), at.top > innerHeight / 2];
        })""")
    assert [["tel:113", True, True], ["/", True, True]] == reached


def test_a_panel_that_hangs_is_not_believed(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    A box that is there but whose alarm does not answer is told as such; nothing is claimed.
    """
    phone.main(lan)
    stand.memory.answers = False
    phone.press("#raise", HOLD_S)
    phone.until_text("#sending", "Hộp không trả lời")
    assert SIREN not in phone.text("body")
    stand.memory.answers = True
    phone.until_text("#scene", SIREN)
    assert 1 == len(raised(stand))


def test_what_others_do_is_seen_at_once(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Light before siren, a fault of the outputs, a lost ward: each as it is, none as it should be.
    """
    phone.main(lan)
    for changes, text in (
            ({"phase": PanelPhase.FAULT, "outputs": {}}, "Còi, đèn của hộp không hoạt động"),
            ({"phase": PanelPhase.TEST, "outputs": {"siren": False, "flood": True}}, "Đang thử còi, đèn"),
            ({"phase": PanelPhase.IDLE, "armed": False, "outputs": {"siren": False, "flood": False}}, CALM)):
        stand.memory.show(**changes)
        phone.until_text("#scene", text)
    phone.until_text("#guard", "Camera tự báo: đang tắt")
    phone.find("#arm button").click()
    phone.until_text("#guard", "Camera tự báo: đang bật")
    phone.find("#disarm summary").click()
    phone.enter("#disarm-code", CODE)
    phone.find("#disarm button").click()
    phone.until_text("#guard", "Camera tự báo: đang tắt")


def test_a_revoked_phone_is_out_within_two_seconds(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Its stream ends and the page turns to the sign-in page.
    """
    phone.main(lan)
    stand.roster.revoke_phone(lan.phone.id, TOOL)
    assert seconds_until(lambda: phone.path().startswith("/sign-in"), "the sign-in page") < 2
    assert "Trang này dành cho người trong tổ" in phone.text("main")


def test_by_keyboard_alone(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Tab reaches the button, a tap of Space does nothing, held it calls; the code ends it by Enter.
    """
    phone.main(lan)
    keys = ActionChains(phone.chrome)
    for _ in range(12):
        if phone.script("return document.activeElement.id") == "raise":
            break
        keys.send_keys(Keys.TAB).perform()
    assert "raise" == phone.script("return document.activeElement.id")
    keys.send_keys(Keys.SPACE).perform()
    phone.until_text("#said", "Giữ lâu hơn")
    assert ([], "/") == (raised(stand), phone.path())
    ActionChains(phone.chrome).key_down(Keys.SPACE).pause(HOLD_S).key_up(Keys.SPACE).perform()
    phone.until_text("#scene", SIREN)

    phone.script("document.querySelector('#cancel summary').focus()")
    ActionChains(phone.chrome).send_keys(Keys.ENTER, Keys.TAB, CODE, Keys.ENTER).perform()
    phone.until_text("#scene", "Báo động đã tắt")


def test_two_steps_for_who_cannot_hold(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    A screen reader's click, which has no length, leads to the page that asks once more and then calls.
    """
    phone.main(lan)
    phone.script("document.getElementById('silent').click()")
    until(lambda: phone.path() == "/raise?mode=silent", "the second step")
    phone.go("/")
    phone.script("document.getElementById('raise').click()")
    until(lambda: phone.path() == "/raise?mode=siren", "the second step")
    assert [] == raised(stand)
    assert "Báo động ngay?" in phone.text("h1")
    phone.find("form button").click()
    phone.until_text("#scene", SIREN)
    assert 1 == len(raised(stand))


def test_a_poor_code_is_known_by_the_page_as_by_the_server(phone: Phone, lan: Credential) -> None:
    """
    What the script calls simple the roster refuses; what it lets pass is refused by the list of codes that
    everybody tries, if at all.
    """
    phone.take(lan)
    phone.go("/me")
    codes = ["123456", "987654", "135791", "111111", "121212", "123123", "112233", "123321", "100001",
             "472816", "839201", "246802", "654123", "012345678901", "998877", "585858", "771177", "190274"]
    source = phone.script("return document.querySelector('script[src*=\"codes.js\"]').src")
    simple = phone.chrome.execute_async_script(
        "const [source, codes, done] = arguments; import(source).then(it => done(codes.map(it.isSimple)))",
        source, codes)
    worst = {"654123"}
    assert [fault(code, "") is CodeReason.TOO_SIMPLE and code not in worst for code in codes] == simple


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("panel", ["calm", "siren"])
def test_large_text_stays_in_the_button(phone: Phone, stand: Stand, lan: Credential, language: str,
                                        panel: str) -> None:
    """
    At 200 % text no line of the button's words runs over its rim, in either language, at rest or in an alarm.
    """
    phone.main(lan)
    phone.go(f"/?lang={language}")
    if panel == "siren":
        stand.memory.request(Raise(_actor(lan), AlarmMode.SIREN))
        until(lambda: phone.script("return document.body.dataset.tone") == "alarm", "the alarm")
    over = phone.script("""
        document.documentElement.style.fontSize = "200%";
        const face = document.querySelector(".hold-face").getBoundingClientRect();
        const range = document.createRange();
        const radius = face.width / 2, [x, y] = [face.left + radius, face.top + radius];
        range.selectNodeContents(document.querySelector(".hold-siren .hold-text"));
        return Math.max(...[...range.getClientRects()].flatMap((line) => [
            [line.left, line.top], [line.right, line.top],
            [line.left, line.bottom], [line.right, line.bottom]])
            .map(([left, top]) => Math.hypot(left - x, top - y))) / radius;""")
    assert isinstance(over, int | float)
    assert over <= 1.0


def test_without_scripts(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    With scripts switched off the button leads to two steps, the page says what is, and the code ends it.
    """
    phone.take(lan)
    phone.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    phone.go("/")
    phone.find("#raise").click()
    until(lambda: phone.path() == "/raise?mode=siren", "the second step")
    phone.find("main form button").click()
    until(lambda: phone.path() == "/", "the page with the button")
    phone.until_there("#scene", SIREN)
    phone.until_there("#scene", MEMBER)
    phone.find("#cancel summary").click()
    phone.find("#cancel-code").send_keys(CODE, Keys.ENTER)
    phone.until_there("#scene", "Báo động đã tắt")


def test_both_languages_and_sunlight(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    One tap changes the language, and it stays, on the page and in what the box says later; so does the look
    for sunlight.
    """
    phone.main(lan)
    phone.find("#language").click()
    phone.until_text("#scene", "All is well")
    stand.memory.request(Raise(_actor(lan), AlarmMode.SIREN))
    phone.until_text("#scene", "The siren is sounding")
    phone.until_text("#scene", f"Raised by {MEMBER}")
    phone.go("/me")
    assert "en" == phone.find("html").get_attribute("lang")
    assert "My phone" == phone.chrome.title.split(" · ")[0]
    phone.find(".tool").click()
    phone.go("/me")
    assert "sun" == phone.find("html").get_attribute("data-view")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_small_screens(phone: Phone, stand: Stand, leader: Credential, language: str) -> None:
    """
    On 360 px nothing overflows on any page, also with long names; on 360x640 both ways to call are in view
    without scrolling, and everything to be touched is at least 44 px high.
    """
    stand.join("Nguyễn Thị Bích Ngọc Phương Thảo Vy, căn hộ số 1402 nhà B", MemberRole.TECHNICIAN)
    keep(stand, *FOUND)
    phone.take(leader)
    for path in PAGES:
        phone.go(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert 360 >= int(str(phone.script("return document.documentElement.scrollWidth"))), path
        small = phone.script("return [...document.querySelectorAll('main a, main button, main summary, input,"
                             " select, .tool, .pages a')].filter(it => it.checkVisibility() && it.type !=="
                             " 'hidden' && it.getBoundingClientRect().height < 35).map(it => it.outerHTML)")
        assert [] == small, path
    phone.go("/")
    assert 640 >= float(str(phone.script(
        "return document.getElementById('silent').getBoundingClientRect().bottom")))


@pytest.mark.parametrize("look", ["light", "dark", "sun"])
def test_accessibility(phone: Phone, stand: Stand, leader: Credential, look: str) -> None:
    """
    axe finds no serious or critical fault on any page, at rest and during an alarm, in each of the looks.
    """
    phone.take(leader)
    phone.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "dark" if look == "dark" else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce"}]})
    view = "sun" if look == "sun" else "auto"
    keep(stand, *FOUND)
    for path in PAGES:
        phone.go(f"{path}{'&' if '?' in path else '?'}view={view}")
        assert [] == serious(phone), path
    phone.go("/members")
    phone.script("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert [] == serious(phone)
    for mode in (AlarmMode.SIREN, AlarmMode.SILENT):
        stand.memory.request(Raise(_actor(leader), mode))
        phone.go("/")
        phone.script("document.querySelectorAll('details').forEach(it => it.open = true)")
        assert [] == serious(phone), mode
        stand.memory.request(Cancel(_actor(leader)))
    for what in ("sending", "doubt", "failed"):
        phone.script("const it = document.getElementById('sending'); it.hidden = false; it.dataset.what ="
                     " arguments[0]; it.children[0].textContent = it.children[1].textContent = 'x'", what)
        assert [] == serious(phone), what


def test_checking_the_box(phone: Phone, stand: Stand, leader: Credential) -> None:
    """
    A technician's visit, by thumb: the self-test is asked for, and its steps and result come by themselves;
    the lights are tried and ticked; the siren wants the box ticked first; a key that is turned is ticked at
    once, and how long ago counts on.
    """
    phone.take(leader)
    phone.go("/check")
    until(lambda: stand.listeners > 0, "the stream")
    phone.faults()
    phone.find("form[action='/check/test'] button").click()
    phone.until_text("#tested", "Đang bắt đầu kiểm tra…")
    (stand.folder / "guard" / TEST_WANTED).unlink()
    with progress.reporting(stand.folder) as tell:
        tell(3, 8, Kind.MODEL)
        phone.until_text("#tested", "Đang xem: nhận dạng")
        keep(stand, *FOUND)
    phone.until_text("#tested", "Hộp có lỗi: 1 điểm hỏng")
    assert "" == phone.text("#tested progress")
    assert "Đã kiểm tra xong." in phone.text("#tested")

    phone.find("section form:not(.consent)[action='/check/outputs'] button").click()
    phone.until_text("#outputs", "đang bật")
    stand.memory.show(phase=PanelPhase.IDLE, outputs={"siren": False, "flood": False})
    phone.until_text("#outputs .ticked", "đã bật, vừa xong")
    phone.find(".consent button").click()
    assert [False] == [with_siren for _, with_siren in tried(stand)], "the browser wants the box ticked"
    phone.find(".consent input[type=checkbox]").click()
    phone.find(".consent button").click()
    until(lambda: [False, True] == [with_siren for _, with_siren in tried(stand)], "the siren's test")

    stand.memory.show(inputs={"key": Contact(True, time.monotonic_ns() - 7 * NS_PER_S)})
    phone.until_text("#inputs .ticked", "đã đổi, 7 giây trước")
    phone.until_text("#inputs .ticked", "đã đổi, 9 giây trước")
    assert "/check" == phone.path()
    assert [] == phone.faults()


def test_the_support_bundle_comes_by_itself(phone: Phone, stand: Stand, leader: Credential) -> None:
    """
    From the wish to the link without a reload, and where nobody makes it the page says so.
    """
    phone.take(leader)
    phone.go("/check")
    until(lambda: stand.listeners > 0, "the stream")
    phone.find("form[action='/check/bundle'] button").click()
    phone.until_text("#bundle", "Đang chuẩn bị gói…")
    (stand.folder / "guard" / BUNDLE_WANTED).unlink()
    phone.until_text("#bundle", "Đang làm gói…")
    (stand.folder / BUNDLE).write_bytes(b"x" * 2000)
    phone.until_text("#bundle a", "Tải về (2 KB)")
    phone.find("form[action='/check/test'] button").click()
    phone.until_text("#tested", "Đang bắt đầu kiểm tra…")
    stand.later_s = SERVED_S
    phone.until_text("#tested", "không có dịch vụ nào chạy tự kiểm tra")
    assert not (stand.folder / "guard" / TEST_WANTED).exists()


def test_checking_without_scripts(phone: Phone, stand: Stand, leader: Credential) -> None:
    """
    Each button is a plain form that leads back to the page, which loads itself again and again.
    """
    phone.take(leader)
    phone.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    phone.go("/check")
    phone.find("form[action='/check/test'] button").click()
    phone.until_there("#tested", "Đang bắt đầu kiểm tra…")
    (stand.folder / "guard" / TEST_WANTED).unlink()
    keep(stand, *FOUND[:1])
    phone.until_there("#tested", "Hộp tốt.")


def test_offline_shell(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Once opened, the page opens without the box as well: it says so and offers 113; back at the button by
    itself when the box is. What is stored is the shell: no state, no name, no page but that one.
    """
    phone.main(lan)
    phone.until_worker()
    stored = phone.chrome.execute_async_script(
        "const done = arguments[0]; (async () => { const found = []; for (const name of await caches.keys())"
        " for (const it of await (await caches.open(name)).keys()) found.push(new URL(it.url).pathname);"
        " done(found.map(it => it.replace(/static.[0-9a-f]+/, 'static')).sort()); })()")
    assert ["/offline", "/static/icon-192.png", "/static/icon.svg", "/static/offline.js",
            "/static/page.css"] == stored

    stand.stop()
    phone.go("/")
    assert "Không liên lạc được với hộp" in phone.text("h1")
    assert "The box cannot be reached" in phone.text("main")
    assert "tel:113" == phone.script("return document.querySelector('main a').href")
    assert "rgba(0, 0, 0, 0)" != phone.script("return getComputedStyle(document.querySelector('.scene'))"
                                              ".backgroundColor")
    stand.start()
    phone.until_text("#scene", CALM)


def test_it_can_be_installed(phone: Phone, stand: Stand, lan: Credential) -> None:
    """
    Chromium finds nothing that keeps the page from being installed, by its manifest and its worker.
    """
    phone.main(lan)
    phone.until_worker()
    found = phone.chrome.execute_cdp_cmd("Page.getAppManifest", {})
    assert [] == found["errors"]
    assert "Báo động tổ" in found["data"]
    # A headless browser without a window is told to be in private mode; that is no fault of the page.
    errors = phone.chrome.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"]
    assert [] == [error for error in errors if error["errorId"] != "in-incognito"]


def serious(phone: Phone) -> list[str]:
    results = Axe().run(phone.chrome)
    return [f"{it['id']}: {[node['target'] for node in it['nodes']]}" for it in results["violations"]
            if it["impact"] in ("serious", "critical")]


def _actor(who: Credential) -> Actor:
    return Actor(AlarmCause.MEMBER, who.member.name, who.member.id)
