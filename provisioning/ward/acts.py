"""What the commands of `edgebox-provision ward` do, and say."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from edge.base import log
from edge.base.durable import PUBLIC
from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor, stop_at_signals
from edge.base.words import Words
from provisioning.errors import WordedError
from provisioning.ward import ack_key as ack_keys
from provisioning.ward import settings as ward_settings
from provisioning.ward.certificates import Authority
from provisioning.ward.client import make_client_files
from provisioning.ward.enrolment import RefusedError
from provisioning.ward.folder import WardFolder
from provisioning.ward.foundation import Passphrases, check_free, found
from provisioning.ward.issuer import open_issuing
from provisioning.ward.passphrase import ISSUING, ROOT, new_passphrase, passphrase
from provisioning.ward.publish import FRESH, Publisher, Reload
from provisioning.ward.settings import WardSettings, as_text, check_ward, parse_address, read_settings
from provisioning.ward.status import as_json, status_of, worst
from provisioning.ward.writing import replace as replace_file

_SLOW_S = 120.0             # a reload of the broker may take so long


def init(args: argparse.Namespace, words: Words) -> int:
    from provisioning.ward.sheet import write_sheet  # the PDF library is slow to load

    ward = check_ward(_given(args.ward, "--ward", words("ask-ward")))
    broker = parse_address(_given(args.broker_host, "--broker-host", words("ask-broker")), "--broker-host",
                           ward_settings.BROKER_PORT)
    est = parse_address(_given(args.est_host, "--est-host", words("ask-est")), "--est-host",
                        ward_settings.EST_PORT)
    made = WardSettings(ward, broker, est, args.station_port, args.broker_folder, args.reload_command)
    check_free(args.folder)         # before anybody types four passphrases
    root = new_passphrase(ROOT, args.root_passphrase_file, words)
    passphrases = Passphrases(root, new_passphrase(ISSUING, args.passphrase_file, words, root))
    now = datetime.now(UTC)
    folder = found(args.folder, made, passphrases, now,
                   lambda fresh: write_sheet(fresh, made, words, now, fresh.sheet))
    print(words("made", ward=ward, folder=str(folder.path)))
    for key in ("offline", "sheet", "broker", "serve", "backup"):
        print(words(f"made-{key}", folder=str(folder.path), sheet=str(folder.sheet),
                    broker=made.broker_folder))
    return os.EX_OK


def client(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    publisher, issuing = _publisher(args, ward), _issuing(args, ward, words)
    try:
        name, cert, key = make_client_files(publisher, issuing, args.name, args.may, datetime.now(UTC))
    except RefusedError as exc:
        raise WordedError("client-revoked", exc.exit_code, name=exc.name) from exc
    print(words("client-made", name=name, cert=str(cert), private=str(key)))
    return _publish(publisher, None, words)


def ack_key(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    """Make the receiver's key where there is none, or change it in two steps."""
    does = {"": ack_keys.make, "begin": ack_keys.begin_change, "end": ack_keys.end_change}
    kid = does[args.change](ward)
    print(words({"": "ack-key-made", "begin": "ack-key-next", "end": "ack-key-changed"}[args.change],
                kid=kid, folder=str(ward.path)))
    return os.EX_OK


def controller(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    """Write what the flags tell into ward.toml, and show who answers for the personal data."""
    kept = read_settings(ward.settings)
    given = {key: value for key in ("name", "address", "phone", "keep_days", "security_contact")
             if (value := getattr(args, key)) is not None}
    made = replace(kept, controller=replace(kept.controller, **given))
    if made != kept:
        replace_file(ward.settings, as_text(made), PUBLIC)
    found = made.controller
    for key, value in (("name", found.name), ("address", found.address), ("phone", found.phone),
                       ("keep-days", str(found.keep_days)), ("security-contact", found.security_contact)):
        print(f"{words(f'controller-{key}')}: {value or words('controller-unset')}")
    if "security_contact" in given:
        print(words("controller-bundles", contact=found.security_contact))
    return os.EX_OK


def broker_files(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    return _publish(_publisher(args, ward), None, words)


def crl(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    return _publish(_publisher(args, ward), _issuing(args, ward, words), words, timedelta())


def revoke(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    from provisioning.ward.revoke import Cut, revoke_holder

    publisher = _publisher(args, ward)
    broker = parse_address(args.broker, "--broker", ward_settings.BROKER_PORT) if args.broker else None
    group, slash, box = args.name.partition("/")
    name = f"{publisher.settings.ward}.{group}.{box}" if slash else args.name
    outcome = revoke_holder(publisher, _issuing(args, ward, words), name, args.why, datetime.now(UTC), broker,
                            args.reloaded)
    print(words("revoked", name=name))
    print(words(f"revoked-{outcome}", name=name, folder=str(ward.broker)))
    return os.EX_TEMPFAIL if outcome is Cut.NOT_YET else os.EX_OK


def status(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    lines = status_of(ward, words, datetime.now(UTC))
    if args.json:
        print(json.dumps(as_json(lines), indent=1))
    else:
        print("\n".join(line.text for line in lines))
    return int(worst(lines))


def serve(args: argparse.Namespace, ward: WardFolder, words: Words) -> int:
    from provisioning.ward.est_server import EstServer  # the web libraries are slow to load

    log.set_up()
    supervisor, notifier = Supervisor(), Notifier()
    stop_at_signals(supervisor.stop)
    publisher = _publisher(args, ward)
    listen = parse_address(args.listen, "--listen", publisher.settings.est.port)
    server = EstServer(publisher, _issuing(args, ward, words), listen)
    print(f"serving: {publisher.settings.est_url} port {server.port}", flush=True)
    supervisor.start("est", server.run)
    supervisor.start("upkeep", server.upkeep, silent_s=_SLOW_S)
    notifier.ready(f"serving {publisher.settings.est_url}")
    supervisor.hold(notifier.feed, notifier.feed_every_s)
    notifier.stopping()
    supervisor.join()
    supervisor.raise_failure()
    return os.EX_OK


def _publisher(args: argparse.Namespace, ward: WardFolder) -> Publisher:
    publisher = Publisher.of(ward)
    if args.to is not None:
        publisher = replace(publisher, to=args.to)
    if args.pid_file is not None:
        publisher = replace(publisher, reload=Reload(pid_file=args.pid_file))
    elif args.reload is not None:
        publisher = replace(publisher, reload=Reload(tuple(shlex.split(args.reload))))
    return publisher


def _issuing(args: argparse.Namespace, ward: WardFolder, words: Words) -> Authority:
    return open_issuing(ward, passphrase(ISSUING, args.passphrase_file, words))


def _publish(publisher: Publisher, issuing: Authority | None, words: Words, fresh: timedelta = FRESH) -> int:
    publisher.publish(issuing, datetime.now(UTC), fresh, always=True)
    said = "written-copied" if publisher.reload else "written-only"
    print(words(said, folder=str(publisher.to or publisher.ward.broker),
                broker=publisher.settings.broker_folder))
    return os.EX_OK


def _given(value: str | None, option: str, question: str) -> str:
    """What the option says, else what somebody at the terminal answers. Raises FatalError."""
    if value is not None:
        return value
    if not sys.stdin.isatty():
        raise WordedError("option-needed", os.EX_USAGE, option=option)
    return input(question).strip()
