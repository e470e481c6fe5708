"""`./run bench [NAME ...] [--json]`: run benchmarks, all of them without a name."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

from bench.result import LeftOutError

NAMES = ("accuracy", "streets", "events", "sight", "holes", "tracker", "pipeline", "gate", "delivery",
         "alarm", "programs", "cluster", "tamper", "evidence", "store", "receiver")

# As `./run` does, so that `python -m bench` finds the same weights.
os.environ.setdefault("EDGEBOX_MODELS", str(Path(__file__).resolve().parent.parent / ".cache" / "models"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--shared", type=Path, default=os.environ.get("EDGEBOX_SHARED"), metavar="DIR",
                        help="folder with the evaluation data (all need it but pipeline, delivery, alarm, "
                        "programs, store, receiver)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="of streets, sight: another setting than the default, as model.input_px=832, "
                        "camera.fps=2.5")
    parser.add_argument("--quick", action="store_true",
                        help="of streets, events, sight, cluster, store, receiver, alarm: what takes longest "
                        "is left out")
    parser.add_argument("--long", action="store_true", help="of cluster, tamper: what takes hours as well")
    parser.add_argument("--rows", action="append", default=[], metavar="ROW",
                        help="of cluster: this row alone, as 'still x1'; may be given again")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    results, left_out = [], []
    for name in args.names or NAMES:
        try:
            result = importlib.import_module(f"bench.{name}").run(args)
        except LeftOutError as exc:
            print(f"bench {name}\nleft out: {exc}\n", flush=True)
            left_out.append(name)
            continue
        print(result.as_table() + "\n", flush=True)
        results.append(result)
    if args.json:
        print(json.dumps({result.name: result.as_json() for result in results}))
    if set(left_out) & set(args.names):
        return os.EX_USAGE
    return int(any(figure.holds is False for result in results for figure in result.figures))


if __name__ == "__main__":
    sys.exit(main())
