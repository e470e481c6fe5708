"""What the commands of `edgebox-provision box` do, and say."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from edge import MODEL, SUPPORT_UNTIL
from edge.base.durable import PUBLIC, SECRET
from edge.base.errors import FatalError
from edge.base.words import Words
from provisioning.box import table
from provisioning.box.camera_questions import CameraTools
from provisioning.box.camera_trial import CameraSearch, streams_of, try_camera
from provisioning.box.card import Place, mounted_cards
from provisioning.box.config_text import address_of
from provisioning.box.flags import answers, plan_without_asking
from provisioning.box.inventory import Row, RowFault, identity_of
from provisioning.box.office import Given, Office, row_faults, standings
from provisioning.box.plan import BoxPlan, place_of
from provisioning.box.prompts import Asker
from provisioning.box.questions import KnownAnswers, Names, ask_plan, show
from provisioning.errors import WordedError
from provisioning.ward.folder import WardFolder
from provisioning.ward.identity import root_of
from provisioning.ward.passphrase import ISSUING, passphrase
from provisioning.ward.settings import read_settings
from provisioning.ward.writing import replace as replace_file
from provisioning.ward.writing import write_new

LABELS, LETTERS = "labels", "letters"


def new(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    given = answers(args, words)
    office = _office(args, ward, words)
    if args.csv is not None:
        plans = _from_table(args, office, given, words)
        pairs = [(plan, Place(args.out / _identity(plan, office))) for plan in plans]
    else:
        place = _place(args, words)
        pairs = [(_plan(args, office, given, words), place)]
    now, made = datetime.now(UTC), list[Given]()
    _folders(ward)
    try:
        for box in office.give(pairs, now, args.days, args.replace):
            made.append(box)
            if len(pairs) > 1:
                print(words("progress", number=str(len(made)), all=str(len(pairs)), name=box.identity),
                      flush=True)
            else:
                _told(box, words)
    finally:                    # also of those before a card that failed: their tokens are nowhere else
        if made:
            _label_file(ward, made, args.label or ("a4" if args.csv else "62"), now, words)
            _letter_file(ward, made, now, words)
    print(words("next-steps-many" if args.csv else "next-steps", out=str(args.out)))
    return os.EX_OK


def renew(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    given = answers(args, words)
    office = _office(args, ward, words)
    root = root_of(_full(args.name, office.settings.ward))
    if root is None:
        raise WordedError("box-name", os.EX_USAGE, name=args.name)
    kept = office.plan_of(root)
    place = _place(args, words)
    plan = _changed(kept, given) if kept else plan_without_asking(
        replace(given, group=root.group, box=root.box), None, office.next_name)
    if not args.yes and sys.stdin.isatty():
        asker = Asker(words)
        show(asker, plan, office.settings.ward)
        if not asker.agree("renew-right", default=True):
            print(words("nothing-done"))
            return os.EX_OK
    now = datetime.now(UTC)
    _folders(ward)
    made = office.renew(plan, place, now, args.days)
    _told(made, words)
    _letter_file(ward, [made], now, words)
    print(words("next-steps-renew"))
    return os.EX_OK


def label(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    from provisioning.box.label import Label, Size, write_labels  # the PDF library is slow to load

    chosen = _chosen(args.boxes, ward)
    write_labels(args.to, [Label(identity_of(row), row["title"], address_of(row["group"], row["box"]))
                           for row in chosen], Size(args.label or "62"), hints_of(words), args.skip)
    print(words("labels-written", number=str(len(chosen)), path=str(args.to)))
    return os.EX_OK


def sign(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    """Raises FatalError also where nobody would know from the sign whom to ask."""
    from provisioning.box.sign import Sign, signs_pdf  # the PDF library is slow to load

    controller = read_settings(ward.settings).controller
    if not controller.is_known:
        raise WordedError("controller-unknown", os.EX_CONFIG, folder=str(ward.path))
    signs = [Sign(identity_of(row), row["title"]) for row in _chosen(args.boxes, ward)]
    replace_file(args.to, signs_pdf(signs, controller, args.size, datetime.now(UTC)), PUBLIC)
    print(words("signs-written", number=str(len(signs)), path=str(args.to)))
    return os.EX_OK


def _chosen(boxes: Sequence[str], ward: WardFolder) -> list[Row]:
    """The last rows of those boxes; of all where none is named. Raises FatalError."""
    rows = [standing.row for standing in standings(ward, datetime.now(UTC))]
    names = {_full(name, rows[0]["ward"]) for name in boxes} if rows else set(boxes)
    unknown = names - {identity_of(row) for row in rows}
    if unknown:
        raise WordedError("box-missing", os.EX_NOHOST, name=", ".join(sorted(unknown)))
    if not rows:
        raise WordedError("no-boxes", os.EX_NOHOST, path=str(ward.inventory))
    return [row for row in rows if not names or identity_of(row) in names]


def listing(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    found = standings(ward, datetime.now(UTC))
    if args.json:
        print(json.dumps([{"name": identity_of(standing.row), "state": standing.state, **standing.row}
                          for standing in found], ensure_ascii=False, indent=1))
        return os.EX_OK
    for standing in found:
        print(words("list-row", name=identity_of(standing.row), title=standing.row["title"],
                    state=words(f"state-{standing.state}", until=_day(standing.row["code_expires"]))))
    if not found:
        print(words("list-empty"))
    return os.EX_OK


def verify(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    faults = row_faults(ward)
    for fault in faults:
        print(words(fault.key, line=str(fault.line)) if isinstance(fault, RowFault)
              else words("row-missing", name=fault))
    if not faults:
        print(words("rows-good", path=str(ward.inventory)))
    return 1 if faults else os.EX_OK


def csv_template(args: argparse.Namespace, words: Words) -> int:
    write_new(args.file, table.template(words), PUBLIC)
    print(words("template-written", path=str(args.file)))
    return os.EX_OK


def _office(args: argparse.Namespace, ward: WardFolder, words: Words) -> Office:
    asking = Words(words.language, "provisioning.words.ward")
    return Office(ward, passphrase(ISSUING, args.passphrase_file, asking))


def _plan(args: argparse.Namespace, office: Office, given: KnownAnswers, words: Words) -> BoxPlan:
    before, places = office.last_plan(), _places(args, office)
    if args.yes or not sys.stdin.isatty():
        plan = plan_without_asking(given, before, office.next_name)
        if other := places.get(place_of(plan.group, plan.title)):
            raise WordedError("place-taken", os.EX_DATAERR, name=other, title=plan.title)
        return plan
    names = Names(office.settings.ward, office.taken(), office.next_name,
                  lambda group, title: places.get(place_of(group, title), ""))
    asker = Asker(words)
    asker.say("welcome", ward=office.settings.ward)
    found = CameraSearch().found if given.cameras is None else lambda: ()
    return ask_plan(asker, given, before, names, CameraTools(try_camera, found, streams_of))


def _places(args: argparse.Namespace, office: Office) -> dict[tuple[str, str], str]:
    return {} if args.same_place else office.places()


def _from_table(args: argparse.Namespace, office: Office, given: KnownAnswers, words: Words) -> list[BoxPlan]:
    """Raises FatalError with every fault of every row."""
    if args.out is None or args.card is not None or args.image is not None:
        raise WordedError("csv-out", os.EX_USAGE)
    if given != KnownAnswers():
        raise WordedError("csv-alone", os.EX_USAGE)
    try:
        with args.csv.open("rb") as file:
            raw = file.read(table.MAX_BYTES + 1)
    except OSError as exc:
        raise WordedError("table-unreadable", os.EX_NOINPUT, path=str(args.csv), why=exc) from exc
    try:
        plans = table.read_table(raw[:table.MAX_BYTES], office.settings.ward, office.taken(),
                                 _places(args, office), office.next_name, args.same_place)
        for plan in plans:
            (args.out / _identity(plan, office)).mkdir(parents=True, exist_ok=True)
    except table.TableError as exc:
        told = [f"{args.csv.name}: {line}" for line in _fault_lines(exc.faults, words)]
        raise FatalError("\n".join([*told, words("table-nothing", number=str(len(told)))]),
                         os.EX_DATAERR) from exc
    except OSError as exc:
        raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(exc.filename), why=exc) from exc
    for plan in plans:
        if plan.network.wifi is not None and plan.network.wifi.has_edge_spaces:
            print(words("spaces-kept", name=f"{plan.group}.{plan.box}"))
    return plans


def _fault_lines(faults: Iterable[table.TableFault], words: Words) -> Iterator[str]:
    for fault in faults:
        where = words("table-where", row=str(fault.row), column=fault.column) if fault.row else ""
        yield f"{where}{words(fault.wrong.key, **fault.wrong.values)}"


def _place(args: argparse.Namespace, words: Words) -> Place:
    """Where to write; somebody at the terminal may put the card in now.

    Raises FatalError: more than one is named, or none is named and not just one card is there.
    """
    named = [path for path in (args.card, args.out, args.image) if path is not None]
    if len(named) > 1:
        raise WordedError("one-place", os.EX_USAGE)
    if args.image is not None:
        return Place(args.image, image=True)
    if args.out is not None:
        try:
            args.out.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(args.out), why=exc) from exc
    if named:
        return Place(named[0])
    while len(cards := mounted_cards()) != 1:
        fault = words("card-many" if cards else "card-none", all=", ".join(map(str, cards)))
        if args.yes or not sys.stdin.isatty():
            raise FatalError(fault, os.EX_NOINPUT)
        print(fault)
        input(words("card-again"))
    return Place(cards[0])


def _changed(plan: BoxPlan, given: KnownAnswers) -> BoxPlan:
    changes = {name: getattr(given, name) for name in KnownAnswers.__dataclass_fields__
               if getattr(given, name) is not None}
    return replace(plan, **changes)


def _told(box: Given, words: Words) -> None:
    print(words("made", name=box.identity, where=str(box.where),
                until=f"{box.expires.astimezone():%d.%m.%Y %H:%M}"))
    if any(camera.password for camera in box.plan.cameras) or box.plan.network.wifi:
        print(words("made-secrets"))


def _folders(ward: WardFolder) -> None:
    """Make the folders before any name is given. Raises FatalError."""
    for name in (LABELS, LETTERS):
        try:
            (ward.path / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise WordedError("cannot-make", os.EX_CANTCREAT, path=str(exc.filename), why=exc) from exc


def _label_file(ward: WardFolder, boxes: Sequence[Given], size: str, now: datetime, words: Words) -> None:
    from provisioning.box.label import Label, Size, write_labels  # the PDF library is slow to load

    path = ward.path / LABELS / _file_name(boxes, now)
    write_labels(path, [Label(box.identity, box.plan.title, address_of(box.plan.group, box.plan.box))
                        for box in boxes], Size(size), hints_of(words))
    print(words("labels-written", number=str(len(boxes)), path=str(path)))


def hints_of(words: Words) -> list[str]:
    """The last lines of every label: what to do with the code, which model it is, how long it is mended."""
    until = date.fromisoformat(SUPPORT_UNTIL)
    return [words("label-hint"), words("label-model", model=MODEL, until=f"{until:%d.%m.%Y}")]


def _letter_file(ward: WardFolder, boxes: Sequence[Given], now: datetime, words: Words) -> None:
    """Write the handover sheets into a file that its owner alone may read. Raises FatalError."""
    from provisioning.box.handover import Sheet, sheets_pdf  # the PDF library is slow to load

    path = ward.path / LETTERS / _file_name(boxes, now)
    sheets = [Sheet(box.identity, box.plan.title, address_of(box.plan.group, box.plan.box),
                    box.plan.network.wifi.ssid if box.plan.network.wifi else "", box.people,
                    box.plan.network.mobile_alone) for box in boxes]
    replace_file(path, sheets_pdf(sheets, now), SECRET)
    print(words("letters-written", path=str(path)))


def _file_name(boxes: Sequence[Given], now: datetime) -> str:
    return f"{boxes[0].identity if len(boxes) == 1 else f'{now.astimezone():%Y%m%d-%H%M%S}'}.pdf"


def _identity(plan: BoxPlan, office: Office) -> str:
    return f"{office.settings.ward}.{plan.group}.{plan.box}"


def _full(name: str, ward: str) -> str:
    """GROUP/BOX is of this ward."""
    group, slash, box = name.partition("/")
    return f"{ward}.{group}.{box}" if slash else name


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%d.%m.%Y}"

