"""The example notebook and the notebook guide, cell by cell as Jupyter would run them.

No Jupyter is needed: a cell is compiled with top-level `await` allowed, and its last expression is
what it shows.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
GUIDE = ROOT / "docs" / "guides" / "notebook.md"


def cells_of_notebook() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def cells_of_guide() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.M | re.S)


async def shown_by(cells: Iterable[str]) -> list[str]:
    """What each cell shows: as HTML where it can, else as text; empty where it shows nothing."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in cells:
        *body, last = ast.parse(cell).body
        value = None
        if isinstance(last, ast.Expr):
            await performed(ast.Module(body, []), "exec", names)
            value = await performed(ast.Expression(last.value), "eval", names)
        else:
            await performed(ast.Module([*body, last], []), "exec", names)
        as_html = getattr(value, "_repr_html_", None)
        shown.append("" if value is None else as_html() if as_html else repr(value))
    return shown


async def performed(tree: ast.Module | ast.Expression, mode: str, names: dict[str, Any]) -> Any:
    code = compile(tree, "<cell>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, names)
    return await value if code.co_flags & inspect.CO_COROUTINE else value


def test_the_notebook_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)

    world, rows, lists, plan, table, report, writes, names = asyncio.run(
        shown_by(cells_of_notebook())
    )

    assert world.startswith("Sandbox(")
    assert rows.count("Contact(") == 3
    assert "create GetResponse list" in lists
    assert "create GetResponse contact" in plan and "must not be e-mailed" in plan
    assert "<table" in table and "must not be e-mailed" in table
    assert "create Dynamics record" in report
    assert writes == "0"
    assert len(ast.literal_eval(names)) == 10


def test_nothing_that_the_notebook_shows_holds_a_whole_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)

    shown = "".join(asyncio.run(shown_by(cells_of_notebook())))

    assert "…@" in shown
    assert not re.search(r"\w@", shown)


def test_the_notebook_is_kept_without_what_a_run_leaves_in_it() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]

    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_the_guide_runs_as_cells_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)

    shown = asyncio.run(shown_by(cells_of_guide()))

    assert "ContactDetails" not in shown[0] and shown[0].startswith("Contact(")
    assert "plan" in shown[5].lower()
    told = capsys.readouterr().out
    assert "applied before" in told or "was applied" in told
    assert "1 × getresponse" in told
