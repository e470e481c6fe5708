"""Many boxes from one table (CSV, as spreadsheets save it): all faults of all rows, or all plans. Pure.

Columns by name, in any order: see COLUMNS. A row whose first cell begins with # is passed over.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from edge.base.words import Words
from edge.contract.topics import Root
from provisioning.box import checks
from provisioning.box.checks import Wrong
from provisioning.box.plan import BoxPlan, Camera, CameraAlarm, Fixed, Mobile, Network, Watch, place_of
from provisioning.box.prompts import Check

CAMERAS = 8
COLUMNS = ("group", "box", "title", "watch", "alarm", "wired", "wifi", "wifi_password", "wifi_kind", "apn",
           "address", "gateway", "dns", "leader", *(f"camera{n}{part}" for n in range(1, CAMERAS + 1)
                              for part in ("", "_name", "_user", "_password")))
NEEDED = ("group", "title", "camera1")
MAX_ROWS, MAX_BYTES = 1000, 4 * 1024 * 1024
_SAID = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")         # UTF-16, as "Unicode text" of a spreadsheet
_SAMPLE = ("to-12", "", "Tổ 12, ngõ 5", "night", "light", "all", "", "", "", "", "", "", "", "Nguyễn Văn An",
           "rtsp://192.168.1.20:554/stream1", "cong", "viewer", "mat-khau-camera")


@dataclass(frozen=True, slots=True)
class TableFault:
    """`row` counts as a spreadsheet does, the header being 1; 0: the whole file."""

    row: int
    column: str
    wrong: Wrong


class TableError(ValueError):
    """Nothing can be made of the table; all that is wrong with it."""

    def __init__(self, faults: list[TableFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def template(words: Words) -> bytes:
    """Header, what each column means, and an example; as a spreadsheet opens it with the right letters."""
    about = [words(f"column-{name}") if not name.startswith("camera") else "" for name in COLUMNS]
    at = COLUMNS.index("camera1")
    about[at:at + 4] = [words("column-camera"), words("column-camera-name"), words("column-camera-user"),
                        words("column-camera-password")]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([COLUMNS, [f"# {about[0]}", *about[1:]],
                      [f"# {_SAMPLE[0]}", *_SAMPLE[1:], *[""] * (len(COLUMNS) - len(_SAMPLE))]])
    return ("\ufeff" + out.getvalue()).encode()


def read_table(raw: bytes, ward: str, taken: frozenset[str], places: Mapping[tuple[str, str], str],
               next_name: Callable[[str, frozenset[str]], str], same_place: bool = False) -> list[BoxPlan]:
    """A plan for every row.

    Args:
        places: where boxes hang already, by `place_of`: a row of the same place was made before.
        next_name: a free name in a group besides those given here.
        same_place: two rows may be at one place.

    Raises TableError.
    """
    rows = _rows(raw)
    faults = [fault for number, row in rows for fault in _faults(number, row)]
    named = frozenset(f"{ward}.{row['group']}.{row['box']}" for _, row in rows if row["box"])
    faults += [*_twice(rows, ward, taken), *_same_address(rows), *([] if same_place else _same_place(rows))]
    faults += [TableFault(number, "title", Wrong("table-placed", {"name": other})) for number, row in rows
               if (other := places.get(place_of(row["group"], row["title"])))]
    if faults:
        raise TableError(sorted(faults, key=lambda fault: fault.row))
    plans: list[BoxPlan] = []
    for number, row in rows:
        box = row["box"] or next_name(row["group"], named)
        wrong = checks.identity(Root(ward, row["group"], box))
        if wrong:
            raise TableError([TableFault(number, "box", wrong)])
        named |= {f"{ward}.{row['group']}.{box}"}
        plans.append(_plan(row, box))
    return plans


_Row = dict[str, str]


def _rows(raw: bytes) -> list[tuple[int, _Row]]:
    """The rows with their numbers; every column of ours in each, "" where the table has none."""
    text = _text(raw)
    lines = list(_lines(text))
    if not lines:
        raise TableError([TableFault(0, "", Wrong("table-empty"))])
    number, head = lines[0]
    names = [name.strip().lower() for name in head]
    _refuse_head(number, names)
    rows = []
    for number, cells in lines[1:]:
        if cells[0].strip().startswith("#") or not any(map(str.strip, cells)):
            continue
        if any(map(str.strip, cells[len(names):])):
            raise TableError([TableFault(number, "", Wrong("table-wide"))])
        rows.append((number, {name: _tidy(name, dict(zip(names, cells, strict=False)).get(name, ""))
                              for name in COLUMNS}))
    if not rows:
        raise TableError([TableFault(0, "", Wrong("table-empty"))])
    if len(rows) > MAX_ROWS:
        raise TableError([TableFault(0, "", Wrong("table-long", {"max": str(MAX_ROWS)}))])
    return rows


def _tidy(name: str, cell: str) -> str:
    """Letters with their accents in one, as other systems compare them, without spaces at the ends. Passwords
    and a Wi-Fi's name stay as they are, unless they are nothing but spaces.
    """
    tidy = unicodedata.normalize("NFC", cell).strip()
    return cell if tidy and (name == "wifi" or name.endswith("_password")) else tidy


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-16" if raw.startswith(_ENCODINGS) else "utf-8-sig")
    except UnicodeDecodeError:
        raise TableError([TableFault(0, "", Wrong("table-encoding"))]) from None
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """A spreadsheet that writes 1,5 separates by semicolons, and may say so in a line above all others."""
    said = _SAID.match(text)
    delimiter = said[1] if said else max(",;\t", key=text.lstrip().partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text[said.end():] if said else text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            if cells:
                yield number, cells
    except csv.Error:
        raise TableError([TableFault(0, "", Wrong("table-broken"))]) from None


def _refuse_head(number: int, names: list[str]) -> None:
    faults = [TableFault(number, name, Wrong("table-unknown")) for name in names
              if name and name not in COLUMNS]
    faults += [TableFault(number, name, Wrong("table-twice")) for name in dict.fromkeys(names)
               if name and names.count(name) > 1]
    faults += [TableFault(number, name, Wrong("table-missing")) for name in NEEDED if name not in names]
    if faults:
        raise TableError(faults)


def _faults(number: int, row: _Row) -> Iterator[TableFault]:
    found = [*_of_cells(row), *_of_network(row)]
    for n in range(1, CAMERAS + 1):
        found += _of_camera(row, n)
    yield from (TableFault(number, column, wrong) for column, wrong in found if wrong)


_Found = Iterator[tuple[str, Wrong | None]]


def _of_cells(row: _Row) -> _Found:
    given: dict[str, Check] = {"group": checks.slug, "title": checks.title, "wired": checks.wired,
                               "leader": checks.leader}
    yield from ((column, check(row[column])) for column, check in given.items())
    if row["box"]:
        yield "box", checks.slug(row["box"])
    if row["watch"].lower() not in ("", *Watch):
        yield "watch", Wrong("bad-watch", {"all": ", ".join(Watch)})
    if row["alarm"].lower() not in ("", *CameraAlarm):
        yield "alarm", Wrong("bad-watch", {"all": ", ".join(CameraAlarm)})
    elif row["alarm"] and checks.wired(row["wired"]) is None:
        yield "alarm", checks.camera_alarm(row["alarm"].lower(), row["wired"] or "all")


def _of_network(row: _Row) -> _Found:
    if row["wifi"]:
        yield "wifi", checks.ssid(row["wifi"])
        yield "wifi_password", checks.wifi_password(row["wifi_password"])
        yield "wifi_kind", checks.wifi_kind(row["wifi_kind"])
    else:
        yield from ((name, Wrong("table-without", {"column": "wifi"}))
                    for name in ("wifi_password", "wifi_kind") if row[name])
    if row["apn"]:
        yield "apn", checks.apn(row["apn"])
    if not row["address"]:
        yield from ((name, Wrong("table-without", {"column": "address"})) for name in ("gateway", "dns")
                    if row[name])
        return
    wrong = checks.fixed_address(row["address"])
    yield "address", wrong
    if wrong is None:
        gateway = row["gateway"] or checks.first_host(row["address"])
        yield "gateway", checks.gateway(gateway, row["address"]) or checks.no_camera(gateway, _sources(row))
    if row["dns"]:
        yield "dns", checks.ip(row["dns"])


def _of_camera(row: _Row, n: int) -> _Found:
    column = f"camera{n}"
    source, user, _ = checks.taken_apart(row[column])
    if not source:
        if n == 1:
            yield column, Wrong("table-empty-cell")
        yield from ((f"{column}{part}", Wrong("table-without", {"column": column}))
                    for part in ("_name", "_user", "_password") if row[f"{column}{part}"])
        return
    yield column, checks.source(source)
    name = _camera_name(row, n)
    yield f"{column}_name", checks.slug(name)
    if name in (_camera_name(row, other) for other in range(1, n) if row[f"camera{other}"]):
        yield f"{column}_name", Wrong("bad-camera-twice", {"name": name})
    yield f"{column}_user", checks.username(row[f"{column}_user"])
    yield f"{column}_password", checks.password(row[f"{column}_password"])
    if row[f"{column}_password"] and not (row[f"{column}_user"] or user):
        yield f"{column}_password", Wrong("table-without", {"column": f"{column}_user"})


def _camera_name(row: _Row, n: int) -> str:
    return row[f"camera{n}_name"] or f"cam-{n}"


def _twice(rows: list[tuple[int, _Row]], ward: str, taken: frozenset[str]) -> list[TableFault]:
    """Names that were given before, or in a row above."""
    faults, seen = [], dict[str, int]()
    for number, row in rows:
        identity = f"{ward}.{row['group']}.{row['box']}"
        if row["box"] and identity in taken:
            faults.append(TableFault(number, "box", Wrong("table-taken", {"name": identity})))
        elif row["box"] and identity in seen:
            faults.append(TableFault(number, "box", Wrong("table-same", {"row": str(seen[identity])})))
        seen.setdefault(identity, number)
    return faults


def _same_place(rows: list[tuple[int, _Row]]) -> Iterator[TableFault]:
    """A row that was copied and not changed makes a box that hangs nowhere."""
    seen = dict[tuple[str, str], int]()
    for number, row in rows:
        place = place_of(row["group"], row["title"])
        if place in seen and row["title"]:
            yield TableFault(number, "title", Wrong("table-same-place", {"row": str(seen[place])}))
        seen.setdefault(place, number)


def _same_address(rows: list[tuple[int, _Row]]) -> Iterator[TableFault]:
    """Two boxes, or a box and a camera, with one address. Other groups' boxes are on other networks, where
    the same private address is usual.
    """
    boxes = dict[tuple[str, str], int]()
    cameras = {(row["group"], checks.host_of(source)): number for number, row in reversed(rows)
               for source in _sources(row)}
    for number, row in rows:
        if not row["address"] or checks.fixed_address(row["address"]):
            continue
        at = row["group"], row["address"].partition("/")[0]
        if at in boxes:
            yield TableFault(number, "address", Wrong("table-same-address", {"row": str(boxes[at])}))
        if at in cameras:
            yield TableFault(number, "address", Wrong("table-camera-address", {"row": str(cameras[at])}))
        boxes.setdefault(at, number)


def _sources(row: _Row) -> list[str]:
    return [checks.taken_apart(row[f"camera{n}"])[0] for n in range(1, CAMERAS + 1)]


def _plan(row: _Row, box: str) -> BoxPlan:
    """The plan of a row without faults."""
    address, wifi = row["address"], row["wifi"]
    gateway = row["gateway"] or (checks.first_host(address) if address else "")
    network = Network(
        checks.wifi(wifi, row["wifi_password"], row["wifi_kind"]) if wifi else None,
        Mobile(row["apn"]) if row["apn"] else None,
        Fixed(address, gateway, row["dns"] or gateway) if address else None)
    cameras = tuple(_camera(row, n) for n in range(1, CAMERAS + 1) if row[f"camera{n}"])
    wired = checks.names_in(row["wired"] or "all")
    return BoxPlan(row["group"], box, row["title"], cameras, wired, network,
                   Watch(row["watch"].lower() or Watch.NIGHT), row["leader"],
                   alarm=CameraAlarm(row["alarm"].lower() or CameraAlarm.NONE))


def _camera(row: _Row, n: int) -> Camera:
    source, user, password = checks.taken_apart(row[f"camera{n}"])
    return Camera(_camera_name(row, n), source, row[f"camera{n}_user"] or user,
                  row[f"camera{n}_password"] or password)
