"""`connectors serve`: the sandbox on a port of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..demo.world import generated_world
from ..sandbox import Sandbox
from ..sandbox.people import people
from ..sandbox.server import Server
from ._shared import named


class Service(StrEnum):
    """What can be served alone."""

    GETRESPONSE = "getresponse"
    DYNAMICS = "dynamics"
    DOCUSIGN = "docusign"
    ACTIVECAMPAIGN = "activecampaign"


def serve(
    services: Annotated[
        list[Service] | None,
        typer.Argument(parser=named(Service), help="These services; all without them."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="On 127.0.0.1; 0 picks a free one.")
    ] = 8025,
    contacts: Annotated[
        int, typer.Option(min=0, max=200_000, help="CRM contacts to begin with.")
    ] = 50,
    envelopes: Annotated[
        int, typer.Option(min=0, max=10_000, help="DocuSign envelopes to begin with.")
    ] = 10,
    seed: Annotated[int, typer.Option(help="Makes ids, keys and people repeatable.")] = 1,
    write_config: Annotated[
        Path | None,
        typer.Option(help="Write a connections file for it, and its secrets beside it."),
    ] = None,
) -> None:
    """Put the services, simulated, on a port of this machine until Ctrl-C."""
    served = tuple(services or Service)
    if write_config is not None:
        _check_free(write_config, served)
    box = Sandbox(seed=seed, contacts=contacts, start=datetime.now(UTC))
    generated_world(box)
    _send_envelopes(box, envelopes, seed)
    signing_key = box.docusign.add_secret()
    try:
        server = Server(box, port, services=tuple(each.value for each in served))
    except ModuleNotFoundError as missing:
        sys.exit(f"connectors: {missing}")
    except OSError as error:
        sys.exit(f"connectors: port {port}: {error.strerror}; --port 0 picks a free one")
    print(_introduction(box, server, served, signing_key), flush=True)
    if write_config is not None:
        _write_config(box, server, write_config, served, signing_key)
        which = "" if Service.GETRESPONSE in served else " docusign"
        print(f"\nWritten to {write_config}: connectors doctor{which} --config {write_config}")
        sys.stdout.flush()
    try:
        server.run()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)


def _send_envelopes(box: Sandbox, count: int, seed: int) -> None:
    """Envelopes to invented people, one each: some have opened theirs, signed it or declined."""
    signing = box.docusign
    acts = (None, signing.view, signing.sign, signing.decline)
    for number, person in enumerate(people(count, seed=seed), 1):
        name = f"{person['firstname']} {person['lastname']}"
        signer = {"name": name, "email": f"signer{number}@example.com"}
        envelope = signing.send(f"Agreement {number}", [signer])
        act = acts[number % len(acts)]
        if act is not None:
            act(envelope, signer["email"])


def _introduction(box: Sandbox, server: Server, served: Sequence[Service], signing_key: str) -> str:
    lines = [f"The sandbox is at {server.url} until Ctrl-C; its data goes with it.", ""]
    if Service.GETRESPONSE in served:
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
    if Service.DYNAMICS in served:
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
    if Service.DOCUSIGN in served:
        signing = box.docusign
        lines += [
            "DocuSign",
            f"  environment      {server.docusign_login}",
            f"  base URI         {server.docusign}",
            f"  account id       {signing.account_id}",
            f"  integration key  {signing.integration_key}",
            f"  client secret    {signing.client_secret}",
            f"  user id          {signing.user_id}",
            f"  signing key      {signing_key}",
            "  the private key is what --write-config writes",
            "",
        ]
    if Service.ACTIVECAMPAIGN in served:
        marketing = box.activecampaign
        lines += [
            "ActiveCampaign",
            f"  url            {server.activecampaign}",
            f"  API key        {marketing.key}",
            f"  curl -H 'Api-Token: {marketing.key}' {server.activecampaign}/api/3/users/me",
            f"  events         {server.activecampaign_events}",
            f"  actid          {marketing.actid}",
            f"  event key      {marketing.event_key}",
            "",
        ]
    lines += [
        "The sandbox itself",
        f"  curl {server.url}/sandbox",
        f"  curl -d '{{\"seconds\": 3600}}' {server.url}/sandbox/advance",
        f'  curl -d \'{{"kind": "lost", "path": "/contacts"}}\' {server.url}/sandbox/faults',
        f"  curl {server.url}/sandbox/faults",
    ]
    config = _config(box, server, served, _IN_VARIABLES)
    if config:
        lines += ["", "connections.toml", ""]
        lines += [f"  {line}".rstrip() for line in config]
    return "\n".join(lines)


_IN_VARIABLES = {
    "getresponse": '{ env = "GR_KEY" }',
    "dynamics": '{ env = "CRM_SECRET" }',
    "docusign": '{ env = "DOCUSIGN_PRIVATE_KEY" }',
    "activecampaign": '{ env = "ACTIVECAMPAIGN_KEY" }',
    "signing": '{ env = "DOCUSIGN_SIGNING_KEY" }',
}


def _pairs(served: Sequence[Service]) -> tuple[bool, bool]:
    """Whether both services of either integration are served."""
    return (
        {Service.GETRESPONSE, Service.DYNAMICS} <= {*served},
        {Service.DOCUSIGN, Service.ACTIVECAMPAIGN} <= {*served},
    )


def _config(
    box: Sandbox, server: Server, served: Sequence[Service], secrets: Mapping[str, str]
) -> list[str]:
    """The lines of a connections file; none where no integration has both of its services."""
    contacts, envelopes = _pairs(served)
    lines = ["[store]", 'url = "sqlite:///sync.db"'] if contacts or envelopes else []
    if contacts:
        lines += [
            "",
            "[getresponse]",
            f'host = "{server.getresponse}"',
            f"key = {secrets['getresponse']}",
            "",
            "[dynamics]",
            f'url = "{server.dynamics}"',
            f'authority = "{server.authority}"',
            f'client_id = "{box.dynamics.client_id}"',
            f"client_secret = {secrets['dynamics']}",
        ]
    if envelopes:
        lines += [
            "",
            "[docusign]",
            f'environment = "{server.docusign_login}"',
            f'client_id = "{box.docusign.integration_key}"',
            f'user_id = "{box.docusign.user_id}"',
            f"private_key = {secrets['docusign']}",
            "",
            "[activecampaign]",
            f'url = "{server.activecampaign}"',
            f"key = {secrets['activecampaign']}",
            "",
            "[bridge]",
            'url = "https://example.com/docusign"',
            f"signing_keys = [{secrets['signing']}]",
        ]
    return lines


def _secrets(box: Sandbox, served: Sequence[Service], signing_key: str) -> dict[str, str]:
    contacts, envelopes = _pairs(served)
    found = {}
    if contacts:
        found["getresponse"] = box.getresponse.key
        found["dynamics"] = box.dynamics.client_secret
    if envelopes:
        found["docusign"] = box.docusign.private_key
        found["activecampaign"] = box.activecampaign.key
        found["signing"] = signing_key
    return found


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}.{name}")


def _check_free(path: Path, served: Sequence[Service]) -> None:
    """Nothing that is there is written over: it may be somebody's real connections."""
    if not any(_pairs(served)):
        raise typer.BadParameter(
            "a connections file holds getresponse and dynamics, or docusign and activecampaign, or "
            "all: name both, or no service"
        )
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    for file in (path, *(_beside(path, name) for name in _IN_VARIABLES)):
        if file.exists():
            raise typer.BadParameter(f"{file} exists; name another, or delete it first")


def _write_config(
    box: Sandbox, server: Server, path: Path, served: Sequence[Service], signing_key: str
) -> None:
    """Write the file and, beside it, its secrets, which only their owner can read."""
    secrets = _secrets(box, served, signing_key)
    places = {name: f'{{ file = "{_beside(path, name).name}" }}' for name in secrets}
    texts = {path: "\n".join(_config(box, server, served, places))}
    texts |= {_beside(path, name): text for name, text in secrets.items()}
    for file, text in texts.items():
        with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text.rstrip("\n") + "\n")
