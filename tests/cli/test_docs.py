"""The page about the command line names every command, option and key, and its files are right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import attrs
import click
import pytest
from typer.main import get_command

from connectors import Settings
from connectors.cli import app
from connectors.connections import DynamicsTable, GetResponseTable, StoreTable, load

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
TEXT = PAGE.read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    group = get_command(app)
    assert hasattr(group, "commands")
    return dict(group.commands)


@pytest.mark.parametrize("name", ["demo", "doctor", "plan", "run", "serve"])
def test_every_option_is_on_the_page(name: str) -> None:
    assert f"`connectors {name}" in TEXT
    for option in commands()[name].params:
        for word in option.opts:
            if word.startswith("-") and word != "--help":
                assert f"`{word}" in TEXT or f" {word} " in TEXT, f"{name} {word}"


def test_no_other_command_exists() -> None:
    assert set(commands()) == {"demo", "doctor", "plan", "run", "serve"}


@pytest.mark.parametrize("table", [StoreTable, GetResponseTable, DynamicsTable])
def test_every_key_is_on_the_page(table: type) -> None:
    for field in attrs.fields(table):
        assert f"`{field.name}`" in TEXT, field.name


def test_the_file_on_the_page_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETRESPONSE_KEY", "abc")
    (tmp_path / "dynamics.secret").write_text("abc\n")
    (tmp_path / "dynamics.secret").chmod(0o600)
    first, second = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "connections.toml"

    path.write_text(first)
    assert load(path).settings == Settings()
    path.write_text(second)
    # A setting that came later belongs on the page as well.
    told = tomllib.loads(second)["sync"]
    assert set(told) == {field.name for field in attrs.fields(Settings)}
    assert load(path).settings.block == Settings().block
