"""The arrows between the rooms hold, and the program that proves it sees a wrong one."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "arrows.py"


def load() -> Callable[..., list[str]]:
    spec = importlib.util.spec_from_file_location("arrows", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., list[str]] = module.violations
    return found


violations = load()


def test_no_import_of_the_library_goes_against_the_arrows() -> None:
    assert violations() == []


WRONG = {
    "vendors do not know each other": (
        "docusign/aio.py",
        "from ..dynamics.models import Row",
        "room docusign may not import room dynamics",
    ),
    "nor the domain": (
        "dynamics/models.py",
        "from connectors.domain import plan",
        "room dynamics may not import room domain",
    ),
    "an import for types counts": (
        "core/flow.py",
        "if TYPE_CHECKING:\n    from ..runtime.aio import Driver",
        "room core may not import room runtime",
    ),
    "so does one inside a function": (
        "engine/job.py",
        "def run():\n    import connectors.stores.sql",
        "room engine may not import room stores",
    ),
    "calls are values": (
        "getresponse/calls.py",
        "from ..runtime import aio",
        "room getresponse may not import room runtime in getresponse/calls.py",
    ),
    "the sandbox does not share our mistakes": (
        "sandbox/kernel.py",
        "from ..errors import ConnectorsError",
        "room sandbox may not import room errors",
    ),
    "rooms do not come in by the front door": (
        "integrations/bridge/job.py",
        "from connectors import GetResponseClient",
        "room integrations may not import room connectors",
    ),
    "a room behind the front door is seen": (
        "stores/sql.py",
        "from .. import cli",
        "room stores may not import room cli",
    ),
    "the front door is lazy": (
        "__init__.py",
        "from .errors import ConnectorsError",
        "the front door may import room errors only lazily",
    ),
    "the HTTP library stays behind one file": (
        "runtime/aio.py",
        "import httpx",
        "runtime/aio.py may not import httpx",
    ),
    "a new room needs a row": (
        "attic/things.py",
        "import json",
        "room attic has no row in scripts/arrows.py",
    ),
}


@pytest.mark.parametrize(("file", "source", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_an_import_against_the_arrows_is_reported(
    tmp_path: Path, file: str, source: str, complaint: str
) -> None:
    (tmp_path / "cli.py").touch()
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{source}\n")

    [found] = violations(tmp_path)

    line = len(source.splitlines()) if "may not" in complaint else 1
    assert found == f"{path}:{line}: {complaint}"


def test_lazy_imports_of_the_front_door_and_arrows_the_right_way_pass(tmp_path: Path) -> None:
    files = {
        "__init__.py": "if TYPE_CHECKING:\n    from .stores import SqlStore\n"
        "def __getattr__(name):\n    from . import errors\n",
        "errors.py": "import re\n",
        "stores/__init__.py": "from ..engine.job import Store\nfrom .sql import SqlStore\n",
        "stores/sql.py": "from ..errors import ConnectorsError\nimport sqlalchemy\n",
        "runtime/http.py": "import httpx\nfrom ..core import call\n",
        "cli.py": "from connectors import SqlStore\nfrom .sandbox import world\n",
    }
    for name, source in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    assert violations(tmp_path) == []
