"""Where a connections file says that its secrets and its store are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .mistakes import Wrong, no_such
from .tables import PrivateKey, Secret

_ELSEWHERE = 'write { env = "NAME_OF_A_VARIABLE" } or { file = "a/path" }'


def private_key(value: object, folder: Path) -> PrivateKey:
    """Read a private key from where the file says it is."""
    return PrivateKey(*_found(value, folder))


def secret(value: object, folder: Path) -> Secret:
    """Read a secret of one line from where the file says it is."""
    found, source = _found(value, folder)
    if "\n" in found or "\r" in found:
        raise Wrong(f"{source} has several lines; a secret is one")
    if found != found.strip():
        raise Wrong(f"{source} begins or ends with a blank")
    return Secret(found, source)


def _found(value: object, folder: Path) -> tuple[str, str]:
    """What is there, without its last line end, and where that is."""
    if not isinstance(value, Mapping):
        raise Wrong(f"a secret does not stand in this file; {_ELSEWHERE}")
    for key in value:
        if key not in ("env", "file"):
            raise Wrong(f"{key}: {no_such(key, ('env', 'file'))}")
    if len(value) != 1:
        raise Wrong(f"must have either env or file; {_ELSEWHERE}")
    ((how, name),) = value.items()
    if not isinstance(name, str) or not name:
        raise Wrong(f"{how} must be a name, as text in quotes")
    if how == "env":
        found, source = os.environ.get(name), f"environment variable {name}"
        if found is None:
            raise Wrong(f"{source} is not set")
        found = found.rstrip("\r\n")
    else:
        file = placed_path(name, folder)
        found, source = _secret_file(file), f"file {file}"
    if not found.strip():
        raise Wrong(f"{source} is empty")
    return found, source


def placed_path(text: str, folder: Path) -> Path:
    """A path as the file has it: relative ones count from its folder."""
    if "\0" in text:
        raise Wrong("is no path: it holds a null character")
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise Wrong(f"{text!r}: there is no such home folder") from None


def _secret_file(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        # Editors on Windows begin a file with a mark, and most end it with a line.
        text = file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except FileNotFoundError:
        raise Wrong(f"there is no file {file}") from None
    except OSError as error:
        raise Wrong(f"file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Wrong(f"file {file} is no text in UTF-8") from None
    if os.name == "posix" and mode & 0o007:
        raise Wrong(f"every user of this machine may read {file}: chmod 600 {file}")
    return text


def store_url(value: str | Mapping[str, object], folder: Path) -> str | Secret:
    """The store's URL; a database file counts from the folder of the connections file."""
    if isinstance(value, Mapping):
        kept = secret(value, folder)
        return Secret(_placed(kept.value, folder), kept.source)
    try:
        has_password = make_url(value).password is not None
    except (ArgumentError, ValueError):
        raise Wrong('must be the URL of a database, such as "sqlite:///sync.db"') from None
    if has_password:
        raise Wrong(f"holds a password, and a secret does not stand in this file; {_ELSEWHERE}")
    return _placed(value, folder)


def _placed(text: str, folder: Path) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise Wrong('must be the URL of a database, such as "sqlite:///sync.db"') from None
    file = url.database
    if url.get_backend_name() != "sqlite" or not file or file.startswith((":memory:", "file:")):
        return text
    return url.set(database=str(folder / file)).render_as_string(hide_password=False)
