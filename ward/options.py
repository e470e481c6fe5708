"""Options that several commands of `edgebox-ward` share: the broker, and the key that signs commands."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from pathlib import Path

from edge.base.arguments import ArgumentParser
from edge.base.errors import FatalError
from edge.base.mqtt_values import BrokerSettings
from edge.contract.topics import is_slug


class OptionsParser(ArgumentParser):
    """Reads further arguments from a file named as @FILE: one or more a line, quoted as in a shell."""

    def convert_arg_line_to_args(self, arg_line: str) -> list[str]:
        return shlex.split(arg_line, comments=True)


def add_broker_options(parser: argparse.ArgumentParser, required: bool = True) -> None:
    add = parser.add_argument
    add("--ward", required=required, metavar="NAME", help="as in the boxes' config, e.g. phan-dinh-phung")
    add("--broker", required=required, metavar="HOST[:PORT]",
        help="the port is 8883 if not given, or 1883 with --no-tls; [::1]:8883 for IPv6")
    add("--ca", type=Path, metavar="FILE",
        help="certificate of who signed the broker's (PEM; default: the system's)")
    add("--cert", type=Path, metavar="FILE", help="our own certificate for the broker (PEM), with --key")
    add("--key", type=Path, metavar="FILE", help="its private key (PEM, without a password), with --cert")
    add("--username", metavar="NAME", help="where the broker asks for one")
    add("--password-file", type=Path, metavar="FILE",
        help="a file whose first line is the password, with --username")
    add("--no-tls", action="store_true", help="plain MQTT: only for a broker on this machine")
    add("--client-id", metavar="ID", help="one per receiver (default: edgebox-ward-WARD)")


def add_key_options(parser: argparse.ArgumentParser, required: bool, help: str) -> None:
    parser.add_argument("--command-key", type=Path, metavar="FILE", required=required, help=help)
    add_passphrase_option(parser)


def add_passphrase_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE",
                        help="a file whose first line is the passphrase of the command key (default: "
                             "systemd's credential command-passphrase, else it is asked for)")


def broker_settings(args: argparse.Namespace) -> BrokerSettings:
    """Raises FatalError: what `add_broker_options` gave does not fit together."""
    found = re.fullmatch(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]/@\s]+))(?::(?P<port>\d{1,5}))?",
                         args.broker)
    port = int(found["port"]) if found and found["port"] else 1883 if args.no_tls else 8883
    if found is None or not 0 < port < 65536:
        raise FatalError(f"--broker {args.broker!r}: want HOST or HOST:PORT, e.g. mqtt.ward.example:8883 "
                         "or [::1]:8883",
                         os.EX_USAGE)
    if not is_slug(args.ward):
        raise FatalError(f"--ward {args.ward!r}: want 1 to 48 of a-z 0-9 and -, as in the boxes' config",
                         os.EX_USAGE)
    if (args.cert is None) != (args.key is None):
        raise FatalError("--cert and --key go together: our certificate for the broker and its private key; "
                         "the key that signs commands is --command-key", os.EX_USAGE)
    if args.no_tls and (args.ca or args.cert):
        raise FatalError("--ca, --cert and --key need TLS: leave out --no-tls", os.EX_USAGE)
    if args.password_file and args.username is None:
        raise FatalError("--password-file needs --username", os.EX_USAGE)
    return BrokerSettings(
        host=found["six"] or found["host"], port=port,
        client_id=args.client_id or f"edgebox-ward-{args.ward}",
        tls=not args.no_tls, ca_file=args.ca, cert_file=args.cert, key_file=args.key, username=args.username,
        password_file=args.password_file)
