"""How systemd's journal is asked for the lines of our services."""

from __future__ import annotations

SERVICES = ("guard", "watch", "uplink", "page", "firstboot", "renew", "firewall")


def journalctl(services: list[str], since: str | None, lines: int | None) -> list[str]:
    """The command that shows the services' lines; all of them without any."""
    command = ["journalctl", "--no-pager", "--output=short-iso",
               *(f"--unit=edgebox-{name}.service" for name in services or SERVICES)]
    command += [f"--since={since}"] if since else []
    return command + ([f"--lines={lines}"] if lines else [])
