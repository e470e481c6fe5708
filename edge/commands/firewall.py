"""`edgebox firewall`: watch may reach the cameras of the config, uplink the broker, and nothing else."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.base.errors import FatalError
from edge.config.load import load
from edge.upkeep.firewall import endpoints
from edge.upkeep.firewall.rules import text_of

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_LIMIT_S = 20.0


def add_parser(subparsers: Subparsers) -> None:
    """Add `firewall` to the commands of `edgebox`; its `run` returns the exit code."""
    parser = subparsers.add_parser(
        "firewall", help="let watch and uplink reach what the config names, and nothing else",
        description="Fills the sets of /etc/nftables.conf from the config: the cameras for watch, the broker "
                    "for uplink. Names are looked up; one that has no address now keeps those from before. "
                    "Needs CAP_NET_ADMIN; on a box a timer does it every five minutes, as a user of its own.")
    parser.add_argument("--config", type=Path, default=Path("/etc/edgebox/edge.toml"), metavar="FILE",
                        help="default: %(default)s")
    parser.add_argument("--print", action="store_true", help="print what nft would be given, change nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Raises FatalError: there is no nft, or the box's own table is not loaded."""
    settings = load(args.config).settings
    servers = endpoints.name_servers(Path("/etc/resolv.conf"))
    reaches = {"watch": endpoints.reach_of(endpoints.of_watch(settings), servers, endpoints.resolved),
               "uplink": endpoints.reach_of(endpoints.of_uplink(settings), servers, endpoints.resolved)}
    for program, reach in reaches.items():
        for name in reach.unresolved:
            print(f"edgebox: firewall: {name} (of {program}) has no address now; what it had stays open",
                  file=sys.stderr)
    text = text_of(reaches)
    if args.print:
        print(text, end="")
    else:
        _apply(text)
    return os.EX_OK


def _apply(text: str) -> None:
    try:
        done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True,
                              timeout=_LIMIT_S)
    except FileNotFoundError as exc:
        raise FatalError("firewall: there is no nft on this machine; install nftables",
                         os.EX_UNAVAILABLE) from exc
    except subprocess.TimeoutExpired as exc:
        raise FatalError(f"firewall: nft has not ended for {_LIMIT_S:g} s; try again",
                         os.EX_TEMPFAIL) from exc
    if done.returncode:
        first = (done.stderr.splitlines() or ["no reason given"])[0]
        raise FatalError(f"firewall: nft refuses: {first}; load the box's table first (root: nft -f "
                         "/etc/nftables.conf)", os.EX_UNAVAILABLE)
