"""Typed clients for GetResponse and Dynamics 365, and the integration between them.

Everything here is imported when it is first used: `import connectors` loads no dependency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .core.auth import ClientCredentials, PasswordCredentials, TokenProvider
    from .domain.consent import Consent
    from .domain.mapping import Direction, FieldMap, Rule, Transform
    from .dynamics.aio import AsyncDynamicsClient
    from .dynamics.blocking import DynamicsClient
    from .engine.plans import Plan
    from .engine.report import Report
    from .errors import (
        AnswerLost,
        AuthError,
        BadRequest,
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
        SignatureError,
        StatusError,
        StoreError,
        Throttled,
        TransportError,
        Unauthenticated,
    )
    from .getresponse.aio import AsyncGetResponseClient
    from .getresponse.blocking import GetResponseClient
    from .integrations.getresponse_dynamics.aio import AsyncGetResponseDynamics
    from .integrations.getresponse_dynamics.blocking import GetResponseDynamics
    from .integrations.getresponse_dynamics.settings import Settings
    from .sandbox import Sandbox
    from .stores import SqlStore

# Where a name lives that is not in `errors`.
_HOMES = {
    "AsyncDynamicsClient": "dynamics.aio",
    "AsyncGetResponseClient": "getresponse.aio",
    "AsyncGetResponseDynamics": "integrations.getresponse_dynamics.aio",
    "ClientCredentials": "core.auth",
    "Consent": "domain.consent",
    "Direction": "domain.mapping",
    "DynamicsClient": "dynamics.blocking",
    "FieldMap": "domain.mapping",
    "GetResponseClient": "getresponse.blocking",
    "GetResponseDynamics": "integrations.getresponse_dynamics.blocking",
    "PasswordCredentials": "core.auth",
    "Plan": "engine.plans",
    "Report": "engine.report",
    "Rule": "domain.mapping",
    "Sandbox": "sandbox",
    "Settings": "integrations.getresponse_dynamics.settings",
    "SqlStore": "stores",
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
    "ClientCredentials",
    "ConfigError",
    "Conflict",
    "ConnectorsError",
    "Consent",
    "DecodeError",
    "Direction",
    "DomainError",
    "DynamicsClient",
    "FieldMap",
    "Forbidden",
    "GetResponseClient",
    "GetResponseDynamics",
    "Gone",
    "NotFound",
    "NotSent",
    "PasswordCredentials",
    "Plan",
    "PlanStale",
    "Report",
    "Rule",
    "Sandbox",
    "ServerError",
    "Settings",
    "SignatureError",
    "SqlStore",
    "StatusError",
    "StoreError",
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
