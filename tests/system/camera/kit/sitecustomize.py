"""Python reads this when it starts: in a camera port's process, memory takes the place of dma-buf."""

import sys

if "edge.watch.capture.csi.child" in sys.orig_argv:
    import virtual_camera  # type: ignore[import-not-found]  # noqa: F401
