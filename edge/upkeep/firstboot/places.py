"""Where everything lies on a box. Paths only; nothing is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.bundle import form

CARD, STATE = Path("/boot/firmware"), Path("/var/lib/edgebox")
ANCHOR = Path("/usr/share/edgebox/anchor.pem")


@dataclass(frozen=True, slots=True)
class CardPlaces:
    """`card` is the FAT partition that a laptop reads, `state` the data partition."""

    card: Path
    state: Path
    anchor: Path        # the ward's root certificate, part of the image

    @property
    def bundle(self) -> Path:
        return self.card / form.FOLDER

    @property
    def code(self) -> Path:
        return self.bundle / form.CODE

    @property
    def report(self) -> Path:
        return self.card / form.REPORT

    @property
    def config(self) -> Path:
        """The bundle's files but for code and network: edge.toml names the others relatively."""
        return self.state / "config"

    @property
    def config_file(self) -> Path:
        return self.config / form.CONFIG

    @property
    def network(self) -> Path:
        """NetworkManager's keyfiles: the image sets keyfile.path to this folder."""
        return self.state / "network"

    @property
    def ntp(self) -> Path:
        """A `sourcedir` of chrony."""
        return self.state / "ntp"

    @property
    def host_name(self) -> Path:
        """One line; the image sets it at every boot."""
        return self.state / "hostname"

    @property
    def identity(self) -> Path:
        return self.state / "identity"

    @property
    def tested(self) -> Path:
        """What the self-test of first boot said."""
        return self.state / "self-test.json"

    @property
    def marker(self) -> Path:
        """Exists when the box is provisioned: units start on it."""
        return self.state / "provisioned"
