"""Lets the real picamera2 run on libcamera's virtual cameras, on a machine without /dev/dma_heap.

Imported before the code under test, which stays as it is on a box. Two things are put in place: memory (a
memfd a buffer instead of a dma-buf, which needs a device) and the list of raw modes, since picamera2 wants a
raw stream of every camera that it opens, and a virtual one has none.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import libcamera
import picamera2.picamera2 as real
from picamera2.allocators.allocator import Allocator, Sync


class MemoryAllocator(Allocator):  # type: ignore[misc]
    """NV12 wants two planes, which may lie in one file; picamera2's own allocator makes one plane."""

    def __init__(self) -> None:
        super().__init__()
        self.sync = _Mapped
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self._buffers: dict[Any, list[Any]] = {}
        self._fds: list[int] = []

    def allocate(self, libcamera_config: Any, use_case: object) -> None:
        self.close()
        for config in libcamera_config:
            self._buffers[config.stream] = [self._one(config) for _ in range(config.buffer_count)]

    def _one(self, config: Any) -> Any:
        fd = os.memfd_create("virtual-camera", os.MFD_CLOEXEC)
        os.ftruncate(fd, config.frame_size)
        self._fds.append(fd)
        luma = config.stride * config.size.height
        planes = []
        for offset, length in ((0, luma), (luma, config.frame_size - luma)):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = fd, offset, length
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self.mapped_buffers[buffer] = mmap.mmap(fd, config.frame_size)
        return buffer

    def buffers(self, stream: Any) -> list[Any]:
        return self._buffers[stream]

    def acquire(self, buffers: object) -> None:
        """Nothing counts them here."""

    def release(self, buffers: object) -> None:
        """As little."""

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds, self._buffers, self.mapped_buffers = [], {}, {}

    def __del__(self) -> None:              # picamera2 closes a camera by forgetting its allocator
        self.close()


class _Mapped(Sync):  # type: ignore[misc]
    def __init__(self, allocator: MemoryAllocator, buffer: Any, write: bool) -> None:
        self._memory = allocator.mapped_buffers[buffer]

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *_: object) -> None:
        """The mapping lives as long as the buffer."""


def _modes_without_raw(camera: Any) -> list[dict[str, Any]]:
    formats = camera.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0).formats
    return [{"format": str(pixel), "size": (size.width, size.height)}
            for pixel in formats.pixel_formats for size in formats.sizes(pixel)]


real.DmaAllocator = MemoryAllocator
real.Picamera2._get_raw_modes = _modes_without_raw
