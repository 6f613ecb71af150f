"""What takes long to load is kept between runs, in the user's cache folder, and copied for each server."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MEMORY = Path("/dev/shm")


def folder() -> Path:
    """Where it is kept; nobody else may write there."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = home / "workplace-sdk-tests"
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    return kept


def copy_kept(
    name: str, version: str, load: Callable[[Path], None], to: Path, *, in_memory: bool = False, sparse: bool = True
) -> None:
    """Make *to* a copy of the folder that *load* fills, now or in an earlier run with the same *version*.

    Other versions of *name* are thrown away. *in_memory*: loading rewrites its files over and over, so that it is done
    in memory where there is some, and copied out. *sparse*: its files are mostly holes; else looking for them takes longer
    than copying.
    """
    base = folder()
    kept = base / f"{name}-{version}"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be loading the same
        if not kept.is_dir():
            for old in base.glob(f"{name}-*"):
                shutil.rmtree(old)
            _load(kept, load, MEMORY if in_memory and _roomy() else base, sparse=sparse)
        _copy(kept, to, sparse=sparse)


def _roomy() -> bool:
    """Whether there is memory to load in: containers often have a little."""
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1_000_000_000


def _load(kept: Path, load: Callable[[Path], None], where: Path, *, sparse: bool) -> None:
    made = Path(tempfile.mkdtemp(prefix="workplace-loading-", dir=where))
    part = kept.with_name(f"part.{kept.name}")
    try:
        load(made)
        with suppress(FileNotFoundError):
            shutil.rmtree(part)
        _copy(made, part, sparse=sparse)
        part.rename(kept)
    finally:
        shutil.rmtree(made)


def _copy(source: Path, to: Path, *, sparse: bool) -> None:
    """Holes stay holes: a database of LMDB is mostly holes."""
    subprocess.run(["cp", "-a", f"--sparse={'always' if sparse else 'auto'}", f"{source}/.", str(to)], check=True)
