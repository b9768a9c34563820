"""One world: the services, their common clock, faults and call record, and people to live in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .activecampaign import ActiveCampaign
from .docusign import DocuSign
from .dynamics import Dynamics
from .getresponse import GetResponse
from .kernel import CallLog, Clock, FaultPlan, Service, Transport
from .people import people

SOLUTION = Path(__file__).parent.parent / "integrations" / "getresponse_dynamics" / "solution.toml"


class Sandbox:
    """GetResponse, Dynamics 365, DocuSign and ActiveCampaign in this process: no account, no network.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1, contacts=500)
    with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
        print(client.accounts.get().email)
    ```

    Args:
        seed: makes ids, people and delays repeatable.
        contacts: how many CRM contacts the Dynamics side starts with (0 to 1,000,000).
        start: what the clock shows at first, aware; 2026-03-02 08:00 UTC by default.
        version: newest Web API version of the Dynamics side, "8.2" to "9.2".
        solution: the custom tables, as read from a solution file; the GetResponse tables by default.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        contacts: int = 0,
        start: datetime | None = None,
        version: str = "9.2",
        solution: Mapping[str, Any] | None = None,
    ) -> None:
        self.clock = Clock(start)
        self.calls = CallLog()
        self.faults = FaultPlan()
        tables = solution or tomllib.loads(SOLUTION.read_text(encoding="utf-8"))
        self.getresponse = GetResponse(self.clock, seed=seed)
        self.dynamics = Dynamics(self.clock, seed=seed, version=version, solution=tables)
        self.docusign = DocuSign(self.clock, seed=seed)
        self.activecampaign = ActiveCampaign(self.clock, seed=seed)
        services: list[Service] = [
            self.getresponse,
            self.dynamics,
            self.docusign,
            self.activecampaign,
        ]
        self.transport = Transport(self.clock, lambda: services, self.calls, self.faults)
        for person in people(contacts, seed=seed):
            self.dynamics.add_contact(**person)

    def __repr__(self) -> str:
        return f"Sandbox(now={self.clock.now():%Y-%m-%d %H:%M}, calls={len(self.calls)})"
