"""Bodies of pieces: read anew for each send, a piece of a file at a time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from connectors.core.upload import PIECE, Upload
from connectors.errors import ConfigError


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "contract.pdf"
    path.write_bytes(b"0123456789" * 20_000)
    return path


def test_the_pieces_come_in_their_order_and_again_for_each_send(document: Path) -> None:
    upload = Upload((b"<", document, b">"))
    size, pieces = upload.begin()
    body = b"".join(pieces)

    assert body == b"<" + document.read_bytes() + b">"
    assert size == len(body)
    assert upload.whole() == body


def test_a_file_is_read_a_piece_at_a_time(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(50 * 2**20)
    tracemalloc.start()
    try:
        lengths = [len(piece) for piece in Upload((large,)).begin()[1]]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert max(lengths) == PIECE
    assert sum(lengths) == 50 * 2**20
    assert peak < 2**20


@pytest.mark.parametrize("change", [b"short", b"0123456789" * 20_001])
def test_a_file_that_changes_while_it_is_sent_is_an_error(document: Path, change: bytes) -> None:
    size, pieces = Upload((document,)).begin()
    document.write_bytes(change)
    sent: list[bytes] = []

    with pytest.raises(ConfigError, match=r"contract\.pdf was changed while it was sent"):
        for piece in pieces:
            sent.append(piece)

    assert len(b"".join(sent)) <= size


def test_a_file_that_is_gone_when_it_is_sent_is_named(document: Path) -> None:
    upload = Upload((document,))
    _, pieces = upload.begin()
    document.unlink()

    with pytest.raises(ConfigError, match=r"contract\.pdf cannot be sent: No such file"):
        list(pieces)
    with pytest.raises(ConfigError, match="there is no such file"):
        upload.begin()


def test_a_file_that_is_none_is_refused_before_any_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        Upload((tmp_path / "nowhere.pdf",))
    with pytest.raises(ConfigError, match="it is no file"):
        Upload((b"", tmp_path))


def test_what_is_sent_does_not_show() -> None:
    assert "c4n4ry" not in repr(Upload((b"c4n4ry",)))
