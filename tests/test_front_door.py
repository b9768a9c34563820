"""What `import connectors` gives, and what it costs."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import connectors
from connectors import errors

HEAVY = (
    "attr",
    "attrs",
    "authlib",
    "cattrs",
    "dateutil",
    "defusedxml",
    "httpx",
    "msgspec",
    "pandas",
    "sqlalchemy",
    "tenacity",
)


def loaded_after(code: str) -> set[str]:
    """The top packages that a fresh interpreter has loaded after `code`."""
    text = f"{code}\nimport json, sys\nprint(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, check=True, text=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_loads_no_dependency() -> None:
    loaded = loaded_after("import connectors; dir(connectors); connectors.__version__")

    assert loaded.isdisjoint(HEAVY)
    assert "connectors" in loaded


@pytest.mark.parametrize("service", ["activecampaign", "docusign", "dynamics", "getresponse"])
def test_all_that_completion_offers_is_there(service: str) -> None:
    code = (
        f"from connectors.{service} import calls\n"
        "assert [name for name in dir(calls) if not hasattr(calls, name)] == []"
    )

    assert "connectors" in loaded_after(code)


def test_catching_an_error_loads_no_dependency() -> None:
    assert loaded_after("from connectors import Throttled, DecodeError").isdisjoint(HEAVY)


def test_a_client_with_its_own_transport_loads_no_http_library() -> None:
    code = (
        "from connectors import GetResponseClient, Sandbox\n"
        "box = Sandbox(seed=1)\n"
        "GetResponseClient(box.getresponse.key, transport=box.transport).accounts.get()"
    )

    assert loaded_after(code).isdisjoint({"authlib", "httpx", "pandas", "sqlalchemy", "tenacity"})


@pytest.mark.parametrize("name", connectors.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    value = getattr(connectors, name)

    assert value.__name__ == name
    assert value.__module__.split(".")[0] == "connectors"
    assert value.__doc__


def test_names_are_sorted_unique_and_listed() -> None:
    assert connectors.__all__ == sorted(set(connectors.__all__))
    assert dir(connectors) == sorted([*connectors.__all__, "__version__"])


def test_a_star_import_gives_exactly_the_public_names() -> None:
    scope: dict[str, object] = {}
    exec("from connectors import *", scope)

    assert set(scope) - {"__builtins__"} == set(connectors.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        connectors.Nothing  # noqa: B018
    with pytest.raises(ImportError):
        importlib.import_module("connectors.nothing")


def test_type_checkers_see_the_same_names_from_the_same_places() -> None:
    source = Path(str(connectors.__file__)).read_text(encoding="utf-8")
    seen = {
        alias.name: node.module
        for block in ast.parse(source).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert seen == {name: connectors._HOMES.get(name, "errors") for name in connectors.__all__}


def test_every_error_of_the_ladder_has_a_docstring_and_one_root() -> None:
    ladder = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]

    assert len(ladder) >= 19
    for error in ladder:
        assert issubclass(error, errors.ConnectorsError)
        assert error.__doc__
        assert error.__name__ in str(errors.__doc__) or error is errors.CallError


def test_the_front_door_has_every_error_that_a_call_can_end_with() -> None:
    leaves = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ConnectorsError)
    }

    assert leaves <= set(connectors.__all__)


def test_a_room_can_be_written_without_an_import_of_its_own() -> None:
    code = "import connectors; connectors.errors.NotFound; connectors.dynamics.col('a')"

    assert "connectors" in loaded_after(code)
