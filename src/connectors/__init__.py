"""Typed clients for GetResponse and Dynamics 365, and the integration between them.

Everything here is imported when it is first used: `import connectors` loads no dependency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.auth import (
        AuthorizationCode,
        ClientCredentials,
        PasswordCredentials,
        RefreshToken,
        TokenCache,
        TokenProvider,
    )
    from .core.call import Reply, WriteClass
    from .core.observe import Attempt, Hook
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
    from .runtime.tokens import FileTokenCache, MemoryTokenCache
    from .sandbox import Sandbox
    from .stores import SqlStore

# Where a name lives that is not in `errors`.
_HOMES = {
    "AsyncDynamicsClient": "dynamics.aio",
    "AsyncGetResponseClient": "getresponse.aio",
    "AsyncGetResponseDynamics": "integrations.getresponse_dynamics.aio",
    "Attempt": "core.observe",
    "AuthorizationCode": "core.auth",
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
    "FileTokenCache": "runtime.tokens",
    "GetResponseClient": "getresponse.blocking",
    "GetResponseDynamics": "integrations.getresponse_dynamics.blocking",
    "Hook": "core.observe",
    "ListNameRefused": "domain.lists",
    "ListRecord": "integrations.getresponse_dynamics.solution",
    "MappingRefused": "domain.mapping",
    "Match": "domain.linking",
    "MemoryTokenCache": "runtime.tokens",
    "MoveRefused": "domain.machine",
    "PasswordCredentials": "core.auth",
    "Plan": "engine.plans",
    "RefreshToken": "core.auth",
    "Reply": "core.call",
    "Report": "engine.report",
    "Retries": "core.policy",
    "Rule": "domain.mapping",
    "Sandbox": "sandbox",
    "Settings": "integrations.getresponse_dynamics.settings",
    "SqlStore": "stores",
    "Table": "dynamics.models",
    "TokenCache": "core.auth",
    "TokenProvider": "core.auth",
    "Transform": "domain.mapping",
    "WriteClass": "core.call",
}

__all__ = [
    "AnswerLost",
    "AsyncDynamicsClient",
    "AsyncGetResponseClient",
    "AsyncGetResponseDynamics",
    "Attempt",
    "AuthError",
    "AuthorizationCode",
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
    "FileTokenCache",
    "Forbidden",
    "GetResponseClient",
    "GetResponseDynamics",
    "Gone",
    "Hook",
    "ListNameRefused",
    "ListRecord",
    "MappingRefused",
    "Match",
    "MemoryTokenCache",
    "MoveRefused",
    "NotFound",
    "NotSent",
    "PasswordCredentials",
    "Plan",
    "PlanStale",
    "RefreshToken",
    "Reply",
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
    "TokenCache",
    "TokenProvider",
    "Transform",
    "TransportError",
    "Unauthenticated",
    "WriteClass",
]
# What may be written as `connectors.dynamics.col` without an import of its own.
_ROOMS = {"connections", "dynamics", "errors", "getresponse", "sandbox"}
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f".{name}", __name__)
    if name not in __all__:
        raise AttributeError(f"module 'connectors' has no attribute {name!r}")
    home = import_module(f".{_HOMES.get(name, 'errors')}", __name__)
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
