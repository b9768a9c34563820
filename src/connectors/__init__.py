"""Typed clients for GetResponse and Dynamics 365, and the integration between them.

Everything here is imported when it is first used: `import connectors` loads no dependency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.auth import ClientCredentials, PasswordCredentials, TokenProvider
    from .core.policy import Retries
    from .domain.consent import Consent
    from .domain.linking import Match
    from .domain.lists import ListNameRefused
    from .domain.machine import MoveRefused
    from .domain.mapping import Direction, FieldMap, MappingRefused, Rule, Transform
    from .domain.plan import Change
    from .dynamics.aio import AsyncDynamicsClient
    from .dynamics.blocking import DynamicsClient
    from .dynamics.models import Table
    from .engine.plans import Plan
    from .engine.report import Report
    from .errors import (
        AnswerLost,
        AuthError,
        BadRequest,
        CallError,
        ConfigError,
        Conflict,
        ConnectorsError,
        DecodeError,
        DomainError,
        Forbidden,
        Gone,
        NotFound,
        NotSent,
        PlanStale,
        ServerError,
        StatusError,
        StoreError,
        Throttled,
        TransportError,
        Unauthenticated,
    )
    from .getresponse.aio import AsyncGetResponseClient
    from .getresponse.blocking import GetResponseClient
    from .getresponse.models import CampaignId, ContactId
    from .integrations.getresponse_dynamics.aio import AsyncGetResponseDynamics
    from .integrations.getresponse_dynamics.blocking import GetResponseDynamics
    from .integrations.getresponse_dynamics.checks import Check
    from .integrations.getresponse_dynamics.settings import Settings
    from .integrations.getresponse_dynamics.solution import ContactRecord, DeadLetter, ListRecord
    from .sandbox import Sandbox
    from .stores import SqlStore

# Where a name lives that is not in `errors`.
_HOMES = {
    "AsyncDynamicsClient": "dynamics.aio",
    "AsyncGetResponseClient": "getresponse.aio",
    "AsyncGetResponseDynamics": "integrations.getresponse_dynamics.aio",
    "CampaignId": "getresponse.models",
    "Change": "domain.plan",
    "Check": "integrations.getresponse_dynamics.checks",
    "ClientCredentials": "core.auth",
    "Consent": "domain.consent",
    "ContactId": "getresponse.models",
    "ContactRecord": "integrations.getresponse_dynamics.solution",
    "DeadLetter": "integrations.getresponse_dynamics.solution",
    "Direction": "domain.mapping",
    "DynamicsClient": "dynamics.blocking",
    "FieldMap": "domain.mapping",
    "GetResponseClient": "getresponse.blocking",
    "GetResponseDynamics": "integrations.getresponse_dynamics.blocking",
    "ListNameRefused": "domain.lists",
    "ListRecord": "integrations.getresponse_dynamics.solution",
    "MappingRefused": "domain.mapping",
    "Match": "domain.linking",
    "MoveRefused": "domain.machine",
    "PasswordCredentials": "core.auth",
    "Plan": "engine.plans",
    "Report": "engine.report",
    "Retries": "core.policy",
    "Rule": "domain.mapping",
    "Sandbox": "sandbox",
    "Settings": "integrations.getresponse_dynamics.settings",
    "SqlStore": "stores",
    "Table": "dynamics.models",
    "TokenProvider": "core.auth",
    "Transform": "domain.mapping",
}

__all__ = [
    "AnswerLost",
    "AsyncDynamicsClient",
    "AsyncGetResponseClient",
    "AsyncGetResponseDynamics",
    "AuthError",
    "BadRequest",
    "CallError",
    "CampaignId",
    "Change",
    "Check",
    "ClientCredentials",
    "ConfigError",
    "Conflict",
    "ConnectorsError",
    "Consent",
    "ContactId",
    "ContactRecord",
    "DeadLetter",
    "DecodeError",
    "Direction",
    "DomainError",
    "DynamicsClient",
    "FieldMap",
    "Forbidden",
    "GetResponseClient",
    "GetResponseDynamics",
    "Gone",
    "ListNameRefused",
    "ListRecord",
    "MappingRefused",
    "Match",
    "MoveRefused",
    "NotFound",
    "NotSent",
    "PasswordCredentials",
    "Plan",
    "PlanStale",
    "Report",
    "Retries",
    "Rule",
    "Sandbox",
    "ServerError",
    "Settings",
    "SqlStore",
    "StatusError",
    "StoreError",
    "Table",
    "Throttled",
    "TokenProvider",
    "Transform",
    "TransportError",
    "Unauthenticated",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'connectors' has no attribute {name!r}")
    home = import_module(f".{_HOMES.get(name, 'errors')}", __name__)
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
