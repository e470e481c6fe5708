"""Who reaches what: every route by nobody, a revoked phone, a member and a leader."""

from __future__ import annotations

from pathlib import Path

import httpx
from starlette.routing import Route

from edge.base.security_contact import WELL_KNOWN
from edge.members.values import Credential
from edge.page.app import make_app
from edge.page.assets import NAMES, PUBLIC, Assets
from edge.page.feed import Feed
from edge.page.guard_link import GuardLink
from tests.edge.page.stand import CODE, TOOL, Stand, standing

OPEN_PAGES = {("GET", "/sign-in"), ("GET", "/join"), ("POST", "/join"), ("GET", "/static/{build}/{name}"),
              ("GET", WELL_KNOWN)}
KEEPERS_PAGES = {("GET", "/members"), ("GET", "/members/revoke"), ("GET", "/log"),
                 ("POST", "/members/invite"), ("POST", "/members/withdraw"), ("POST", "/members/revoke"),
                 ("POST", "/members/unlock"), ("POST", "/members/role"), ("GET", "/check"),
                 ("GET", "/check/stream"), ("POST", "/check/test"),
                 ("POST", "/check/outputs"), ("POST", "/check/bundle"),
                 ("GET", "/check/bundle.tar.gz")}
NOT_ALLOWED = "Bạn không được làm việc này."


def routes(stand: Stand) -> set[tuple[str, str]]:
    """Method and path of everything that the page serves."""
    link = GuardLink(stand.settings.box.runtime_dir)
    app = make_app(link, Feed(link), {}, {}, camera_alarm=False, title="", names=lambda: (), address="",
                   authority=None, self_made=True)
    return {(method, route.path) for route in app.routes if isinstance(route, Route)
            for method in (route.methods or ()) if method != "HEAD"}


def ask(client: httpx.Client, method: str, path: str) -> httpx.Response:
    """A stream is only opened, since it has no end."""
    path = path.replace("{build}", Assets().build).replace("{name}", "main.js")
    with client.stream(method, path) as answer:
        if not path.endswith("/stream") or answer.status_code != 200:
            answer.read()
        return answer


def test_strangers_reach_the_way_in_and_nothing_else(stand: Stand, leader: Credential) -> None:
    """
    Without a credential, with a made-up one and with a revoked one, every route but the ways in answers 401
    or leads to the sign-in page, and so does what does not exist; no act reaches the panel.
    """
    revoked = stand.join("Tạm")
    stand.roster.revoke_phone(revoked.phone.id, TOOL)
    forged = Credential(revoked.member, revoked.phone, "x" * 43)
    all_routes = routes(stand)
    assert OPEN_PAGES | KEEPERS_PAGES < all_routes

    for who in (None, forged, revoked):
        with stand.phone(who) as client:
            for method, path in [*sorted(all_routes - OPEN_PAGES), ("GET", "/nothing"), ("PUT", "/")]:
                answer = ask(client, method, path)
                wanted = (303, "/sign-in") if method == "GET" else (401, None)
                assert wanted == (answer.status_code, answer.headers.get("location")), (method, path)
            api = client.get("/api/alive", headers={"Accept": "application/json"})
            assert (401, False) == (api.status_code, api.json()["ok"])
    assert [] == stand.memory.requests


def test_members_keep_no_roster(stand: Stand, lan: Credential) -> None:
    """
    A member reaches no page of leaders, not even by a hand-made request; a leader reaches all.
    """
    with stand.phone(lan) as client:
        for method, path in sorted(KEEPERS_PAGES):
            answer = ask(client, method, path)
            assert (403, True) == (answer.status_code, NOT_ALLOWED in answer.text), path
        for method, path in sorted(routes(stand) - KEEPERS_PAGES - {("POST", "/sign-out")}):
            answer = ask(client, method, path)
            assert answer.status_code not in (401, 500), path
            assert path == "/stream" or NOT_ALLOWED not in answer.text, path
        assert "/members" not in client.get("/").text


def test_leaders_reach_everything(stand: Stand, leader: Credential) -> None:
    """
    No route refuses a leader for what he is.
    """
    with stand.phone(leader) as client:
        for method, path in sorted(routes(stand)):
            if path != "/sign-out":
                answer = ask(client, method, path)
                assert answer.status_code not in (401, 500), (path, answer.status_code)
        assert "/members" in client.get("/").text


