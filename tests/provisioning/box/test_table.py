"""Tables as spreadsheets save them: all boxes, or every fault of every row, and never anything else."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.base.words import LANGUAGES, Words
from provisioning.box import checks
from provisioning.box.plan import (
    BoxPlan,
    Camera,
    CameraAlarm,
    Fixed,
    Mobile,
    Network,
    Watch,
    Wifi,
    place_of,
)
from provisioning.box.table import COLUMNS, TableError, read_table, template
from provisioning.box.wiring import standard

HEAD = "group,box,title,camera1\n"


def read(raw: bytes | str, taken: frozenset[str] = frozenset()) -> list[BoxPlan]:
    def next_name(group: str, besides: frozenset[str]) -> str:
        return next(name for number in range(1, 999) if f"phuong-5.{group}.{(name := f'hop-{number:02}')}"
                    not in taken | besides)

    return read_table(raw.encode() if isinstance(raw, str) else raw, "phuong-5", taken, {}, next_name)


def faults(raw: bytes | str, taken: frozenset[str] = frozenset()) -> list[tuple[int, str, str]]:
    with pytest.raises(TableError) as caught:
        read(raw, taken)
    return [(fault.row, fault.column, fault.wrong.key) for fault in caught.value.faults]


def test_a_row_is_a_box() -> None:
    """
    Everything that the questions ask, by name of column, in any order; defaults for empty cells.
    """
    plans = read('Title , camera1,group,box,watch,alarm,wired,wifi,wifi_password,leader,camera2,'
                 'camera2_name\r\n'
                 '"Tổ 12, ngõ 5",rtsp://u:p%40w@10.0.0.1/a,to-12,hop-07,always,Siren,"siren, beacon",Nha,'
                 '12345678,An,/dev/video0,san\r\n'
                 'Tổ 13,rtsp://10.0.0.2/a,to-13,,,,,,,,,\r\n')

    assert BoxPlan("to-12", "hop-07", "Tổ 12, ngõ 5",
                   (Camera("cam-1", "rtsp://10.0.0.1/a", "u", "p@w"), Camera("san", "/dev/video0")),
                   ("siren", "beacon"), Network(Wifi("Nha", "12345678")), Watch.ALWAYS, "An",
                   alarm=CameraAlarm.SIREN) == plans[0]
    assert BoxPlan("to-13", "hop-01", "Tổ 13", (Camera("cam-1", "rtsp://10.0.0.2/a"),),
                   tuple(standard())) == plans[1]


def test_what_a_camera_sets_off_can_be_done_by_what_is_wired() -> None:
    """
    No row has a siren sounded that is not there; a word that is none of the three is told with all three.
    """
    table = ("group,title,alarm,wired,camera1\n"
             "to-1,A,siren,\"flood, beacon\",/dev/video0\nto-2,B,light,,/dev/video0\n"
             "to-3,C,loud,all,/dev/video0\n")
    assert [(2, "alarm", "bad-alarm"), (4, "alarm", "bad-watch")] == faults(table)


def test_what_counts_to_the_letter_is_kept_to_the_letter() -> None:
    """
    Spaces at the ends of a Wi-Fi's name and of passwords are of them; elsewhere they are a slip. A cell of
    nothing but spaces is empty.
    """
    plan, other = read("group,title,wifi,wifi_password,wifi_kind,camera1,camera1_user,camera1_password\n"
                       " to-12 , Tổ 12 , Nhà , mat khau ,\"Hidden, WPA3\",rtsp://10.0.0.1/a , u , pw \n"
                       "to-13,Tổ 13, , ,,/dev/video0,,  \n")

    assert ("to-12", "Tổ 12") == (plan.group, plan.title)
    assert Wifi(" Nhà ", " mat khau ", hidden=True, wpa3=True) == plan.network.wifi
    assert plan.network.wifi.has_edge_spaces
    assert (Camera("cam-1", "rtsp://10.0.0.1/a", "u", " pw "),) == plan.cameras
    assert (None, "") == (other.network.wifi, other.cameras[0].password)


def test_rows_are_held_against_each_other() -> None:
    """
    Two rows of one place, of one address in a group, an address that is a camera's: each with the row that it
    contradicts. The same private address in another group is another network's.
    """
    table = ("group,title,address,gateway,camera1\n"
             "to-12,Tổ 12,192.168.1.50/24,,rtsp://192.168.1.20/a\n"
             "to-12,tổ  12,192.168.1.51/24,,rtsp://192.168.1.21/a\n"
             "to-12,Ngõ 5,192.168.1.50/24,,rtsp://192.168.1.22/a\n"
             "to-12,Ngõ 6,192.168.1.22/24,,rtsp://u:p@192.168.1.23/a\n"
             "to-13,Tổ 12,192.168.1.50/24,,rtsp://192.168.1.20/a\n")

    assert [(3, "title", "table-same-place"), (4, "address", "table-same-address"),
            (5, "address", "table-camera-address")] == faults(table)
    rows = [line for number, line in enumerate(table.splitlines()) if number in (0, 1, 2, 5)]
    assert 3 == len(read_table("\n".join(rows).encode(), "phuong-5", frozenset(), {}, lambda *_: "hop-01",
                               same_place=True))


@pytest.mark.parametrize(("address", "gateway", "told"), [
    ("192.168.1.50/24", "192.168.1.50", "bad-gateway-own"), ("192.168.1.1/24", "", "bad-gateway-own"),
    ("192.168.1.50/24", "192.168.1.255", "bad-gateway-edge"),
    ("192.168.1.50/24", "192.168.1.0", "bad-gateway-edge"), ("192.168.1.50/24", "192.168.2.1", "bad-gateway"),
    ("192.168.1.50/24", "192.168.1.20", "bad-address-camera")])
def test_a_gateway_that_is_none_is_told(address: str, gateway: str, told: str) -> None:
    """
    The box's own address, the network's first and last, one outside, a camera's; also where none was typed
    and the usual one does not fit.
    """
    table = f"group,title,address,gateway,camera1\nto-12,a,{address},{gateway},rtsp://192.168.1.20/a\n"

    assert [(2, "gateway", told)] == faults(table)


def test_empty_names_are_filled_around_the_given_ones() -> None:
    rows = [f"{cells},/dev/video0" for cells in ("to-12,,a", "to-12,hop-02,b", "to-12,,c", "to-1,,d")]

    plans = read(HEAD + "\n".join(rows), frozenset({"phuong-5.to-12.hop-01"}))

    assert ["hop-03", "hop-02", "hop-04", "hop-01"] == [plan.box for plan in plans]


def test_every_fault_of_every_row_is_told_at_once() -> None:
    """
    With row, as a spreadsheet counts them, and column.
    """
    table = ("group,box,title,watch,wired,wifi,wifi_password,apn,address,gateway,dns,leader,camera1,"
             "camera1_name,camera1_user,camera1_password,camera2,camera2_name\n"
             "Tổ 12,Hop,=x,day,lamp,,12345678,a b,1.2.3.4,,,,http://x,Cổng,,,/dev/video0,san\n"
             "# to-12,a remark\n"
             "\n"
             "to-12,hop-01,ok,,,Nha,short,,10.0.0.5/24,10.1.0.1,x,,,,u,,/dev/x,cam-1\n"
             "to-12,hop-01,fine,,,,,,,10.0.0.1,,,/dev/video0,san,,pw,/dev/video1,san\n"
             "to-12,hop-09,good,,,,,,,,,,/dev/video0\n")

    assert [(2, "group", "bad-slug-near"), (2, "title", "bad-title-start"), (2, "wired", "bad-wired"),
            (2, "box", "bad-slug-near"), (2, "watch", "bad-watch"), (2, "wifi_password", "table-without"),
            (2, "apn", "bad-apn"), (2, "address", "bad-address"), (2, "camera1", "bad-source"),
            (2, "camera1_name", "bad-slug-near"),
            (5, "wifi_password", "bad-wifi-password"), (5, "gateway", "bad-gateway"), (5, "dns", "bad-ip"),
            (5, "camera1", "table-empty-cell"), (5, "camera1_user", "table-without"),
            (5, "camera2", "bad-source"),
            (6, "gateway", "table-without"), (6, "camera1_password", "table-without"),
            (6, "camera2_name", "bad-camera-twice"), (6, "box", "table-same"),
            (7, "box", "table-taken")] == faults(table, frozenset({"phuong-5.to-12.hop-09"}))


@pytest.mark.parametrize(("raw", "told"), [
    (b"", [(0, "", "table-empty")]),
    (HEAD.encode(), [(0, "", "table-empty")]),
    ((HEAD + "# to-12,,x,/dev/video0\n").encode(), [(0, "", "table-empty")]),
    ("group,box,title,camera1\nto-12,,Tổ,/dev/video0".encode("cp1258", "replace") + b"\xff\xfe\x80",
     [(0, "", "table-encoding")]),
    (b"group,colour,title,title\n", [(1, "colour", "table-unknown"), (1, "title", "table-twice"),
                                     (1, "camera1", "table-missing")]),
    ((HEAD + "to-12,,Tổ 12, ngõ 5,/dev/video0\n").encode(), [(2, "", "table-wide")]),
    ((HEAD + "to-12,," + "x" * 200_000 + ",/dev/video0\n").encode(), [(0, "", "table-broken")]),
    ((HEAD + "to-12,,x,/dev/video0\n" * 1001).encode(), [(0, "", "table-long")]),
    (f"{HEAD}{'a' * 48},{'b' * 48},x,/dev/video0\n".encode(), [(2, "box", "bad-length")]),
])
def test_a_table_that_is_none_is_told(raw: bytes, told: list[tuple[int, str, str]]) -> None:
    assert told == faults(raw)


def test_the_template_is_a_table_without_boxes() -> None:
    """
    As it is it makes none; with the example's # taken away it makes one; every column is explained.
    """
    for language in LANGUAGES:
        raw = template(Words(language, "provisioning.words.box"))
        assert raw.startswith(codecs.BOM_UTF8)
        assert [(0, "", "table-empty")] == faults(raw)
        plans = read(raw.decode().replace("# to-12,", "to-12,"))
        assert [("to-12", "hop-01", "Tổ 12, ngõ 5")] == [(plan.group, plan.box, plan.title) for plan in plans]
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
        assert list(COLUMNS) == rows[0]
        assert all(rows[1][:17])


LINE = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), max_size=30).filter(str.isprintable)
TIDY = LINE.map(lambda text: unicodedata.normalize("NFC", text).strip()).filter(
    lambda text: text.isprintable() and "\ufeff" not in text)
SLUG = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
SECRET = LINE.filter(lambda text: text == text.strip() or bool(text.strip()))       # not of spaces alone
CAMERA = st.builds(Camera, SLUG, st.just("rtsp://10.0.0.9:554/a?b=1"), TIDY.filter(bool), SECRET) | st.builds(
    Camera, SLUG, st.just("/dev/video0"))
NETWORK = st.builds(
    Network, st.none() | st.builds(Wifi, SECRET.filter(lambda text: checks.ssid(text) is None),
                                   st.sampled_from(("mat khau; \"wifi\",", " mat khau wifi ")),
                                   st.booleans(), st.booleans()),
    st.none() | st.just(Mobile("v-internet")),
    st.none() | st.just(Fixed("10.0.0.5/24", "10.0.0.1", "10.0.0.1")))
PLAN = st.builds(
    BoxPlan, SLUG, SLUG, TIDY.filter(lambda text: checks.title(text) is None),
    st.lists(CAMERA, min_size=1, max_size=3, unique_by=lambda camera: camera.name).map(tuple),
    st.just(()) | st.just(tuple(standard())) | st.just(("siren", "mains")), NETWORK, st.sampled_from(Watch),
    TIDY.filter(lambda text: checks.leader(text) is None), alarm=st.sampled_from(CameraAlarm)).map(
        lambda plan: replace(plan, alarm=plan.camera_alarm))


def row_of(plan: BoxPlan) -> dict[str, str]:
    wifi, mobile, fixed = plan.network.wifi, plan.network.mobile, plan.network.fixed
    row = {"group": plan.group, "box": plan.box, "title": plan.title, "watch": plan.watch.value,
           "alarm": plan.alarm.value,
           "wired": ",".join(plan.wired) or "none", "wifi": wifi.ssid if wifi else "",
           "wifi_password": wifi.password if wifi else "",
           "wifi_kind": " ".join(word for word in checks.WIFI_KINDS if wifi and getattr(wifi, word)),
           "apn": mobile.apn if mobile else "",
           "address": fixed.address if fixed else "", "gateway": fixed.gateway if fixed else "",
           "leader": plan.leader}
    for number, camera in enumerate(plan.cameras, 1):
        row |= {f"camera{number}": camera.source, f"camera{number}_name": camera.name,
                f"camera{number}_user": camera.username, f"camera{number}_password": camera.password}
    return row


@pytest.mark.slow
@given(st.lists(PLAN, min_size=1, max_size=5, unique_by=(
    lambda plan: (plan.group, plan.box), lambda plan: place_of(plan.group, plan.title),
    lambda plan: (plan.group, plan.network.fixed or plan.box))),
       st.sampled_from(",;\t"), st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
       st.sampled_from(("\n", "\r\n")), st.booleans(), st.permutations(COLUMNS), st.booleans())
def test_what_a_spreadsheet_saves_is_what_was_meant(plans: list[BoxPlan], delimiter: str, encoding: str,
                                                    end: str, says: bool, columns: list[str],
                                                    quotes: bool) -> None:
    """
    Any text in any cell; commas, semicolons or tabs; with byte order mark or without; either line end.
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator=end,
                            quoting=csv.QUOTE_ALL if quotes else csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(map(row_of, plans))
    text = (f"sep={delimiter}{end}" if says else "") + out.getvalue()
    first = [row_of(plan).get(columns[0], "") for plan in plans]
    if any(cell.strip().startswith("#") for cell in first):
        return                      # a remark

    assert plans == read(text.encode(encoding))


TEXT = st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "replace"))


@given(st.binary(max_size=300) | TEXT)
@example(b"\xff\xfe")
@example(b"sep=;\n")
@example(HEAD.encode() + b'"')
@example(HEAD.encode() + b"\0")
def test_no_bytes_do_anything_but_fail_in_words(raw: bytes) -> None:
    """
    Boxes, or faults that both languages have words for.
    """
    try:
        made, found = read(raw), []
    except TableError as exc:
        made, found = [], exc.faults

    assert bool(made) is not bool(found)
    for fault in found:
        for language in LANGUAGES:
            assert Words(language, "provisioning.words.box")(fault.wrong.key, **fault.wrong.values)
