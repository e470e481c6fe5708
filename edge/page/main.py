"""`edgebox page`: the group's page for phones, a front without authority.

It holds no roster, no pin and no siren: whatever a phone asks, guard is asked in its name, and guard judges.
Taken over, it can misuse what phones send it meanwhile, and no more. It runs on while guard restarts, and
guard does not care whether it runs.
"""

from __future__ import annotations

import logging

from edge.base.notify import Notifier
from edge.base.supervisor import Supervisor
from edge.config.load import Config
from edge.page.guard_link import GuardLink
from edge.page.server import GroupPage

log = logging.getLogger("page")

_STOP_LIMIT_S = 10.0
_SILENT_S = 30.0


def page(config: Config, supervisor: Supervisor, notifier: Notifier) -> None:
    """Run until `supervisor.stop` is set. Raises FatalError: it cannot listen, or has no certificate."""
    settings = config.settings
    if not settings.page.enabled:
        log.info("group page: not wanted by page.enabled")
        notifier.ready("not wanted by page.enabled")
        supervisor.stop.wait()
        return
    guard = GuardLink(settings.box.runtime_dir)
    served = GroupPage(settings, guard)
    supervisor.start("page", served.run, silent_s=_SILENT_S)
    log.info("group page: address=%s", served.address)
    notifier.ready(f"serving {served.address}")
    supervisor.hold(notifier.feed, notifier.feed_every_s)
    notifier.stopping()
    supervisor.end(_STOP_LIMIT_S)
    guard.close()
