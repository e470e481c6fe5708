"""How makers of cameras speak ONVIF: what stands in their answers, and what each does otherwise.

Written after the specification and what users report of such cameras. Names, tokens and paths are of the kind
that the maker uses; the answers' texts are our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TT = "http://www.onvif.org/ver10/schema"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TR2 = "http://www.onvif.org/ver20/media/wsdl"
TDS = "http://www.onvif.org/ver10/device/wsdl"


@dataclass(slots=True)
class Encoder:
    """What a camera keeps of one stream; requests change it."""

    token: str
    profile: str
    name: str
    codec: str
    size: tuple[int, int]
    fps: int
    gov: int
    kbps: int
    constant: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """One maker's."""

    maker: str
    model: str
    port: int                           # where its device service usually listens
    envelope: str                       # prefix of SOAP
    schema: str                         # prefix of tt
    device_path: str
    media_path: str
    encoders: tuple[Encoder, ...]
    streams: tuple[str, ...]            # addresses; {host} is what the camera takes for its own
    login: str = "token"                # token, digest, sha256, any
    media2_path: str = ""
    media2_works: bool = True
    has_services: bool = True
    own_host: str = ""                  # what it takes for its own address, if it is wrong
    own_port: int = 0
    ahead_s: float = 0.0                # its clock before ours
    token_within_s: float = 0.0         # refuses a token of another time than this; 0 takes any
    tells_utc: bool = True
    garbled_name: bytes = b""           # in no UTF-8
    wants_multicast: bool = False       # refuses an encoder's settings without it
    ignores: frozenset[str] = field(default_factory=frozenset)     # of what is set, without a word
    password_in_path: str = ""


HIKVISION = Dialect(
    "HIKVISION", "DS-2CD2043G2-I", 80, "env", "tt", "/onvif/device_service", "/onvif/Media",
    (Encoder("VideoEncoderToken_1", "Profile_1", "mainStream", "H265", (2560, 1440), 25, 100, 4096),
     Encoder("VideoEncoderToken_2", "Profile_2", "subStream", "H264", (640, 360), 25, 50, 512)),
    ("rtsp://{host}:554/Streaming/Channels/101?transportmode=unicast&profile=Profile_1",
     "rtsp://{host}:554/Streaming/Channels/102?transportmode=unicast&profile=Profile_2"),
    login="digest", media2_path="/onvif/Media2")

DAHUA = Dialect(
    "Dahua", "IPC-HFW2431S", 80, "s", "tt", "/onvif/device_service", "/onvif/media_service",
    (Encoder("00000", "MediaProfile00000", "MediaProfile_Channel1_MainStream", "H264", (2688, 1520), 25, 50,
             4096),
     Encoder("00001", "MediaProfile00001", "MediaProfile_Channel1_SubStream1", "H264", (704, 576), 25, 50,
             512)),
    ("rtsp://{host}:554/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif",
     "rtsp://{host}:554/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif"),
    ahead_s=7 * 3600.0, token_within_s=5.0)

TPLINK = Dialect(
    "tp-link", "VIGI C340", 2020, "SOAP-ENV", "tt", "/onvif/device_service", "/onvif/service",
    (Encoder("main", "profile_1", "mainStream", "H264", (2560, 1440), 15, 30, 3072),
     Encoder("minor", "profile_2", "minorStream", "H264", (640, 480), 15, 30, 256)),
    ("rtsp://{host}:554/stream1", "rtsp://{host}:554/stream2"),
    has_services=False, own_port=80, ahead_s=-86400.0, token_within_s=60.0)

UNIVIEW = Dialect(
    "Uniview", "IPC3614LE", 80, "SOAP-ENV", "tt", "/onvif/device_service", "/onvif/media_service",
    (Encoder("VideoEncoderConfig0", "media_profile1", "profile1", "H264", (1920, 1080), 20, 40, 2048),
     Encoder("VideoEncoderConfig1", "media_profile2", "profile2", "H264", (720, 576), 20, 40, 512)),
    ("rtsp://{host}:554/media/video1", "rtsp://{host}:554/media/video2"),
    login="sha256", media2_path="/onvif/media2_service", media2_works=False, own_host="192.168.1.13",
    wants_multicast=True)

XIONGMAI = Dialect(
    "H264", "50H20L", 8899, "SOAP-ENV", "ns4", "/onvif/device_service", "/onvif/Media",
    (Encoder("000_VideoEncoder", "000", "Profile_000", "H264", (1280, 720), 20, 240, 1500),
     Encoder("001_VideoEncoder", "001", "Profile_001", "H264", (352, 288), 12, 24, 300)),
    ("rtsp://{host}:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
     "rtsp://{host}:554/user=admin_password=tlJwpbo6_channel=1_stream=1.sdp?real_stream"),
    login="any", has_services=False, own_host="192.168.1.10", tells_utc=False,
    garbled_name="球机".encode("gb18030"), ignores=frozenset({"gov"}))

DIALECTS = {"hikvision": HIKVISION, "dahua": DAHUA, "tp-link": TPLINK, "uniview": UNIVIEW,
            "xiongmai": XIONGMAI}
