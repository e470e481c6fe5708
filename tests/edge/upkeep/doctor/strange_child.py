"""Doctor's process for cameras that behaves as STRANGE_CHILD says; started in place of the real one."""

from __future__ import annotations

import os
import resource
import signal
import sys

LOOK = ('{"camera": "%s", "findings": [{"kind": "camera", "is_of_evidence": false, "state": "ok", "code": '
        '"camera-dark", "values": {}}]}\n')


def main(how: str) -> None:
    print(LOOK % ("nobody-asked" if how == "invents" else "gate"), end="", flush=True)
    match how:
        case "dies":
            print("the decoder's last words", file=sys.stderr, flush=True)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.kill(os.getpid(), signal.SIGSEGV)
        case "fails":
            sys.exit(3)
        case "floods":
            while True:
                print("{}" * 10_000)
        case "hangs":
            signal.pause()


main(os.environ["STRANGE_CHILD"])
