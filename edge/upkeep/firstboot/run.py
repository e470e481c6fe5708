"""First boot's effects: look, do the next step, look again, until the box is provisioned.

A fault is shown by light and in report.json, and the box goes on by itself: soon where the network may come
back, every minute where somebody has to mend the card, for as long as it has power.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from edge.base import clock, durable
from edge.base.backoff import Backoff
from edge.base.blinking import AT_WORK, WELL
from edge.base.errors import ConfigError
from edge.base.supervisor import beat
from edge.bundle import form
from edge.bundle.verify import Bundle, BundleError, read_bundle, refuse_expired
from edge.contract.messages import rfc3339
from edge.upkeep.firstboot import install
from edge.upkeep.firstboot.est import EstClient, Problem
from edge.upkeep.firstboot.faults import FirstbootError, SetupFault
from edge.upkeep.firstboot.files import disk_faults, erase, make_folder, require_room
from edge.upkeep.firstboot.identity import Identity, IdentityStore, request_for
from edge.upkeep.firstboot.install import Judge
from edge.upkeep.firstboot.light import Signals
from edge.upkeep.firstboot.places import CardPlaces
from edge.upkeep.firstboot.report import Report, ReportFile, SetupState
from edge.upkeep.firstboot.selftest import SelfTestProgram
from edge.upkeep.firstboot.signals import PATTERNS
from edge.upkeep.firstboot.steps import DiskState, Step, next_step

log = logging.getLogger("firstboot")

CARD_ROOM_BYTES, STATE_ROOM_BYTES = 64 * 1024, 16 * 1024 * 1024
LOOK_AGAIN_S = 60.0         # at a card that somebody has to mend
STATE_FOLDER = 0o755


class Clock:
    """The box's clock, which first boot may set forward."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def synchronised(self) -> bool:
        return clock.clock_synchronised()

    def set_forward(self, to: datetime) -> None:
        """Raises OSError where this user may not."""
        time.clock_settime(time.CLOCK_REALTIME, to.timestamp())


