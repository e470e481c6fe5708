"""What a desk does: saying who sits there, seeing an alarm, commanding a box. The only requests that write.

There is no sign-in: who reaches this machine's page may act. So these are taken from our own pages only
(another site cannot make a browser send them) and, unless told otherwise, from this machine only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from edge.base.errors import FatalError
from edge.base.words import Words
from edge.contract.command import CommandName
from edge.contract.lessons import MAX_DAYS
from edge.contract.messages import EventData
from edge.web.addresses import is_address, is_loopback
from edge.web.body import TooLargeError, whole_body
from edge.web.origin import is_same_origin
from ward.command.order import LIMITS_S, Order, Teaching, check_issuer
from ward.command.send import NotSentError, Sender, Target
from ward.export import command_json
from ward.page.alarm_show import view_of
from ward.page.box_pages import INCIDENTS_SHOWN
from ward.page.query import number_of
from ward.page.render import Renderer, officer_of, remember_officer
from ward.page.status import box_views
from ward.store.desk import Desk
from ward.store.intake import is_event_id, ms_of
from ward.store.reader import Reader, event_of

log = logging.getLogger("page")

_COMMANDS_SHOWN, _ALARMS_SHOWN = 12, 5
_NAMES = [name for name in CommandName if name is not CommandName.NOT_THAT]     # that has forms of its own
DURATIONS_S = {CommandName.SIREN: (15, 30, 60, 120, 180), CommandName.LIGHT: (30, 60, 300, 900, 1800)}
assert all(max(choices) <= LIMITS_S[name] for name, choices in DURATIONS_S.items())


class DeskPages:
    """Any thread.

    Args:
        sender: None: this page commands nobody.
        camera_budget_mb: what a camera should send a day at most; near that its row says so, and nothing is
            kept out for it.
    """

    def __init__(self, reader: Reader, renderer: Renderer, desk: Desk, sender: Sender | None,
                 from_others: bool, camera_budget_mb: int) -> None:
        self._budget_mb = camera_budget_mb
        self._reader, self._renderer, self._desk = reader, renderer, desk
        self._sender, self._from_others = sender, from_others

    def box(self, request: Request) -> Response:
        box = f"{request.path_params['group']}/{request.path_params['box']}"
        show = self._renderer.show(request)
        views = box_views(self._reader.boxes(box), self._reader.link(), show.now_ms,
                          self._reader.incidents(INCIDENTS_SHOWN))
        if not views:
            raise HTTPException(404)
        alarms = [view_of(self._reader, row, show.now_ms)
                  for row in self._reader.alarms.alarms(_ALARMS_SHOWN, box=box)]
        return self._renderer.html(
            request, show, "box.html", view=views[0], row=views[0].row, alarms=alarms,
            commands=self._reader.alarms.commands(_COMMANDS_SHOWN, box), names=_NAMES,
            lessons=[it for it in views[0].row.lessons if it.until_ms > show.now_ms],
            durations=DURATIONS_S, may_act=self.may_act(request),
            sent=self._reader.losses.sent(box, show.today_bounds()[0]), budget_mb=self._budget_mb,
            is_away=box in self._reader.losses.retired())

    def officer_form(self, request: Request) -> Response:
        return self._renderer.html(request, self._renderer.show(request), "officer.html")

    async def officer(self, request: Request) -> Response:
        form = await self._form(request)
        return self._acted(request, "/", self._officer(request, form), {"state": "done"})

    async def seen(self, request: Request) -> Response:
        """Somebody has seen an alarm: it rings no more, at any desk."""
        form, alarm_id = await self._form(request), request.path_params["alarm_id"]
        officer = self._officer(request, form)
        if not is_event_id(alarm_id) or not await run_in_threadpool(
                self._desk.seen, alarm_id, officer, ms_of(datetime.now(UTC))):
            raise HTTPException(404)
        return self._acted(request, f"/alarms/{alarm_id}", officer, {"state": "done"})

    async def seen_all(self, request: Request) -> Response:
        """Somebody has seen all alarms of a box that came until what their page showed."""
        form, target = await self._form(request), self._target(request)
        officer, upto_ms = self._officer(request, form), number_of(form.get("upto"))
        if upto_ms is None:
            raise HTTPException(400)
        await run_in_threadpool(self._desk.seen_all, str(target), upto_ms, officer, ms_of(datetime.now(UTC)))
        return self._acted(request, f"/alarms?box={target}", officer, {"state": "done"})

    async def seen_cut_off(self, request: Request) -> Response:
        """Somebody has seen that a box fell silent after a call: that rings no more."""
        form, alarm_id = await self._form(request), request.path_params["alarm_id"]
        officer = self._officer(request, form)
        if not is_event_id(alarm_id) or not await run_in_threadpool(
                self._desk.seen_cut_off, alarm_id, officer, ms_of(datetime.now(UTC))):
            raise HTTPException(404)
        return self._acted(request, f"/alarms/{alarm_id}", officer, {"state": "done"})

    async def put_incident_away(self, request: Request) -> Response:
        """Somebody has seen to it."""
        form, incident_id = await self._form(request), number_of(request.path_params["incident_id"])
        officer = self._officer(request, form)
        if incident_id is None or not await run_in_threadpool(
                self._desk.put_away, incident_id, ms_of(datetime.now(UTC))):
            raise HTTPException(404)
        log.info("incident put away: id=%d officer=%s", incident_id, officer)
        return self._acted(request, "/incidents", officer, {"state": "done"})

    async def retire(self, request: Request) -> Response:
        """A box that was taken down or renamed leaves the lists, until it speaks again."""
        form, target = await self._form(request), self._target(request)
        officer = self._officer(request, form)
        if not await run_in_threadpool(self._desk.retire, str(target), ms_of(datetime.now(UTC))):
            raise HTTPException(409, self._renderer.show(request).words("put-away-not"))
        log.info("box put away: box=%s officer=%s", target, officer)
        return self._acted(request, "/boxes", officer, {"state": "done"})

    async def command(self, request: Request) -> Response:
        """Sends it, and answers with what the box says: within the sender's timeout."""
        form, words = await self._form(request), self._renderer.show(request).words
        if self._sender is None:
            raise HTTPException(403, words("commands-off"))
        officer, box = self._officer(request, form), self._target(request)
        try:
            order = _order(form)
        except ValueError as exc:
            raise HTTPException(400, str(exc)) from exc
        told = await run_in_threadpool(_send, self._sender, box, order, officer, words)
        return self._acted(request, f"/boxes/{box}", officer, told)

    async def teach(self, request: Request) -> Response:
        """What an event was about is none: its box shall not tell it again there."""
        form, words = await self._form(request), self._renderer.show(request).words
        if self._sender is None:
            raise HTTPException(403, words("commands-off"))
        officer, event_id = self._officer(request, form), request.path_params["event_id"]
        found = await run_in_threadpool(self._reader.event, event_id) if is_event_id(event_id) else None
        if found is None:
            raise HTTPException(404)
        try:
            order = _teaching(event_of(found[1][-1]), form)
        except ValueError as exc:
            raise HTTPException(400, str(exc)) from exc
        told = await run_in_threadpool(_send, self._sender, Target.of(found[0].box), order, officer, words)
        return self._acted(request, f"/events/{event_id}", officer, told)

    def api_commands(self, request: Request) -> Response:
        """The log of commands, newest first; of one box with `box=group/box`."""
        box = request.query_params.get("box")
        return JSONResponse({"commands": [command_json(row)
                                          for row in self._reader.alarms.commands(100, box)]})

    def _target(self, request: Request) -> Target:
        try:
            return Target.of(f"{request.path_params['group']}/{request.path_params['box']}")
        except ValueError as exc:
            raise HTTPException(404) from exc

    def _officer(self, request: Request, form: Mapping[str, str]) -> str:
        words = self._renderer.show(request).words
        try:
            return check_issuer(form.get("officer") or officer_of(request))
        except ValueError as exc:
            raise HTTPException(400, words("officer-wanted")) from exc

    def _acted(self, request: Request, address: str, officer: str, told: dict[str, str]) -> Response:
        """The answer to an act: for our script what came of it, for a browser without one the page that shows
        it.
        """
        wants_json = "application/json" in request.headers.get("accept", "")
        answer = JSONResponse(told) if wants_json else RedirectResponse(address, 303)
        remember_officer(answer, officer)
        return answer

    async def _form(self, request: Request) -> dict[str, str]:
        """The fields of a form that one of our own pages has sent.

        Raises HTTPException: it came from elsewhere, or is no form of ours.
        """
        words = self._renderer.show(request).words
        if not (is_our_name(request.url.hostname or "")
                and is_same_origin(request.headers, f"{request.url.scheme}://{request.url.netloc}")):
            raise HTTPException(403, words("not-our-page"))
        if not self.may_act(request):
            raise HTTPException(403, words("not-this-machine"))
        try:
            body = await whole_body(request.stream())
        except ClientDisconnect as exc:
            raise HTTPException(400) from exc
        except (TooLargeError, TimeoutError) as exc:
            raise HTTPException(408 if isinstance(exc, TimeoutError) else 413,
                                headers={"Connection": "close"}) from exc
        try:
            fields = parse_qs(body.decode(), max_num_fields=10, errors="strict")
        except ValueError as exc:
            raise HTTPException(400) from exc
        return {name: values[-1] for name, values in fields.items()}

    def may_act(self, request: Request) -> bool:
        """Whether who asks sits where acts are taken from."""
        return self._from_others or (request.client is not None and is_loopback(request.client.host))


