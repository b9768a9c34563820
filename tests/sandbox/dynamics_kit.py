"""A caller of the Dynamics room with raw HTTP values and no client."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

from connectors.sandbox.dynamics import Dynamics
from connectors.sandbox.kernel import Answer, CallLog, Clock, FaultPlan, Request, Transport

SOLUTION = tomllib.loads(
    (
        Path(__file__).parents[2] / "src/connectors/integrations/getresponse_dynamics/solution.toml"
    ).read_text(encoding="utf-8")
)
FORMATTED = "@OData.Community.Display.V1.FormattedValue"


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON read."""

    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.answer.headers)

    @property
    def json(self) -> Any:
        return json.loads(self.answer.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json["value"]
        return found

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


class Crm:
    """A signed-in caller of one service."""

    def __init__(
        self,
        *,
        version: str = "9.2",
        deployment: Literal["online", "on-premises"] = "online",
        solution: Any = SOLUTION,
    ) -> None:
        self.clock = Clock()
        self.service = Dynamics(
            self.clock, seed=7, version=version, solution=solution, deployment=deployment
        )
        self.calls = CallLog()
        self.transport = Transport(self.clock, lambda: [self.service], self.calls, FaultPlan())
        self.version = version
        self.api = f"{self.service.url}/api/data/v{version}/"
        self.bearer = ""
        if deployment == "online":
            self.sign_in()

    def token(self, path: str = "/oauth2/v2.0/token", **changes: str) -> Reply:
        """Ask the sign-in host for a token; `changes` replace form fields."""
        service = self.service
        form = {
            "grant_type": "client_credentials",
            "client_id": service.client_id,
            "client_secret": service.client_secret,
        }
        if "v2.0" in path:
            form["scope"] = f"{service.url}/.default"
        else:
            form["resource"] = service.url
        request = Request(
            "POST",
            service.authority + path,
            {"content-type": "application/x-www-form-urlencoded"},
            urlencode(form | changes).encode(),
        )
        assert service.serves(request)
        return Reply(service.answer(request))

    def sign_in(self) -> None:
        self.bearer = self.token().json["access_token"]

    def __call__(self, method: str, path: str, body: Any = None, /, **headers: str) -> Reply:
        """One call; headers are given with underscores, `Content-Type` is set for JSON."""
        url = path if path.startswith("http") else self.api + path
        sent = {
            "authorization": f"Bearer {self.bearer}",
            "odata-version": "4.0",
            "odata-maxversion": "4.0",
            "accept": "application/json",
        }
        data = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            sent["content-type"] = "application/json; charset=utf-8"
            data = json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.calls.clear()
        answer = self.transport(method, url, {k: v for k, v in sent.items() if v}, data)
        return Reply(Answer(*answer, next(iter(self.calls)).operation))

    def get(self, path: str, /, **headers: str) -> Reply:
        return self("GET", path, **headers)

    def query(self, entity_set: str, /, prefer: str = "", **options: str) -> Reply:
        """GET with encoded options; their names come without the dollar sign."""
        text = "&".join(f"${k}={quote(v, safe='')}" for k, v in options.items())
        return self("GET", f"{entity_set}?{text}", prefer=prefer)

    def pages(self, path: str, /, **headers: str) -> list[Reply]:
        """All pages, following the next links as they are."""
        found = [self.get(path, **headers)]
        while "@odata.nextLink" in found[-1].json:
            found.append(self.get(found[-1].json["@odata.nextLink"], **headers))
        return found

    def people(self, count: int) -> list[str]:
        """Contacts named First0 … with addresses p0@example.com …"""
        return [
            self.service.add_contact(
                firstname=f"First{i}",
                lastname="Odd" if i % 2 else "Even",
                email=f"p{i}@example.com",
            )
            for i in range(count)
        ]
