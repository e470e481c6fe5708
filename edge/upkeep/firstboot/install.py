"""A bundle's files in their places: config, network, time sources. Each is done again without harm."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.base import durable
from edge.base.errors import ConfigError
from edge.bundle import form
from edge.bundle.form import BundleList
from edge.bundle.verify import Bundle
from edge.config.load import Config
from edge.config.model import EdgeSettings
from edge.contract.messages import rfc3339
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.files import disk_faults, erase, make_folder
from edge.upkeep.firstboot.places import CardPlaces

log = logging.getLogger("firstboot")

Judge = Callable[[Path], Config]        # reads a config; raises ConfigError

_SHARED_FOLDER, _SECRET_FOLDER, _PUBLIC_FOLDER = 0o750, 0o700, 0o755
_SOURCES = "ward.sources"
_TOLD_AGAIN_S = 20
_MAX_LIST_BYTES = 1024 * 1024


def config_is_current(bundle: Bundle, places: CardPlaces) -> bool:
    with disk_faults(places.config):
        return all(durable.holds(places.config / name, raw) for name, raw in _config_files(bundle).items())


def require_good_config(bundle: Bundle, places: CardPlaces, judge: Judge) -> None:
    """Whether it could be installed; nothing of it is. Raises FirstbootError."""
    fresh = _judged(bundle, places, judge)
    with disk_faults(fresh):
        _remove(fresh)


def install_config(bundle: Bundle, places: CardPlaces, judge: Judge) -> None:
    """All of it at once, or none of it where it is not right. Raises FirstbootError."""
    fresh, old = _judged(bundle, places, judge), places.state / "config.old"
    with disk_faults(places.config):
        places.tested.unlink(missing_ok=True)       # it was a test of another config
        _remove(old)
        if places.config.exists():
            places.config.rename(old)       # a cut here: there is no config, and this is done again
        fresh.rename(places.config)
        durable.sync_folder(places.state)
        _remove(old)


def runs_by(listed: BundleList, places: CardPlaces) -> bool:
    """Whether it is the list of the bundle that this box runs by."""
    try:
        return listed == installed_list(places)
    except FirstbootError:
        return False


def require_newer(listed: BundleList, places: CardPlaces) -> None:
    """Refuse an older bundle: an old card cannot bring an old config back. Raises FirstbootError."""
    try:
        present = installed_list(places)
    except FirstbootError:
        return              # there is nothing that could be newer
    if listed.issued < present.issued:
        raise FirstbootError(SetupFault.CODE_EXPIRED,
                             f"{form.LIST}: was made at {rfc3339(listed.issued)}, before "
                             f"the one that this box runs by ({rfc3339(present.issued)}); check the clock "
                             "of the computer that made it, and make a new bundle")


def installed_list(places: CardPlaces) -> BundleList:
    """The list of the bundle that this box was provisioned with. Raises FirstbootError."""
    path = places.config / form.LIST
    try:
        return BundleList.model_validate_json(durable.read(path, _MAX_LIST_BYTES))
    except OSError as exc:
        raise FirstbootError(SetupFault.NO_BUNDLE,
                             f"{path}: {exc.strerror}; this box is not provisioned: run "
                             "`edgebox firstboot`") from exc
    except ValueError as exc:
        raise FirstbootError(SetupFault.DAMAGED, f"{path}: is no bundle's list; make a new bundle with "
                             "`edgebox-provision box renew`") from exc


def leftovers(places: CardPlaces) -> list[Path]:
    """What of the installed bundle the card needs no longer: all but its list and who signed that."""
    kept = {places.bundle / form.LIST, places.bundle / form.SIGNER, places.code}
    with disk_faults(places.bundle):
        return sorted(path for path in places.bundle.rglob("*")
                      if path not in kept and not (path.is_dir() and any(path.iterdir())))


def clear_card(places: CardPlaces) -> None:
    """Wi-Fi and camera passwords were on it in the clear. Raises FirstbootError."""
    while paths := leftovers(places):
        with disk_faults(places.bundle):
            for path in paths:
                if path.is_dir():
                    path.rmdir()
                else:
                    erase(path)


def is_installed(places: CardPlaces) -> bool:
    """Whether the bundle on the card is the one that this box runs by."""
    try:
        with (places.bundle / form.LIST).open("rb") as file:
            return runs_by(BundleList.model_validate_json(file.read(form.MAX_LIST_BYTES)), places)
    except (OSError, ValueError):
        return False


def network_is_current(bundle: Bundle, places: CardPlaces) -> bool:
    keyfiles = _keyfiles(bundle)
    with disk_faults(places.network):
        there = {path.name for path in places.network.glob("*") if not path.name.startswith(".")}
        return (there == set(keyfiles) and durable.holds(places.ntp / _SOURCES, _sources(bundle.list))
                and durable.holds(places.host_name, f"{host_name(bundle.list)}\n".encode())
                and all(durable.holds(places.network / name, raw) for name, raw in keyfiles.items()))


def install_network(bundle: Bundle, places: CardPlaces) -> None:
    """Keyfiles, time servers, the box's name on the local network; whoever runs is told of it.

    Raises FirstbootError.
    """
    keyfiles = _keyfiles(bundle)
    with disk_faults(places.network):
        make_folder(places.network, _SECRET_FOLDER)
        for path in places.network.iterdir():
            if path.name not in keyfiles:
                path.unlink()
        for name, raw in keyfiles.items():
            durable.write(places.network / name, raw, durable.SECRET)
        make_folder(places.ntp, _PUBLIC_FOLDER)
        durable.write(places.ntp / _SOURCES, _sources(bundle.list), durable.PUBLIC)
        durable.write(places.host_name, f"{host_name(bundle.list)}\n".encode(), durable.PUBLIC)
    _have_reread(["nmcli", "connection", "reload"])
    _have_reread(["chronyc", "reload", "sources"])
    _have_reread(["hostnamectl", "hostname", "--transient", host_name(bundle.list)])


def host_name(listed: BundleList) -> str:
    """The host name, as the QR label has it: hop-01-to-12, with .local behind."""
    return f"{listed.box}-{listed.group}"


def _config_files(bundle: Bundle) -> dict[str, bytes]:
    """The config's files, with the list itself: renewal asks it for the enrolment server."""
    files = {name: raw for name, raw in bundle.files.items()
             if name != form.CODE and not name.startswith(f"{form.NETWORK}/")}
    return {**files, form.LIST: bundle.list.model_dump_json().encode()}


