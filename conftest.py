"""Runs the Python blocks of the README and of the docs as tests, each page in its own folder."""

import os
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# A busy machine is slow now and then; that is no failure of a property.
settings.register_profile("connectors", deadline=None)
settings.load_profile("connectors")


def enter_empty_folder(namespace: dict[str, Any]) -> None:
    """Start a page in an empty working folder, so that its code may write files."""
    namespace["_home"] = os.getcwd()
    # The page may leave a database open at its end, and Windows does not delete an open file.
    namespace["_folder"] = folder = TemporaryDirectory(ignore_cleanup_errors=True)
    os.chdir(folder.name)


def leave_folder(namespace: dict[str, Any]) -> None:
    """Go back and remove what the page wrote."""
    os.chdir(namespace["_home"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/guides/*.md"],
    setup=enter_empty_folder,
    teardown=leave_folder,
).pytest()
