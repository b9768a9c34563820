"""The sandbox on a port: the command as a process, our clients over sockets, recordings of them."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx
import pytest
from typer.testing import CliRunner

from connectors import (
    AnswerLost,
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    AuthorizationCode,
    GetResponseClient,
    Sandbox,
)
from connectors.cli import _serve, app
from connectors.connections import Connections, load
from connectors.dynamics.models import CONTACTS
from connectors.runtime import http
from connectors.sandbox import Clock, Fault
from connectors.sandbox.server import Server
from connectors.testing.cassettes import pseudonym, recorder

MAIN = [sys.executable, "-W", "error", "-c", "from connectors.cli import main; main()"]
ANNA = "anna.canary@canary.example"


@contextmanager
def serving(*more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and what it said until it was ready."""
    with subprocess.Popen(
        [*MAIN, "serve", "--port", "0", "--write-config", "connections.toml", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("Written to "):
                    break
            yield process, said
        finally:
            process.kill()


def post(url: str, told: object) -> bytes:
    with urlopen(url, json.dumps(told).encode()) as answer:
        body: bytes = answer.read()
        return body


def ask(url: str) -> bytes:
    with urlopen(url) as answer:
        body: bytes = answer.read()
        return body


@pytest.mark.skipif(
    sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one child"
)
def test_a_served_world_is_synchronised_by_the_command_though_somebody_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serving("--contacts", "20") as (server, said):
        found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", said)
        assert found
        told = json.dumps({"kind": "slow", "path": "/v3/campaigns", "seconds": 60}).encode()
        urlopen(f"{found[0]}/sandbox/faults", told).close()
        with subprocess.Popen(
            [*MAIN, "run", "-c", "connections.toml"], stderr=subprocess.PIPE, text=True
        ) as stopped:
            while stopped.poll() is None and b"campaigns" not in ask(f"{found[0]}/sandbox"):
                time.sleep(0.05)
            stopped.send_signal(signal.SIGINT)
            _, errors = stopped.communicate(timeout=10)
        assert stopped.returncode == 130, errors
        assert errors == "stopped; the sync store is whole, and the next run goes on\n"

        done = subprocess.run([*MAIN, "run", "--json"], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        lists, contacts = json.loads(done.stdout)["reports"]
        assert lists["done"] == {"create GetResponse list": 1}
        assert contacts["done"]["create GetResponse contact"] > 15
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=10)
    assert server.returncode == 0
    assert errors == "stopped\n"


# --- in this process -------------------------------------------------------------------------


@pytest.fixture
def box() -> Sandbox:
    """Somebody who is on both sides."""
    box = Sandbox(seed=1)
    box.dynamics.add_contact(firstname="Anna", lastname="Canary", email=ANNA)
    box.getresponse.sign_up(box.getresponse.add_campaign("news"), ANNA, "Anna Canary")
    return box


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def connected(box: Sandbox, server: Server) -> Connections:
    """A connections file for a server, read."""
    _serve._write_config(box, server, Path("connections.toml"), tuple(_serve.Service), "a-key")
    return load()


def test_envelopes_of_a_served_world_become_contacts_by_the_command(here: Path) -> None:
    box = Sandbox(seed=1, start=datetime.now(UTC))
    envelope = box.docusign.send("Lease", [ANNA])
    # ActiveCampaign takes 5 calls a second: with few nobody waits for long.
    for tag in ("docusign-integration", "docusign-integration-DocuSign_Envelope_Sent"):
        box.activecampaign.add_tag(tag)
    with Server(box, services=("docusign", "activecampaign")) as server:
        connected(box, server)
        with open("connections.toml", "a") as file:
            file.write('records = false\nactions = ["sent"]\n')
        for words in ("setup", f"envelope {envelope}"):
            done = CliRunner().invoke(app, f"run docusign {words}".split())
            assert done.exit_code == 0, done.output

    contact = box.activecampaign.contact_by_email(ANNA)
    assert contact is not None
    assert len(box.activecampaign.tags_of(contact["id"])) == 2


def test_an_answer_that_is_lost_is_lost_to_a_client_too(box: Sandbox, here: Path) -> None:
    with Server(box) as server, connected(box, server).dynamics_client() as crm:
        crm.who_am_i()
        rows = crm.table(CONTACTS)
        box.faults.add(Fault("lost", service="dynamics", method="POST"))
        with pytest.raises(AnswerLost):
            rows.create({"lastname": "Once"})
        assert rows.list(filter="lastname eq 'Once'").first() is not None


def test_a_server_that_ended_leaves_its_port(box: Sandbox) -> None:
    with Server(box) as first, pytest.raises(OSError):
        Server(box, first.port)
    with Server(box, first.port) as second:
        assert second.port == first.port


def test_a_client_signs_in_with_a_code_from_the_port(box: Sandbox) -> None:
    account = box.getresponse
    with Server(box) as server:
        told = json.loads(
            post(f"{server.url}/sandbox/authorize", {"redirect_uri": "http://x/back"})
        )
        credential = AuthorizationCode(
            client_id=account.client_id,
            client_secret=account.client_secret,
            code=told["code"],
            redirect_uri=told["redirect_uri"],
        )
        with GetResponseClient(credential, host=server.getresponse) as client:
            assert client.accounts.get().account_id == account.account_id


def test_an_answer_that_is_slow_on_a_port_runs_into_the_timeout(box: Sandbox) -> None:
    with Server(box) as server:
        post(f"{server.url}/sandbox/faults", {"kind": "slow", "seconds": 2, "method": "POST"})
        client = GetResponseClient(box.getresponse.key, host=server.getresponse, timeout=0.2)
        with client, pytest.raises(AnswerLost):
            client.campaigns.create("slow")


# --- recordings ------------------------------------------------------------------------------

Seen = list[tuple[str | None, str | None]]


def look(connections: Connections) -> Seen:
    """What a program does with both services; the blocking one."""
    with connections.getresponse_client() as gr, connections.dynamics_client() as crm:
        seen: Seen = [(contact.email, contact.name) for contact in gr.contacts.list()]
        rows = crm.contacts.list(filter=f"emailaddress1 eq '{ANNA}' and lastname eq 'Canary'")
        (row,) = list(rows)
        seen.append((row.email, row.full_name))
        crm.contacts.update(row.contact_id, {"firstname": "Anna", "emailaddress1": ANNA})
        return seen


def look_async(connections: Connections) -> Seen:
    """The same, async."""

    async def main() -> Seen:
        account, environment = connections.getresponse, connections.dynamics
        assert account is not None and environment is not None
        async with (
            AsyncGetResponseClient(account.credential(), host=account.host) as gr,
            AsyncDynamicsClient(environment.url, environment.credential()) as crm,
        ):
            seen: Seen = [(c.email, c.name) async for c in gr.contacts.list()]
            rows = crm.contacts.list(filter=f"emailaddress1 eq '{ANNA}' and lastname eq 'Canary'")
            (row,) = [row async for row in rows]
            seen.append((row.email, row.full_name))
            await crm.contacts.update(row.contact_id, {"firstname": "Anna", "emailaddress1": ANNA})
            return seen

    return asyncio.run(main())


@pytest.fixture(params=["httpx", "httpx2"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each HTTP library that is there."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setenv("CONNECTORS_HTTP_BACKEND", request.param)
    caches = [each for each in vars(http).values() if hasattr(each, "cache_clear")]
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("act", [look, look_async], ids=["blocking", "async"])
def test_a_recording_plays_without_the_server_and_holds_nobody(
    box: Sandbox, here: Path, act: Any
) -> None:
    recordings = recorder(here / "cassettes")
    with Server(box) as server:
        connections = connected(box, server)
        with recordings.use_cassette("look"):
            true = act(connections)
    assert true == [(ANNA, "Anna Canary"), (ANNA, "Anna Canary")]

    calls = len(box.calls)
    with recordings.use_cassette("look") as cassette:
        played = act(connections)

    assert cassette.all_played
    assert len(box.calls) == calls
    listed, looked_up = played
    assert listed == (pseudonym(ANNA), pseudonym("Anna Canary"))
    assert looked_up == (ANNA, pseudonym("Anna Canary"))  # the request named her
    text = (here / "cassettes" / "look.yaml").read_text()
    crm = box.dynamics
    for secret in ("anary", box.getresponse.key, crm.client_secret, *crm.tokens):
        assert secret not in text
    assert "client_secret=REDACTED" in text and '"access_token":"REDACTED"' in text


def test_hosts_of_accounts_can_be_left_out_and_come_back(box: Sandbox, here: Path) -> None:
    with Server(box) as server:
        connections = connected(box, server)
        recordings = recorder(here, domains=[f"127.0.0.1:{server.port}"])
        with recordings.use_cassette("look"):
            look(connections)
    with recordings.use_cassette("look") as cassette:
        look(connections)
    assert cassette.all_played
    assert "127.0.0.1" not in (here / "look.yaml").read_text()
    assert str(server.port) not in (here / "look.yaml").read_text()


class InNoTime:
    """As docs/testing.md has it: a transport that plays cassettes in a time of its own."""

    def __init__(self) -> None:
        self.clock = Clock()

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        answer = httpx.request(method, url, headers=headers, content=body)
        return answer.status_code, answer.headers, answer.content


def test_somebody_is_looked_up_by_the_true_address_without_waiting(
    box: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = box.getresponse
    account.visible_after = 4.0
    news = account.campaigns()[0].id

    def look_up(client: GetResponseClient) -> list[Any]:
        made = client.contacts.create_and_wait(news, "bo@canary.example", name="Bo")
        found = client.contacts.find(news, ANNA)
        sender = client.from_fields.find(account.account_email)
        return [made and made.email, found and found.email, sender and sender.email]

    recordings = recorder(here)
    with Server(box) as server:
        monkeypatch.setattr(time, "sleep", lambda seconds: box.clock.sleep(seconds))
        with (
            recordings.use_cassette("look"),
            GetResponseClient(account.key, host=server.getresponse) as client,
        ):
            true = look_up(client)
        monkeypatch.undo()
    assert true == ["bo@canary.example", ANNA, account.account_email]

    began = time.monotonic()
    with (
        recordings.use_cassette("look"),
        GetResponseClient("any", host=server.getresponse, transport=InNoTime()) as client,
    ):
        assert look_up(client) == true
    assert time.monotonic() - began < 4