class FirstBoot:
    """One box's way to being provisioned. Not thread-safe."""

    def __init__(self, places: CardPlaces, judge: Judge, self_test: SelfTestProgram, signals: Signals,
                 set_status: Callable[[str], None], of_box: Clock) -> None:
        """
        Args:
            judge: reads a config file; raises ConfigError.
            set_status: one line of status, for `systemctl status`.
        """
        self._places, self._judge, self._self_test = places, judge, self_test
        self._signals, self._set_status, self._clock = signals, set_status, of_box
        self._store = IdentityStore(places.identity)
        self._file = ReportFile(places.report)
        self._report = Report()

    @property
    def report(self) -> Report:
        return self._report

    def run(self, stop: threading.Event) -> bool:
        """Try until it is done; False when `stop` came first."""
        backoff = Backoff(2.0, LOOK_AGAIN_S)
        while not stop.is_set():
            try:
                self.attempt(stop)
            except FirstbootError as exc:
                retry_s = backoff.next_s() if exc.passes_by_itself else LOOK_AGAIN_S
                log.warning("first boot waits: fault=%s error=\"%s\" retry_in_s=%.0f", exc.fault, exc,
                            retry_s)
                _wait(stop, retry_s)
            else:
                return True
        return False

    def attempt(self, stop: threading.Event) -> None:
        """Set the box up once, from whatever is there. Raises FirstbootError, which light and report show by
        then.
        """
        try:
            self._go(stop)
        except FirstbootError as exc:
            self._use_pins()
            state = SetupState.WAITING if exc.passes_by_itself else SetupState.STOPPED
            self._change(replace(self._report, state=state, fault=exc.fault, text=str(exc)))
            raise
        self._use_pins()
        fault, text = self._self_test.fault(self._places.tested)
        self._change(replace(self._report, state=SetupState.PROVISIONED, step="", fault=fault, text=text))

    def _use_pins(self) -> None:
        """The installed config names the lights; before there is one, the board's own has to do."""
        with contextlib.suppress(ConfigError):
            self._signals.use_pins(self._judge(self._places.config_file).settings)

    def _go(self, stop: threading.Event) -> None:
        if self._is_provisioned():
            install.clear_card(self._places)        # a cut may have come before
            self._finish()
            return
        bundle = self._believed()
        self._report = replace(self._report, box=bundle.list.identity,
                               clock_synchronised=self._clock.synchronised())
        self._require_worth(bundle)
        done: list[Step] = []
        while (step := next_step(self._seen(bundle))) is not None:
            assert step not in done, f"step {step} was done and is not seen"
            done.append(step)
            beat()
            self._change(replace(self._report, state=SetupState.WORKING, step=step.value, fault=None,
                                 text=""))
            log.info("first boot: step=%s box=%s", step, bundle.list.identity)
            self._do(step, bundle, stop)
        self._finish()

    def _finish(self) -> None:
        current = self._store.current()
        if current is None:
            raise FirstbootError(SetupFault.NO_KEY,
                                 f"{self._places.identity}: the key of this box is gone; make "
                                 "a new bundle with `edgebox-provision box renew`")
        self._report = replace(self._report, box=current.name,
                               clock_synchronised=self._clock.synchronised(),
                               certificate_until=rfc3339(current.certificate.not_valid_after_utc))

    def _is_provisioned(self) -> bool:
        """Provisioned, by the bundle that is on the card, if there is one."""
        with disk_faults(self._places.state):
            return (self._places.marker.exists() and not self._places.code.exists()
                    and (not self._places.bundle.exists() or install.is_installed(self._places)))

    def _believed(self) -> Bundle:
        """The bundle, verified, with nothing written before it was, and room for what will be."""
        try:
            bundle = read_bundle(self._places.bundle, _anchor(self._places.anchor))
            if self._clock.synchronised() and self._needs_fresh_code(bundle):
                refuse_expired(bundle, self._clock.now())
        except BundleError as exc:
            raise FirstbootError(SetupFault(exc.fault.value), str(exc)) from exc
        require_room(self._places.card, CARD_ROOM_BYTES)
        with disk_faults(self._places.state):
            if not self._places.state.exists():
                make_folder(self._places.state, STATE_FOLDER)
        require_room(self._places.state, STATE_ROOM_BYTES)
        return bundle

    def _require_worth(self, bundle: Bundle) -> None:
        """Check before any change that a bundle that is new here has its code, and a config that will do.

        The code is erased only after its bundle was installed. One that comes without is an old one.
        """
        if next_step(self._seen(bundle)) is None or install.runs_by(bundle.list, self._places):
            return
        if bundle.code is None:
            raise self._no_code()
        if self._places.marker.exists():        # else the config is the first that is put in place
            install.require_newer(bundle.list, self._places)
            install.require_good_config(bundle, self._places, self._judge)

    def _no_code(self) -> FirstbootError:
        return FirstbootError(SetupFault.DAMAGED,
                              f"{self._places.code}: there is no enrolment code; make a new "
                              "bundle with `edgebox-provision box renew`")

    def _needs_fresh_code(self, bundle: Bundle) -> bool:
        """Not with a key that waits: it may have used the code already, and then the ward answers again."""
        return self._store.next_key() is None and self._enrolled(bundle) is None

    def _seen(self, bundle: Bundle) -> DiskState:
        with disk_faults(self._places.state):
            marked, tested = self._places.marker.exists(), self._places.tested.exists()
        with disk_faults(self._places.card):
            code_on_card = self._places.code.exists()
        return DiskState(marked=marked, code_on_card=code_on_card, tested=tested,
                    bundle_on_card=install.is_installed(self._places) and bool(
                        install.leftovers(self._places)),
                    config_current=install.config_is_current(bundle, self._places),
                    network_current=install.network_is_current(bundle, self._places),
                    enrolled=self._enrolled(bundle) is not None,
                    has_next_key=self._store.next_key() is not None)

    def _enrolled(self, bundle: Bundle) -> Identity | None:
        """Who we are already, if that is who the bundle says and still holds."""
        try:
            current = self._store.current()
        except FirstbootError as exc:
            if exc.fault is not SetupFault.NO_KEY:
                raise
            return None         # of another machine: this one makes its own
        return current if current and self._usable(current, bundle) else None

    def _do(self, step: Step, bundle: Bundle, stop: threading.Event) -> None:
        match step:
            case Step.CONFIG:
                install.install_config(bundle, self._places, self._judge)
            case Step.NETWORK:
                install.install_network(bundle, self._places)
            case Step.KEY:
                with self._store.alone():
                    self._store.make_next()
            case Step.ENROL:
                with self._store.alone():
                    self._enrol(bundle)
            case Step.ERASE:
                with self._store.alone():
                    self._store.drop_next()
                with disk_faults(self._places.code):
                    erase(self._places.code)
            case Step.SELF_TEST:
                self._signals.release_pins()        # it tries them all
                result = self._self_test.run(stop)
                with disk_faults(self._places.tested):
                    durable.write(self._places.tested, result, durable.PUBLIC)
            case Step.MARK:
                with disk_faults(self._places.marker):
                    text = f"{bundle.list.identity} {rfc3339(self._clock.now())}\n"
                    durable.write(self._places.marker, text.encode(), durable.PUBLIC)
            case Step.CLEAR:
                install.clear_card(self._places)

    def _enrol(self, bundle: Bundle) -> None:
        key, name = self._store.next_key(), bundle.list.identity
        assert key is not None
        if bundle.code is None:
            raise self._no_code()
        self._set_clock(bundle)
        certificate = _client(bundle).enrol(request_for(key, name), name, bundle.code)
        if isinstance(certificate, Problem):
            raise FirstbootError(certificate.fault, certificate.text)
        identity = Identity(certificate, key)
        if identity.name != name:
            raise FirstbootError(SetupFault.REFUSED, f"the ward's certificate is for {identity.name!r}, want "
                                 f"{name}; ask the ward")
        if not self._usable(identity, bundle):
            raise FirstbootError(SetupFault.NO_TIME, "the ward's certificate holds from "
                                 f"{certificate.not_valid_before_utc:%Y-%m-%d} to "
                                 f"{certificate.not_valid_after_utc:%Y-%m-%d}, and this box believes it is "
                                 f"{self._clock.now():%Y-%m-%d}; check the ward's time server, and its clock")
        self._store.switch_to(identity)

    def _usable(self, identity: Identity, bundle: Bundle) -> bool:
        """Whether it is the bundle's, and holds now.

        Only a right clock can tell that it has not begun: the ward's runs ahead then.
        """
        begins = identity.certificate.not_valid_before_utc
        return (identity.holds(bundle.list.identity, self._plausible(bundle))
                and (begins <= self._clock.now() or not self._clock.synchronised()))

    def _set_clock(self, bundle: Bundle) -> None:
        """A box without clock battery may believe any year: it is not before the bundle was made."""
        before, least = self._clock.now(), bundle.list.issued
        if before >= least:
            return
        try:
            self._clock.set_forward(least)
        except OSError as exc:
            raise FirstbootError(SetupFault.NO_TIME,
                                 f"this box believes it is {before:%Y-%m-%d %H:%M}, before "
                                 f"its bundle was made, and may not set its clock: {exc.strerror}; run it as "
                                 "root, or set the clock") from exc
        log.warning("clock set forward: from=%s to=%s", rfc3339(before), rfc3339(least))
        self._report = replace(self._report, clock_set_forward_from=rfc3339(before))

    def _plausible(self, bundle: Bundle) -> datetime:
        return max(self._clock.now(), bundle.list.issued)

    def _change(self, report: Report) -> None:
        self._report = report
        self._signals.show(PATTERNS[report.fault].flashes if report.fault
                           else WELL if report.state is SetupState.PROVISIONED else AT_WORK)
        self._set_status(report.text or (f"{report.state}: {report.step}" if report.step else report.state))
        self._file.write(report, self._clock.now())


def _anchor(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise FirstbootError(SetupFault.NO_ANCHOR,
                             f"{path}: there is no root certificate of a ward; write the "
                             "ward's own image to the card") from exc


def _client(bundle: Bundle) -> EstClient:
    try:
        return EstClient(bundle.list.est, bundle.files[form.WARD_CA])
    except ValueError as exc:
        raise FirstbootError(SetupFault.DAMAGED, f"{form.WARD_CA}: {exc}; make the bundle again") from exc


def _wait(stop: threading.Event, seconds: float) -> None:
    """Wait in small parts, feeding the watchdog in between."""
    for part_s in _parts(seconds):
        beat()
        if stop.wait(part_s):
            return


def _parts(seconds: float) -> Iterator[float]:
    while seconds > 0:
        yield min(seconds, 5.0)
        seconds -= 5.0
