"""`connectors serve`: the sandbox on a port of this machine."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..demo.world import generated_world
from ..sandbox import Sandbox
from ..sandbox.kernel import SERVICES
from ..sandbox.server import Server


class Service(StrEnum):
    """What can be served alone."""

    GETRESPONSE = "getresponse"
    DYNAMICS = "dynamics"


def serve(
    service: Annotated[Service | None, typer.Argument(help="One service; both without it.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="On 127.0.0.1; 0 picks a free one.")
    ] = 8025,
    contacts: Annotated[
        int, typer.Option(min=0, max=200_000, help="CRM contacts to begin with.")
    ] = 50,
    seed: Annotated[int, typer.Option(help="Makes ids, keys and people repeatable.")] = 1,
    write_config: Annotated[
        Path | None,
        typer.Option(help="Write a connections file for it, and its secrets beside it."),
    ] = None,
) -> None:
    """Put both services, simulated, on a port of this machine until Ctrl-C."""
    if write_config is not None:
        _check_free(write_config, service)
    box = Sandbox(seed=seed, contacts=contacts, start=datetime.now(UTC))
    generated_world(box)
    try:
        server = Server(box, port, services=SERVICES if service is None else (service.value,))
    except ModuleNotFoundError as missing:
        sys.exit(f"connectors: {missing}")
    except OSError as error:
        sys.exit(f"connectors: port {port}: {error.strerror}; --port 0 picks a free one")
    print(_introduction(box, server, service), flush=True)
    if write_config is not None:
        _write_config(box, server, write_config)
        print(f"\nWritten to {write_config}: connectors doctor --config {write_config}", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


def _introduction(box: Sandbox, server: Server, service: Service | None) -> str:
    lines = [f"The sandbox is at {server.url} until Ctrl-C; its data goes with it.", ""]
    if service is not Service.DYNAMICS:
        lines += [
            "GetResponse",
            f"  host           {server.getresponse}",
            f"  API key        {box.getresponse.key}",
            f"  curl -H 'X-Auth-Token: api-key {box.getresponse.key}' "
            f"{server.getresponse}/v3/accounts",
            f"  client id      {box.getresponse.client_id}",
            f"  client secret  {box.getresponse.client_secret}",
            f"  curl -X POST {server.url}/sandbox/authorize",
            f"  curl -u {box.getresponse.client_id}:{box.getresponse.client_secret} "
            f"-d grant_type=authorization_code -d code=CODE {server.getresponse}/v3/token",
            "",
        ]
    if service is not Service.GETRESPONSE:
        crm = box.dynamics
        lines += [
            "Dynamics",
            f"  url            {server.dynamics}",
            f"  authority      {server.authority}",
            f"  client id      {crm.client_id}",
            f"  client secret  {crm.client_secret}",
            "  token=$(curl -s -d grant_type=client_credentials "
            f"-d client_id={crm.client_id} -d 'client_secret={crm.client_secret}' "
            f"-d scope={server.dynamics}/.default {server.authority}/oauth2/v2.0/token"
            ' | sed \'s/.*"access_token":"\\([^"]*\\).*/\\1/\')',
            "  curl -H \"Authorization: Bearer $token\" -H 'Accept: application/json' "
            "-H 'OData-Version: 4.0' -H 'OData-MaxVersion: 4.0' "
            f"'{server.dynamics}/api/data/v9.2/contacts?$select=fullname,emailaddress1&$top=1'",
            "",
        ]
    lines += [
        "The sandbox itself",
        f"  curl {server.url}/sandbox",
        f"  curl -d '{{\"seconds\": 3600}}' {server.url}/sandbox/advance",
        f'  curl -d \'{{"kind": "lost", "path": "/contacts"}}\' {server.url}/sandbox/faults',
        f"  curl {server.url}/sandbox/faults",
    ]
    if service is None:
        lines += ["", "connections.toml", ""]
        for line in _config(box, server, '{ env = "GR_KEY" }', '{ env = "CRM_SECRET" }'):
            lines.append(f"  {line}".rstrip())
    return "\n".join(lines)


def _config(box: Sandbox, server: Server, key: str, secret: str) -> list[str]:
    return [
        "[store]",
        'url = "sqlite:///sync.db"',
        "",
        "[getresponse]",
        f'host = "{server.getresponse}"',
        f"key = {key}",
        "",
        "[dynamics]",
        f'url = "{server.dynamics}"',
        f'authority = "{server.authority}"',
        f'client_id = "{box.dynamics.client_id}"',
        f"client_secret = {secret}",
    ]


def _secret_paths(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.stem}.getresponse"), path.with_name(f"{path.stem}.dynamics")


def _check_free(path: Path, service: Service | None) -> None:
    """Nothing that is there is written over: it may be somebody's real connections."""
    if service is not None:
        raise typer.BadParameter("a connections file needs both services: name none")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    for file in (path, *_secret_paths(path)):
        if file.exists():
            raise typer.BadParameter(f"{file} exists; name another, or delete it first")


def _write_config(box: Sandbox, server: Server, path: Path) -> None:
    """Write the file and, beside it, its two secrets, which only their owner can read."""
    key, secret = _secret_paths(path)
    config = _config(box, server, f'{{ file = "{key.name}" }}', f'{{ file = "{secret.name}" }}')
    texts = {
        path: "\n".join(config),
        key: box.getresponse.key,
        secret: box.dynamics.client_secret,
    }
    for file, text in texts.items():
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{text}\n")
