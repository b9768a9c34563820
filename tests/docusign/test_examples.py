"""The examples in the docstrings run as they stand, and the lazy packages keep their promises."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from connectors.docusign import aio, blocking, calls, models

CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    return [
        (name, inspect.getdoc(getattr(package, name)) or "")
        for package in (aio, blocking)
        for name in package.__all__
    ]


@pytest.mark.parametrize(("name", "text"), examples(), ids=[name for name, _ in examples()])
def test_every_class_has_an_example_that_runs(
    name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = CODE.findall(text)

    exec(compile(code, name, "exec"), {"__name__": "example"})

    assert "async" not in code or name.startswith("Async")
    assert capsys.readouterr().err == ""


def public(module: ModuleType) -> set[str]:
    """The names that a module defines."""
    names: set[str] = set()
    for node in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("package", [calls, models], ids=lambda package: package.__name__)
def test_a_package_offers_what_its_modules_define(package: ModuleType) -> None:
    folder = Path(str(package.__file__)).parent
    modules = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    names = {
        name
        for module in modules
        for name in public(importlib.import_module(f"{package.__name__}.{module}"))
    }
    constants = {name for name in dir(package) if name.isupper()}

    assert set(dir(package)) - constants == (names | modules) - constants
    for name in names:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        package.Nothing  # noqa: B018


def test_type_checkers_see_the_same_modules() -> None:
    for package in (calls, models):
        tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf-8"))
        (block,) = [node for node in tree.body if isinstance(node, ast.If)]
        seen = {node.module for node in block.body if isinstance(node, ast.ImportFrom)}
        folder = Path(str(package.__file__)).parent
        assert seen == {p.stem for p in folder.glob("*.py") if not p.stem.startswith("_")}


@pytest.mark.parametrize(("package", "prefix"), [(aio, "Async"), (blocking, "")])
def test_every_noun_is_a_property_of_the_client(package: ModuleType, prefix: str) -> None:
    client = getattr(package, f"{prefix}DocuSignClient")
    nouns = {name for name in package.__all__ if not name.endswith("Client")}
    offered = {
        inspect.signature(value.fget).return_annotation
        for value in vars(client).values()
        if isinstance(value, property) and value.fget and value is not client.demo
    }

    assert offered == nouns
    for noun in nouns:
        assert getattr(package, noun).__name__ == noun


@pytest.mark.parametrize("noun", [name for name in blocking.__all__ if not name.endswith("Client")])
def test_both_worlds_have_the_same_methods(noun: str) -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            name: [str(p).replace("Async", "") for p in inspect.signature(m).parameters.values()]
            for name, m in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    there = methods(getattr(aio, f"Async{noun}"))
    assert there == methods(getattr(blocking, noun))
    for kind in (getattr(aio, f"Async{noun}"), getattr(blocking, noun)):
        for name in there:
            method = getattr(kind, name)
            assert method.__doc__, f"{kind.__name__}.{name}"
            kinds = [p.kind for p in inspect.signature(method).parameters.values()]
            assert kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD) <= 4
            assert inspect.Parameter.VAR_KEYWORD not in kinds


def test_a_first_client_loads_only_the_nouns_that_it_uses() -> None:
    program = """
import json, sys
from connectors import DocuSignClient, TokenProvider
client = DocuSignClient(
    TokenProvider(provide=lambda: "t"),
    account="1",
    base_uri="https://demo.docusign.net",
    transport=lambda *_: (200, {}, b'{"envelopeId": "e"}'),
)
client.envelopes.get("e")
print(json.dumps([name for name in sys.modules if "docusign." in name]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = {name.removeprefix("connectors.docusign.") for name in json.loads(done.stdout)}

    assert {"calls.envelopes", "models.envelopes", "blocking.envelopes"} <= loaded
    others = ("accounts", "connect", "bulk", "webhooks", "xml", "flows", "aio", "events", "views")
    assert not {name for name in loaded for other in others if other in name}
