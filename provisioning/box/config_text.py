"""The box's edge.toml, made to be read and changed by hand. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from edge.bundle import form
from provisioning.box.plan import BoxPlan, Camera, CameraAlarm, Watch
from provisioning.box.wiring import standard
from provisioning.ward.settings import HostPort

SECRETS = "secrets"                     # the folder of the password files, beside edge.toml
PAGE_PORT = 8443
IDENTITY = "/run/credentials/edgebox-uplink.service/box.key"      # key and certificate in one file

_HEAD = """\
# The config of the box {identity}, made by `edgebox-provision box new`.
# Check it after a change with:  edgebox check edge.toml
# Every key is explained in the example that comes with edgebox: edge/config/example.toml
# Cấu hình của hộp {identity}. Giải thích từng mục: edge/config/example.toml

[box]                           # where it belongs; as in its certificate. Thuộc phường, tổ nào
ward = {ward}
group = {group}
id = {box}
title = {title}

[mqtt]                          # the ward's broker. Máy chủ MQTT của công an phường
host = {host}
port = {port}
ca_file = {ca}
cert_file = {cert}
key_file = {key}
ack = "ward"                    # kept until the ward signs that it has it. Giữ đến khi phường ký nhận
ack_keys = [{ack_keys}]

[page]                          # the group's page on the local network. Trang của tổ trên điện thoại
port = {page_port}
names = [{name}]
{security_contact}
[members]                       # who comes in first: letters of the handover sheet. Thư mời người đầu tiên
invites_file = {invites}

[commands]                      # signed by the ward. Lệnh của công an phường
keys = [{command_key}]
"""

_SECURITY = """\
security_contact = {contact}   # told to whoever found a hole in the box. Nơi nhận báo lỗ hổng bảo mật
"""

_WIRING = """\
# Standard wiring; `pin` is the GPIO number (BCM). Đấu dây theo sơ đồ chuẩn: edge/gpio/README.md
"""

_RULE = """\
[cameras.{name}.rules.person]     # a person in the picture; draw zones for more. Có người trong hình
kind = "enter"
severity = "warning"
riders = true                   # whoever rides in counts as well. Người đi xe cũng tính
#zone = "drive"                 # one of [cameras.{name}.zones]; the whole picture without. Vùng cần canh
{alarm}                # siren or light, while the camera alarm is on. Camera tự báo
cooldown_s = 60.0
"""

_NIGHT = """\

[[cameras.{name}.rules.person.schedule]]      # at night only; always without it. Chỉ ban đêm
start = 22:30:00
end = 05:00:00
"""


_ALARM_HOURS = """\
[[alarm.schedule]]              # it comes on by itself; members switch it as well. Giờ camera tự báo
start = 22:30:00
end = 05:00:00
"""


def page_name(group: str, box: str) -> str:
    """The name of the group's page on the box's own network: its host name, by mDNS."""
    return f"{box}-{group}.local"


def address_of(group: str, box: str) -> str:
    """The page as people open it."""
    return f"https://{page_name(group, box)}:{PAGE_PORT}"


def secret_file(camera: Camera) -> str:
    """Where the camera's password stands, beside edge.toml."""
    return f"{SECRETS}/{camera.name}"


def config_text(plan: BoxPlan, ward: str, broker: HostPort, ack_keys: Sequence[str],
                security_contact: str = "") -> str:
    """What edge.config.load reads without a fault, for every plan whose parts passed their checks.

    `ack_keys` are the names of the files in the bundle. `security_contact` is left out where it is empty:
    images of before know no such key.
    """
    values = {"ward": ward, "group": plan.group, "box": plan.box, "title": plan.title, "host": broker.host,
              "ca": form.WARD_CA, "cert": IDENTITY, "key": IDENTITY, "name": page_name(plan.group, plan.box),
              "command_key": form.COMMAND_KEY, "invites": form.INVITES}
    head = _HEAD.format(identity=f"{ward}.{plan.group}.{plan.box}", port=broker.port, page_port=PAGE_PORT,
                        ack_keys=", ".join(map(_quoted, ack_keys)),
                        security_contact=_security(security_contact),
                        **{key: _quoted(value) for key, value in values.items()})
    wiring = _WIRING + "\n" + "\n\n".join(standard()[name] for name in plan.wired) + "\n"
    return "\n".join([head, *([wiring] if plan.wired else []),
                      *([] if plan.camera_alarm is CameraAlarm.NONE else [_ALARM_HOURS]),
                      *(_camera(camera, plan.watch, plan.camera_alarm) for camera in plan.cameras)])


def _security(contact: str) -> str:
    return _SECURITY.format(contact=_quoted(contact)) if contact else ""


def _camera(camera: Camera, watch: Watch, alarm: CameraAlarm) -> str:
    said = '#alarm = "siren"' if alarm is CameraAlarm.NONE else f'alarm = "{alarm}" '
    rule = (_RULE + (_NIGHT if watch is Watch.NIGHT else "")).format(name=camera.name, alarm=said)
    return "\n".join([*_source(camera), "", rule])


def _source(camera: Camera) -> Iterator[str]:
    yield f"[cameras.{camera.name}]"
    yield f"source = {_quoted(camera.source)}"
    if camera.evidence:
        yield f"evidence = {_quoted(camera.evidence)}   # for events' pictures. Luồng rõ hơn, làm bằng chứng"
    if camera.onvif_port is not None:
        yield f"onvif_port = {camera.onvif_port}      # asked for a key frame where none comes. Cổng ONVIF"
    if camera.username:
        yield f"username = {_quoted(camera.username)}"
    if camera.password:
        yield (f"password_file = {_quoted(secret_file(camera))}"
               "   # its first line is the password. Mật khẩu ở tệp này")


def _quoted(text: str) -> str:
    """A basic string of TOML; of printable text, JSON writes the same."""
    return json.dumps(text, ensure_ascii=False)
