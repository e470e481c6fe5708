"""Which camera a command is about and who logs in there: from the config, the arguments or the terminal."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge.base.errors import FatalError
from edge.base.words import Words
from edge.config.camera_model import CameraSettings
from edge.config.load import load
from edge.onvif.faults import OnvifError
from edge.upkeep.camera.screen import CATALOGUE, camera_text, onvif_text
from edge.upkeep.camera.target import CameraTarget, UnclearTargetError, target_of
from edge.upkeep.camera.wise import DEFAULT_PASSWORDS
from edge.watch.capture.address import CameraError, locate

_LEAST_LENGTH = 8
_LONGEST = 4096


def cameras_of(config: Path) -> Mapping[str, CameraSettings]:
    """The config's cameras; none where there is no such file. Raises ConfigError: it has faults."""
    return load(config).settings.cameras if config.exists() else {}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever works at a camera."""

    target: CameraTarget
    password: str = field(repr=False)
    words: Words
    cameras: Mapping[str, CameraSettings] = field(default_factory=dict)     # the config's

    @classmethod
    def of(cls, args: argparse.Namespace) -> Visitor:
        """Raises FatalError: no camera is meant, or a file holds no password."""
        words = Words(args.lang, CATALOGUE)
        cameras = cameras_of(args.config)
        try:
            target = target_of(args.camera, cameras)
        except UnclearTargetError as exc:
            raise FatalError(words(str(exc), text=_shown(args.camera)), os.EX_USAGE) from None
        if target.settings is not None and args.user is None:
            try:
                address = locate(target.name, target.settings)
            except CameraError as exc:
                raise FatalError(str(exc), os.EX_NOINPUT) from None
            return cls(target, address.login.password if address.login else "", words, cameras)
        user, password = _typed(args, target.user, words)
        return cls(replace(target, user=user), password, words, cameras)

    @contextlib.contextmanager
    def faults_said(self) -> Iterator[None]:
        """What a camera's faults mean, in the reader's language. Raises FatalError for them."""
        try:
            yield
        except OnvifError as exc:
            raise FatalError(onvif_text(exc.fault, exc.host, exc.detail, self.words)) from None
        except CameraError as exc:
            raise FatalError(camera_text(exc, self.target.host, self.words.language)) from None


def _shown(text: str) -> str:
    """A camera's address without who logs in."""
    return text.rpartition("@")[2][:80]


def _typed(args: argparse.Namespace, user: str, words: Words) -> tuple[str, str]:
    """User and password, asked for where somebody sits at a terminal."""
    asks = sys.stdin.isatty() and not getattr(args, "json", False)
    user = args.user if args.user is not None else user
    if not user and args.user is None and asks:
        user = input(words("ask-user") + " ").strip()
    if args.password_file is not None:
        return user, _first_line(args.password_file, words)
    return user, getpass.getpass(words("ask-password") + " ") if user and asks else ""


def new_password(args: argparse.Namespace, visitor: Visitor) -> str:
    """What the camera's user shall log in with from now on; "" where that is not asked for.

    Raises FatalError: two different ones were typed, or it is one that anybody would try.
    """
    words = visitor.words
    if args.new_password_file is not None:
        wanted = _first_line(args.new_password_file, words)
    elif args.new_password:
        wanted = getpass.getpass(words("ask-new-password", user=visitor.target.user) + " ")
        if getpass.getpass(words("ask-new-password-again") + " ") != wanted:
            raise FatalError(words("passwords-differ"), os.EX_USAGE)
    else:
        return ""
    if len(wanted) < _LEAST_LENGTH or wanted.lower() in DEFAULT_PASSWORDS or not wanted.isprintable():
        raise FatalError(words("password-weak"), os.EX_USAGE)
    return wanted


def _first_line(path: Path, words: Words) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(_LONGEST).rstrip("\r\n")
    except OSError as exc:
        raise FatalError(words("password-unread", path=path, why=exc), os.EX_NOINPUT) from None
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise FatalError(words("password-unread", path=path, why="?"), os.EX_NOINPUT)
    return line
