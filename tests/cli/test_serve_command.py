"""`serve` as far as it goes without a port; `tests/real` has the rest."""

from __future__ import annotations

import builtins
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.cli import _serve, app
from connectors.connections import load
from connectors.sandbox.kernel import SERVICES


class Quiet:
    """A server without a port."""

    def __init__(self, box: Any, port: int, *, services: tuple[str, ...]) -> None:
        self.box, self.services = box, services
        self.url = f"http://127.0.0.1:{port}"
        self.getresponse, self.dynamics = f"{self.url}/getresponse", f"{self.url}/dynamics"
        self.authority = f"{self.url}/login/tenant"
        self.docusign = f"{self.url}/docusign"
        self.docusign_login = f"{self.url}/docusign-login"
        self.activecampaign = f"{self.url}/activecampaign"
        self.activecampaign_events = f"{self.url}/activecampaign-events/event"
        made.append(self)

    def run(self) -> None:
        raise KeyboardInterrupt


made: list[Quiet] = []


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_serve, "Server", Quiet)


def serve(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["serve", *arguments], catch_exceptions=False)


def test_it_says_where_everything_is_and_with_which_credential() -> None:
    done = serve("--contacts", "3")

    box = made[0].box
    assert done.exit_code == 0
    for said in (
        "http://127.0.0.1:8025/getresponse",
        "http://127.0.0.1:8025/dynamics",
        "http://127.0.0.1:8025/login/tenant",
        box.getresponse.key,
        box.dynamics.client_id,
        box.dynamics.client_secret,
        "http://127.0.0.1:8025/docusign-login",
        box.docusign.integration_key,
        "http://127.0.0.1:8025/activecampaign",
        f"-H 'Api-Token: {box.activecampaign.key}'",
        "[getresponse]",
        "curl -H 'X-Auth-Token",
        "/sandbox/faults",
    ):
        assert said in done.stdout
    assert done.stderr == "stopped\n"


def test_it_begins_now_with_people_and_a_list() -> None:
    serve("--contacts", "3")

    box = made[0].box
    assert abs((box.clock.now() - datetime.now(UTC)).total_seconds()) < 60
    assert len(box.dynamics.rows("contact")) == 3
    assert [row["gr_name"] for row in box.dynamics.rows("gr_list")] == ["everyone"]


def test_the_same_seed_has_the_same_credentials() -> None:
    serve("--seed", "4", "--contacts", "0")
    serve("--seed", "4", "--contacts", "0")
    assert made[0].box.getresponse.key == made[1].box.getresponse.key


@pytest.mark.parametrize("service", SERVICES)
def test_one_service_alone(service: str) -> None:
    done = serve(service, "--port", "1234")
    assert made[0].services == (service,)
    assert f"http://127.0.0.1:1234/{service}" in done.stdout
    for other in SERVICES:
        if other != service:
            assert f"http://127.0.0.1:1234/{other}" not in done.stdout


def test_a_connections_file_is_written_with_its_secrets_beside_it() -> None:
    done = serve("--write-config", "here.toml")

    assert "connectors doctor --config here.toml" in done.stdout
    made_from = load("here.toml")
    assert made_from.getresponse is not None and made_from.dynamics is not None
    box = made[0].box
    assert made_from.getresponse.credential() == box.getresponse.key
    assert made_from.docusign["main"].environment == made[0].docusign_login
    assert made_from.activecampaign is not None
    assert made_from.activecampaign.key.value == box.activecampaign.key
    text = Path("here.toml").read_text()
    (signing_key,) = made_from.signing_keys
    pem = box.docusign.private_key.splitlines()[1]
    for secret in (box.getresponse.key, box.dynamics.client_secret, signing_key, pem):
        assert secret not in text
    assert pem in Path("here.docusign").read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(Path("here.getresponse").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("services", "there", "doctor"),
    [
        (("getresponse", "dynamics"), "getresponse", "doctor --config"),
        (("docusign", "activecampaign"), "docusign", "doctor docusign --config"),
    ],
)
def test_a_connections_file_for_two_services_alone(
    services: tuple[str, ...], there: str, doctor: str
) -> None:
    done = serve(*services, "--write-config", "here.toml")

    assert made[0].services == services
    assert f"connectors {doctor} here.toml" in done.stdout
    assert load("here.toml").path == Path("here.toml")
    tables = [line for line in Path("here.toml").read_text().splitlines() if line[:1] == "["]
    assert f"[{there}]" in tables
    assert len(tables) in (3, 4)


def test_envelopes_wait_in_every_state() -> None:
    serve("--envelopes", "4")

    statuses = {one.status for one in made[0].box.docusign.envelopes()}

    assert statuses == {"sent", "delivered", "completed", "declined"}


@pytest.mark.parametrize(
    "there",
    [
        "here.toml",
        "here.getresponse",
        "here.dynamics",
        "here.docusign",
        "here.activecampaign",
        "here.signing",
    ],
)
def test_nothing_is_written_over(there: str) -> None:
    Path(there).write_text("mine")

    done = serve("--write-config", "here.toml")

    assert done.exit_code == 2
    assert Path(there).read_text() == "mine"
    assert made == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("getresponse", "--write-config", "here.toml"),
        ("dynamics", "docusign", "--write-config", "here.toml"),
        ("--write-config", "none/here.toml"),
        ("--port", "65536"),
        ("--contacts", "-1"),
        ("hubspot",),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert serve(*arguments).exit_code == 2
    assert made == []


def test_a_port_that_is_taken_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: Any, **__: Any) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(_serve, "Server", taken)

    done = serve()

    assert done.exit_code == 1


@pytest.mark.parametrize("library", ["starlette", "uvicorn"])
def test_without_the_extra_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    from connectors import Sandbox
    from connectors.sandbox.server import Server

    find = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name.partition(".")[0] == library:
            raise ModuleNotFoundError(f"No module named {library!r}", name=library)
        return find(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", missing)

    with pytest.raises(ModuleNotFoundError) as told:
        Server(Sandbox())

    assert f"needs {library}: pip install 'connectors[web]'" in str(told.value)
