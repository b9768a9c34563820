"""Bodies that are sent piece by piece, and may be sent again: documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import field, frozen

from ..errors import ConfigError

PIECE = 2**16
"""Bytes of a file that are in memory at a time."""


@frozen
class Upload:
    """The body of a request, as bytes and files in their order. Each send reads the files anew.

    Raises:
        ConfigError: a file cannot be read.
    """

    parts: tuple[bytes | Path, ...] = field(repr=lambda parts: f"<{len(parts)} parts>")

    def __attrs_post_init__(self) -> None:
        for part in self.parts:
            if isinstance(part, Path):
                _size(part)

    def begin(self) -> tuple[int, Iterator[bytes]]:
        """How many bytes there are, and the bytes from the start: `PIECE` of a file at a time."""
        sizes = [_size(part) if isinstance(part, Path) else len(part) for part in self.parts]
        return sum(sizes), self._pieces(sizes)

    def _pieces(self, sizes: Sequence[int]) -> Iterator[bytes]:
        for part, size in zip(self.parts, sizes, strict=True):
            if isinstance(part, bytes):
                yield part
            else:
                yield from _read(part, size)

    def whole(self) -> bytes:
        """All bytes at once, for who cannot send them piece by piece."""
        return b"".join(self.begin()[1])


def _size(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
        reason = "it is no file" if path.exists() else "there is no such file"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise ConfigError(f"{path} cannot be sent: {reason}")


def _read(path: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
    except OSError as error:
        raise ConfigError(f"{path} cannot be sent: {error.strerror}") from None
    if left:
        # The service was told another number of bytes.
        raise ConfigError(f"{path} was changed while it was sent")
