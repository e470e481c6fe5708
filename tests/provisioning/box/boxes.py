"""Boxes as the tests prepare them."""

from __future__ import annotations

from provisioning.box.plan import BoxPlan, Camera, Network
from provisioning.box.wiring import standard

PASSPHRASE = "daily passphrase"
CAMERA = Camera("gate", "rtsp://192.168.1.20:554/stream1", "viewer", "mật-khẩu 'của\" #camera")


def plan(box: str = "hop-01", *, group: str = "to-12", title: str = "Tổ 12, ngõ 5",
         cameras: tuple[Camera, ...] = (CAMERA,), network: Network | None = None) -> BoxPlan:
    return BoxPlan(group, box, title, cameras, tuple(standard()), network or Network(),
                   leader="Nguyễn Văn An")
