"""The sets of provisioning/image/files/etc/nftables.conf, filled: text for `nft -f`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from edge.upkeep.firewall.endpoints import Address, Reachable

TABLE = "inet edgebox"
PROGRAMS = ("watch", "uplink")


def text_of(reaches: Mapping[str, Reachable]) -> str:
    """One transaction that makes each program's sets hold its addresses.

    Where a name has no address now, the addresses from before stay beside the new ones: a name server that is
    away for a while cuts no camera off.
    """
    return "".join(line + "\n" for program in PROGRAMS for line in _lines(program, reaches[program]))


def _lines(program: str, reach: Reachable) -> Iterator[str]:
    for version in (4, 6):
        name = f"{program}{version}"
        elements = [*_elements("tcp", reach.tcp, version), *_elements("udp", reach.udp, version)]
        if not reach.unresolved:
            yield f"flush set {TABLE} {name}"
        if elements:
            yield f"add element {TABLE} {name} {{ {', '.join(elements)} }}"


def _elements(protocol: str, places: Iterable[tuple[Address, int]], version: int) -> list[str]:
    return [f"{protocol} . {address} . {port}" for address, port in sorted(places, key=str)
            if address.version == version]