def _keyfiles(bundle: Bundle) -> dict[str, bytes]:
    prefix = f"{form.NETWORK}/"
    return {name.removeprefix(prefix): raw for name, raw in bundle.files.items() if name.startswith(prefix)}


def _sources(listed: BundleList) -> bytes:
    return "".join(f"server {host} iburst\n" for host in listed.ntp).encode()


def _judged(bundle: Bundle, places: CardPlaces, judge: Judge) -> Path:
    """A folder beside the config, to take its place. Raises FirstbootError: it may not; then it is gone."""
    fresh = places.state / "config.new"
    with disk_faults(fresh):
        _remove(fresh)
        _fill(fresh, _config_files(bundle), places.state.stat().st_gid)
    try:
        _require_good(fresh / form.CONFIG, bundle.list, judge)
    except FirstbootError:
        _remove(fresh)
        raise
    return fresh


def _fill(folder: Path, files: dict[str, bytes], group: int) -> None:
    make_folder(folder, _SHARED_FOLDER, group)
    for name, raw in files.items():
        path = folder / name
        if path.parent != folder:
            make_folder(path.parent, _SHARED_FOLDER, group)
        durable.write(path, raw, durable.SHARED, owner=None if group is None else (-1, group))


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _require_good(path: Path, listed: BundleList, judge: Judge) -> None:
    try:
        settings = judge(path).settings
    except ConfigError as exc:
        first, *others = str(exc).splitlines()
        more = f" (and {len(others)} more: `edgebox check` tells all)" if others else ""
        raise FirstbootError(SetupFault.BAD_CONFIG,
                             f"{first}{more}; mend it and make the bundle again") from exc
    says = (settings.box.ward, settings.box.group, settings.box.id)
    if says != (listed.ward, listed.group, listed.box):
        raise FirstbootError(SetupFault.BAD_CONFIG,
                             f"{form.CONFIG}: [box] says {'/'.join(says)}, the bundle is "
                             f"for {listed.ward}/{listed.group}/{listed.box}; make the bundle again")
    for key, named in _files_named(settings):
        if named.is_relative_to(path.parent) and not named.is_file():
            raise FirstbootError(SetupFault.BAD_CONFIG,
                                 f"{form.CONFIG}: {key}: the bundle has no such file; make "
                                 "it again with the file, or leave the key out")


def _files_named(settings: EdgeSettings) -> Iterator[tuple[str, Path]]:
    """Keys and the files they name; the names are not told, they may be secrets in the wrong place."""
    named = {"mqtt.ca_file": settings.mqtt.ca_file, "mqtt.password_file": settings.mqtt.password_file,
             "page.cert_file": settings.page.cert_file, "page.key_file": settings.page.key_file,
             "members.invites_file": settings.members.invites_file}
    named |= {f"mqtt.ack_keys[{index}]": path for index, path in enumerate(settings.mqtt.ack_keys)}
    named |= {f"commands.keys[{index}]": path for index, path in enumerate(settings.commands.keys)}
    named |= {f"cameras.{name}.password_file": camera.password_file
              for name, camera in settings.cameras.items()}
    for key, path in named.items():
        if path is not None:
            yield key, Path(os.path.normpath(path))


def _have_reread(command: list[str]) -> None:
    """Have a service read its changed files; one that does not run yet reads them when it starts."""
    if shutil.which(command[0]) is None:
        return
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TOLD_AGAIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        log.warning("not told of its new files: program=%s error=\"%s\"", command[0], exc)
        return
    if done.returncode:
        log.warning("not told of its new files: program=%s code=%d", command[0], done.returncode)
