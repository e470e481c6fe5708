"""What a technician's tool hands to a box: a folder of files and one signed list of them.

    edge-bundle/
      bundle.json    this list, signed by the ward's bundle key
      signer.crt     the certificate of that key, issued by the ward's root
      edge.toml      the box's config
      ward-ca.pem    who issued the certificates of broker, enrolment server and boxes
      command.pub    the ward's key for commands
      receiver.pub   the key by which the ward's receiver signs acks (edge/contract/ack.py), and beside it
                     receiver-next.pub while that changes; a bundle of before has none and believes the broker
      enrol-code     the one-time code, alone in its file, so that it can be erased
      invites.json   whom the ward invites to the group's page, by hashes (edge/bundle/invites.py)
      network/...    NetworkManager keyfiles
      ...            whatever else edge.toml names by a relative path

The code's hash is in the list like any file's, so a code of another bundle is no good here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from edge.contract.messages import Sha256
from edge.contract.topics import SLUG

FOLDER = "edge-bundle"
LIST, SIGNER, CODE = "bundle.json", "signer.crt", "enrol-code"
CONFIG, WARD_CA, COMMAND_KEY, NETWORK = "edge.toml", "ward-ca.pem", "command.pub", "network"
ACK_KEYS = ("receiver.pub", "receiver-next.pub")
INVITES = "invites.json"
NEEDED = (CONFIG, WARD_CA, COMMAND_KEY)         # of every bundle that was ever made
MAX_LIST_BYTES = 64 * 1024
MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 64
REPORT = "report.json"      # what became of it, written beside the folder for whoever holds the card


def _inside(name: str) -> str:
    """A plain relative path: no way out of the folder, nothing that FAT or a shell reads otherwise."""
    path = PurePosixPath(name)
    if (not name.isascii() or not name.isprintable() or str(path) != name or path.is_absolute()
            or any(part in (".", "..") or part.startswith("-") for part in path.parts)
            or any(sign in name for sign in "\\:*?\"<>|") or len(name) > 100 or len(path.parts) > 2):
        raise ValueError("want a plain file name, with one folder at most")
    return name


FileName = Annotated[str, AfterValidator(_inside)]
Name = Annotated[str, Field(pattern=f"^{SLUG.pattern}$")]


class BundleList(BaseModel):
    """`bundle.json`. Strict: what is not known is refused, since it was signed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["edgebox-bundle/1"]
    ward: Name
    group: Name
    box: Name
    title: Annotated[str, Field(max_length=100)] = ""
    issued: Annotated[datetime, Field(strict=False)]
    code_expires: Annotated[datetime, Field(strict=False)]
    est: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.:_\[\]-]+$", max_length=200)]
    ntp: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", max_length=200)], ...],
                   Field(strict=False, max_length=8)] = ()
    files: Annotated[dict[FileName, Sha256], Field(max_length=MAX_FILES)]
    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    alg: Literal["Ed25519"]
    sig: Annotated[str, Field(max_length=100)]

    @property
    def identity(self) -> str:
        """The box's name in its certificate, at the broker and as MQTT client id; no slug holds a dot."""
        return f"{self.ward}.{self.group}.{self.box}"


class BundleFault(StrEnum):
    """Why a bundle is not believed. Each is told by light, in report.json and in the technician's guide."""

    NO_BUNDLE = "no-bundle"
    DAMAGED = "damaged-bundle"         # a file is missing, is another than the list says, or does not read
    BAD_SIGNATURE = "bad-signature"
    OTHER_WARD = "other-ward"          # signed, but by somebody whom this box's image does not know
    CODE_EXPIRED = "code-expired"