def is_our_name(host: str) -> bool:
    """Whether no stranger can have chosen it: a name of the web may be pointed here by who owns it."""
    return host == "localhost" or is_address(host)


def _order(form: Mapping[str, str]) -> Order:
    """Raises ValueError: not of our form."""
    duration = form.get("duration_s", "")
    return Order(CommandName(form.get("name", "")), float(duration) if duration else None,
                 form.get("with_siren") == "on", undo=form.get("undo"))


def _teaching(event: EventData, form: Mapping[str, str]) -> Order:
    """Raises ValueError: not of our form, or an event of which nothing can be taught."""
    teaching = Teaching.of(event, form.get("hours") or None, int(form.get("days", MAX_DAYS)))
    return Order(CommandName.NOT_THAT, teaching=teaching)


def _send(sender: Sender, box: Target, order: Order, officer: str, words: Words) -> dict[str, str]:
    """What came of it, in a word for the page's colours and in a sentence."""
    try:
        answered = sender.send(box, order, officer)
    except FatalError as exc:           # a certificate that is gone ends one command, not the page
        reason = exc.reason if isinstance(exc, NotSentError) else "no-way"
        log.warning("command not answered: box=%s name=%s error=\"%s\"", box, order.name.value, exc)
        return {"state": "failed", "text": words.value("failure", reason), "detail": str(exc)}
    data = answered.result.data
    if not data.accepted:
        return {"state": "refused", "text": f"{words('box-refuses')}: "
                                            f"{words.value('answer', data.reason or 'none')}"}
    text = f"{words('box-obeys')}: {words(f'done-{order.name}')}"
    return {"state": "accepted", "text": f"{text} {words('signed-again')}" if answered.again else text}
