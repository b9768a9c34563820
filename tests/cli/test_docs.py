"""The page about the command line names every command, option and key, and its files are right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import attrs
import click
import pytest
from typer.main import get_command

from connectors import BridgeSettings, Fallback, Settings
from connectors.cli import app
from connectors.connections import (
    ActiveCampaignTable,
    BridgeTable,
    DocuSignTable,
    DynamicsTable,
    GetResponseTable,
    StoreTable,
    load,
)

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


@pytest.mark.parametrize(
    "table",
    [
        StoreTable,
        GetResponseTable,
        DynamicsTable,
        DocuSignTable,
        ActiveCampaignTable,
        BridgeTable,
    ],
)
def test_every_key_is_on_the_page(table: type) -> None:
    for field in attrs.fields(table):
        assert f"`{field.name}`" in TEXT, field.name


def test_the_files_on_the_page_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GETRESPONSE_KEY", "ACTIVECAMPAIGN_KEY", "DOCUSIGN_REFRESH_TOKEN"):
        monkeypatch.setenv(name, "abc")
    for name in ("DOCUSIGN_SIGNING_KEY", "DOCUSIGN_NEXT_SIGNING_KEY"):
        monkeypatch.setenv(name, "abc")
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"
    for name, secret in (("dynamics.secret", "abc\n"), ("docusign.pem", pem)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    whole, sync, docusign, bridge = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "connections.toml"

    path.write_text(whole)
    assert load(path).settings == Settings()
    assert load(path).bridge_settings == BridgeSettings()
    path.write_text(sync)
    # A setting that came later belongs on the page as well.
    told = tomllib.loads(sync)["sync"]
    assert set(told) == {field.name for field in attrs.fields(Settings)}
    assert load(path).settings.block == Settings().block
    path.write_text(docusign)
    assert list(load(path).docusign) == ["sales", "hr"]
    path.write_text(bridge)
    told = tomllib.loads(bridge)["bridge"]
    assert set(told) == {field.name for field in attrs.fields(BridgeTable)}
    assert load(path).bridge_settings.fallback is Fallback.FIELDS
