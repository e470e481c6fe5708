"""The steps from a recipe to a card's image, each kept under a key of what it is made from.

    base    Debian's packages, by mmdebstrap; emulated for a foreign processor, so by far the longest
    site    what requirements/box.lock names, as wheels for the box's processor, checked by hash
    image   the base with our files, wheel, units and model, laid out in slots by genimage; and its SBOM
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.image import layout, sbom
from dev.image.recipe import MODEL, RECIPE, Recipe
from dev.image.steps import BuildError, call, foreign_programs, step
from dev.image.wheels import install_wheels

# Leaves out pointer authentication, which makes everything three times slower to emulate.
_EMULATED = {"QEMU_CPU": "cortex-a72"}
_NO_TEXTS = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/doc/*",
             "path-include=/usr/share/doc/*/copyright", "path-exclude=/usr/share/locale/*",
             "path-exclude=/usr/share/info/*")


class Build:
    """One recipe at work, in `cache`. Needs root: it makes device nodes and mounts."""

    def __init__(self, root: Path, cache: Path, recipe: Recipe, models: Path) -> None:
        self._root, self._cache, self._recipe, self._models = root, cache, recipe, models
        self._arch = recipe.request.arch
        self._work = cache / f"work-{recipe.image_key}"
        self._log = cache / f"{self._arch}-{recipe.request.sources}.log"

    def run(self) -> Path:
        """Make the image, or find it made; returns the folder of the image, its SBOM and its boot files.

        Raises:
            BuildError: a step failed; what was made before it is kept.
        """
        made = self._cache / f"image-{self._arch}-{self._recipe.image_key}"
        if made.is_dir():
            print(f"image: {self._recipe.name} is made already", file=sys.stderr, flush=True)
            return made
        tree, out = self._filled_root(), self._work / "out"
        out.mkdir()
        with step("bill of materials"):
            sbom.write(self._recipe, self._work / "root", self._models / MODEL, out, self._log)
        with step("slots and partitions"):
            layout.lay_out(self._recipe, self._work, tree / RECIPE, out, self._log)
        for old in self._cache.glob(f"image-{self._arch}-*"):
            shutil.rmtree(old)
        out.rename(made)
        shutil.rmtree(self._work)
        return made

    def run_root(self) -> Path:
        """The root alone, as a folder that systemd can be booted from in namespaces. Raises BuildError."""
        made = self._cache / f"root-{self._arch}-{self._recipe.image_key}"
        if made.is_dir():
            return made
        self._filled_root()
        for old in self._cache.glob(f"root-{self._arch}-*"):
            shutil.rmtree(old)
        (self._work / "root").rename(made)
        shutil.rmtree(self._work)
        return made

    def _filled_root(self) -> Path:
        """Fill the work folder's `root`; returns the folder of the commit's files."""
        self._log.unlink(missing_ok=True)
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        foreign_programs(self._arch)
        tree = self._tree()
        base, site = self._base(tree), self._site(tree)
        with step("our files, wheel, units, model, kernel"):
            self._customise(base, site, self._own(tree), tree)
        return tree

    def _base(self, tree: Path) -> Path:
        kept = self._cache / f"base-{self._arch}-{self._recipe.base_key}.tar"
        if kept.exists():
            return kept
        for old in self._cache.glob(f"base-{self._arch}-*.tar"):
            old.unlink()
        fresh = kept.with_suffix(".new.tar")
        with step(f"{len(self._recipe.packages)} packages and what they need, for {self._arch}"):
            call(["mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar",
                  f"--architectures={self._arch}", f"--include={','.join(self._recipe.packages)}",
                  *(f"--dpkgopt={option}" for option in _NO_TEXTS),
                  "--aptopt=Acquire::Languages \"none\"", "--aptopt=Acquire::Retries \"3\"",
                  f"--hook-dir={tree / RECIPE / 'base'}",
                  self._recipe.suite, fresh, *self._recipe.lines],
                 self._log, self._environment(self._recipe.base_epoch))
        fresh.rename(kept)
        return kept

    def _site(self, tree: Path) -> Path:
        kept = self._cache / f"site-{self._arch}-{self._recipe.site_key}"
        if kept.is_dir():
            return kept
        fresh = self._cache / f"site-{self._arch}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        with step("requirements/box.lock, each by its hash"):
            self._install(fresh, "--require-hashes", "-r", str(tree / "requirements" / "box.lock"))
        fresh.rename(kept)
        return kept

    def _install(self, folder: Path, *what: str) -> None:
        install_wheels(folder, self._arch, self._cache, self._log, *what)

    def _tree(self) -> Path:
        """The commit's files, so that nothing else of a working tree gets in."""
        tree = self._work / "tree"
        tree.mkdir()
        archive = subprocess.Popen(["git", "-C", str(self._root), "-c", "tar.umask=0022", "archive",
                                    self._recipe.commit],
                                   stdout=subprocess.PIPE)
        call_tar = subprocess.run(["tar", "-x", "-C", str(tree)], stdin=archive.stdout, check=False)
        if archive.wait() or call_tar.returncode:
            raise BuildError(f"git archive {self._recipe.commit} failed")
        return tree

    def _own(self, tree: Path) -> Path:
        wheels, own = self._work / "wheels", self._work / "own"
        call([sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
              "-w", wheels, tree], self._log, self._environment())
        self._install(own, "--no-index", "--find-links", str(wheels), "edgebox")
        return own

    def _customise(self, base: Path, site: Path, own: Path, tree: Path) -> None:
        told = {"EDGEBOX_TREE": tree, "EDGEBOX_SITE": site, "EDGEBOX_OWN": own,
                "EDGEBOX_MODELS": self._models_alone(), "EDGEBOX_COMMIT": self._recipe.commit,
                "EDGEBOX_SOURCES": self._recipe.request.sources,
                "EDGEBOX_BYTECODE": self._cache / f"bytecode-{site.name}-{self._recipe.base_key}.tar",
                "EDGEBOX_ANCHOR": self._recipe.request.anchor or ""}
        call(["mmdebstrap", "--mode=root", "--variant=custom", "--format=directory",
              "--skip=update,cleanup/reproducible",
              f"--architectures={self._arch}",
              f"--setup-hook=tar -x --numeric-owner --xattrs --xattrs-include='*' -C \"$1\" -f {base}",
              f"--hook-dir={tree / RECIPE / 'hooks'}",
              self._recipe.suite, self._work / "root", *self._recipe.lines],
             self._log, self._environment() | {name: str(value) for name, value in told.items()})

    def _models_alone(self) -> Path:
        """The default model without whatever else was fetched here."""
        folder = self._work / "models"
        shutil.copytree(self._models / MODEL, folder / MODEL)
        return folder

    def _environment(self, epoch: int | None = None) -> dict[str, str]:
        return _EMULATED | {"SOURCE_DATE_EPOCH": str(epoch or self._recipe.epoch), "TMPDIR": str(self._work),
                            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