def test_only_the_sign_in_pages_files_are_open(stand: Stand, lan: Credential) -> None:
    """
    Style, icons and the three scripts of the ways in; the rest only with a credential, and of this build.
    """
    base = Assets().base
    with stand.phone() as nobody, stand.phone(lan) as phone:
        for name in NAMES:
            status = 200 if name in PUBLIC else 303
            assert status == nobody.get(f"{base}/{name}").status_code, name
            assert 200 == phone.get(f"{base}/{name}").status_code, name
        for path in ("/static/0000000000/page.css", f"{base}/nothing.css", f"{base}/..%2Fapp.py"):
            assert 404 == phone.get(path).status_code, path
    assert {"main.js", "call.js", "hold.js"}.isdisjoint(PUBLIC)


def test_files_come_packed_and_pages_never(stand: Stand, lan: Credential) -> None:
    """
    Scripts and style by gzip to whoever takes it; a page, which holds secrets beside what strangers type, and
    the stream as they are. Together they weigh less than half.
    """
    base = Assets().base
    with stand.phone(lan, **{"Accept-Encoding": "br, gzip;q=0.8"}) as phone:
        for name in NAMES:
            answer = phone.get(f"{base}/{name}")
            wanted = None if name.endswith(".png") else "gzip"
            assert wanted == answer.headers.get("content-encoding"), name
            assert "Accept-Encoding" == answer.headers["vary"]
        for path in ("/", "/me", "/join", "/sign-in", "/members"):
            assert "content-encoding" not in phone.get(path).headers, path
        packed = [int(phone.get(f"{base}/{name}").headers["content-length"])
                  for name in ("page.css", "main.js")]
    with stand.phone(lan, **{"Accept-Encoding": "identity, gzip;q=0"}) as phone:
        plain = [phone.get(f"{base}/{name}") for name in ("page.css", "main.js")]
    assert [None, None] == [answer.headers.get("content-encoding") for answer in plain]
    assert sum(packed) < 0.5 * sum(len(answer.content) for answer in plain)


def test_the_credential_cannot_be_read_or_sent_from_elsewhere(stand: Stand, leader: Credential) -> None:
    """
    Joining sets a __Host- cookie, Secure, HttpOnly, SameSite=Strict, for 400 days, and uses the invite up.
    """
    token = stand.roster.invite(leader.member.role, leader.member.id).token
    with stand.phone() as client:
        fields = {"token": token, "name": "Bà Tư", "code": CODE, "again": CODE, "label": "máy cũ"}
        answer = client.post("/join", data=fields)
        cookie = answer.headers["set-cookie"]
        assert (303, "/") == (answer.status_code, answer.headers["location"])
        assert cookie.startswith("__Host-edgebox=")
        for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/", "Max-Age=34560000"):
            assert word in cookie
        assert "domain" not in cookie.lower()
        assert 200 == client.get("/").status_code
    with stand.phone() as other:
        again = other.post("/join", data=fields | {"name": "Bà Năm"}, headers={"Accept-Language": "en"})
        assert (403, True) == (again.status_code, "was used already" in again.text)


def test_signing_out_ends_the_credential(stand: Stand, lan: Credential) -> None:
    """
    The cookie is dropped and its copy is worth nothing.
    """
    with stand.phone(lan) as client:
        answer = client.post("/sign-out")
        assert "/sign-in" == answer.headers["location"]
        assert 'Max-Age=0' in answer.headers["set-cookie"]
    with stand.phone(lan) as copy:
        assert 303 == copy.get("/").status_code


def test_a_deed_beyond_the_role_is_refused_by_the_roster(stand: Stand, lan: Credential) -> None:
    """
    A member who makes requests by hand cannot revoke another's phone or add one to another's name.
    """
    other = stand.join("Bà Tư")
    with stand.phone(lan, Accept="application/json") as client:
        for path, fields in (("/phones/revoke", {"phone": other.phone.id}),
                             ("/members/add-phone", {"member": other.member.id})):
            answer = client.post(path, data=fields)
            assert (403, False) == (answer.status_code, answer.json()["ok"])
    assert stand.roster.authenticate(other.secret) is not None


def test_whoever_found_a_hole_is_told_whom_to_tell(tmp_path: Path) -> None:
    """
    Strangers read the ward's contact at the well-known address; without one they are told whom to ask.
    """
    for contact, status in (("mailto:bao-mat@phuong-5.example", 200), (None, 404)):
        (folder := tmp_path / str(status)).mkdir()
        with standing(folder, security_contact=contact) as stand, stand.phone(None) as client:
            answer = client.get(WELL_KNOWN)
        assert (status, "text/plain; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
        assert (f"\nContact: {contact}\n" in answer.text) is (contact is not None)
