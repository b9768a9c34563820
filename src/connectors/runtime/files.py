"""Files that are made of what comes in, and the names that services give them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path
from typing import BinaryIO, TypeVar

from ..errors import ConfigError

T = TypeVar("T")


class Draft:
    """A file that appears under its name when it is whole; until then it is one beside it.

    Its methods may be called from any thread, and in any order: what comes after `drop` is nothing.
    """

    def __init__(self, path: Path) -> None:
        import secrets

        self.path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO | None = None
        self._over = False
        # A task that is cancelled leaves its thread writing.
        self._lock = threading.Lock()

    def write(self, piece: bytes) -> None:
        """Add these bytes."""
        with self._lock:
            if not self._over:
                self._opened().write(piece)

    def keep(self) -> None:
        """Give the file its name; one that had it is replaced."""
        with self._lock:
            if not self._over:
                self._opened().close()
                os.replace(self._part, self.path)

    def drop(self) -> None:
        """Leave nothing behind but what was kept."""
        with self._lock:
            if not self._over and self._file is not None:
                self._file.close()
                self._part.unlink(missing_ok=True)
            self._over = True

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = self._part.open("xb")
        return self._file


def destination(path: str | Path, name: str | None) -> Path:
    """Where a file is to go: the path, or in a folder under the name that the service gave.

    Raises:
        ConfigError: the folder is missing, or there is no name.
    """
    target = Path(path)
    if target.is_dir():
        if not name:
            raise ConfigError(f"{target} is a folder, and the service gave no file name: add one")
        return target / name
    if not target.parent.is_dir():
        raise ConfigError(f"there is no folder {target.parent}")
    return target


def file_name(headers: Mapping[str, str]) -> str | None:
    """The name in a `Content-Disposition`, without any folders; None where there is none."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "")
    name = message.get_filename() or ""
    with contextlib.suppress(UnicodeError):
        # Header bytes are read as Latin-1; most services mean UTF-8.
        name = name.encode("latin-1").decode()
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in name if letter.isprintable()).strip()
    return None if name in ("", ".", "..") else name


async def apart_async(work: Callable[..., T], *args: object) -> T:
    """Do what waits for a disk in another thread."""
    import asyncio

    return await asyncio.to_thread(work, *args)


def apart(work: Callable[..., T], *args: object) -> T:
    """The same for the blocking world, which may wait."""
    return work(*args)
