"""Typed clients for DocuSign, ActiveCampaign, GetResponse and Dynamics 365, and what ties them.

Everything here is imported when it is first used: `import connectors` loads no dependency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .activecampaign.aio import (
        AsyncActiveCampaignClient,
    )
    from .activecampaign.blocking import (
        ActiveCampaignClient,
    )
    from .core.auth import (
        AuthorizationCode,
        ClientCredentials,
        JwtBearer,
        PasswordCredentials,
        RefreshToken,
        TokenCache,
        TokenProvider,
    )
    from .core.call import (
        Reply,
        WriteClass,
    )
    from .core.observe import (
        Attempt,
        Hook,
    )
    from .core.policy import (
        Retries,
    )
    from .docusign.aio import (
        AsyncDocuSignClient,
    )
    from .docusign.blocking import (
        DocuSignClient,
    )
    from .domain.consent import (
        Consent,
    )
    from .domain.envelopes import (
        Action,
    )
    from .domain.field_mapping import (
        ContactRule,
    )
    from .domain.linking import (
        Match,
    )
    from .domain.lists import (
        ListNameRefused,
    )
    from .domain.machine import (
        MoveRefused,
    )
    from .domain.mapping import (
        Direction,
        FieldMap,
        MappingRefused,
        Rule,
        Transform,
    )
    from .domain.personalisation import (
        Part,
        PersonalisationRefused,
    )
    from .domain.plan import (
        Change,
    )
    from .domain.prefill import (
        PrefillTemplate,
        TemplateRule,
        TemplateShape,
    )
    from .domain.tagging import (
        Tagging,
        TagRefused,
        TagRule,
    )
    from .domain.triggers import (
        AddToAutomation,
        Automation,
        AutomationRefused,
        Callback,
        Comparison,
        RecordCreated,
        RecordUpdated,
        Segment,
        TagAdded,
    )
    from .dynamics.aio import (
        AsyncDynamicsClient,
    )
    from .dynamics.blocking import (
        DynamicsClient,
    )
    from .dynamics.models import (
        Table,
    )
    from .engine.plans import (
        Plan,
    )
    from .engine.report import (
        Check,
        Report,
    )
    from .errors import (
        AnswerLost,
        AuthError,
        BadRequest,
        CallError,
        ConfigError,
        Conflict,
        ConnectorsError,
        ConsentRequired,
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
    from .getresponse.aio import (
        AsyncGetResponseClient,
    )
    from .getresponse.blocking import (
        GetResponseClient,
    )
    from .getresponse.models import (
        CampaignId,
        ContactId,
    )
    from .integrations.docusign_activecampaign.aio import (
        AsyncDocuSignActiveCampaign,
        GivenUp,
    )
    from .integrations.docusign_activecampaign.blocking import (
        DocuSignActiveCampaign,
    )
    from .integrations.docusign_activecampaign.firing import (
        Fired,
        Firing,
    )
    from .integrations.docusign_activecampaign.receiving import (
        Receipt,
        Received,
    )
    from .integrations.docusign_activecampaign.records import (
        DocuSignRecord,
    )
    from .integrations.docusign_activecampaign.settings import (
        BridgeSettings,
        Fallback,
    )
    from .integrations.docusign_activecampaign.setups import (
        Preview,
    )
    from .integrations.getresponse_dynamics.aio import (
        AsyncGetResponseDynamics,
    )
    from .integrations.getresponse_dynamics.blocking import (
        GetResponseDynamics,
    )
    from .integrations.getresponse_dynamics.settings import (
        Settings,
    )
    from .integrations.getresponse_dynamics.solution import (
        ContactRecord,
        DeadLetter,
        ListRecord,
    )
    from .runtime.tokens import (
        FileTokenCache,
        MemoryTokenCache,
    )
    from .sandbox import (
        Sandbox,
    )
    from .stores import (
        SqlStore,
    )

# Where a name lives that is not in `errors`.
_HOMES = {
    "Action": "domain.envelopes",
    "ActiveCampaignClient": "activecampaign.blocking",
    "AddToAutomation": "domain.triggers",
    "AsyncActiveCampaignClient": "activecampaign.aio",
    "AsyncDocuSignActiveCampaign": "integrations.docusign_activecampaign.aio",
    "AsyncDocuSignClient": "docusign.aio",
    "AsyncDynamicsClient": "dynamics.aio",
    "AsyncGetResponseClient": "getresponse.aio",
    "AsyncGetResponseDynamics": "integrations.getresponse_dynamics.aio",
    "Attempt": "core.observe",
    "AuthorizationCode": "core.auth",
    "Automation": "domain.triggers",
    "AutomationRefused": "domain.triggers",
    "BridgeSettings": "integrations.docusign_activecampaign.settings",
    "Callback": "domain.triggers",
    "CampaignId": "getresponse.models",
    "Change": "domain.plan",
    "Check": "engine.report",
    "ClientCredentials": "core.auth",
    "Comparison": "domain.triggers",
    "Consent": "domain.consent",
    "ContactId": "getresponse.models",
    "ContactRecord": "integrations.getresponse_dynamics.solution",
    "ContactRule": "domain.field_mapping",
    "DeadLetter": "integrations.getresponse_dynamics.solution",
    "Direction": "domain.mapping",
    "DocuSignActiveCampaign": "integrations.docusign_activecampaign.blocking",
    "DocuSignClient": "docusign.blocking",
    "DocuSignRecord": "integrations.docusign_activecampaign.records",
    "DynamicsClient": "dynamics.blocking",
    "Fallback": "integrations.docusign_activecampaign.settings",
    "FieldMap": "domain.mapping",
    "FileTokenCache": "runtime.tokens",
    "Fired": "integrations.docusign_activecampaign.firing",
    "Firing": "integrations.docusign_activecampaign.firing",
    "GetResponseClient": "getresponse.blocking",
    "GetResponseDynamics": "integrations.getresponse_dynamics.blocking",
    "GivenUp": "integrations.docusign_activecampaign.aio",
    "Hook": "core.observe",
    "JwtBearer": "core.auth",
    "ListNameRefused": "domain.lists",
    "ListRecord": "integrations.getresponse_dynamics.solution",
    "MappingRefused": "domain.mapping",
    "Match": "domain.linking",
    "MemoryTokenCache": "runtime.tokens",
    "MoveRefused": "domain.machine",
    "Part": "domain.personalisation",
    "PasswordCredentials": "core.auth",
    "PersonalisationRefused": "domain.personalisation",
    "Plan": "engine.plans",
    "PrefillTemplate": "domain.prefill",
    "Preview": "integrations.docusign_activecampaign.setups",
    "Receipt": "integrations.docusign_activecampaign.receiving",
    "Received": "integrations.docusign_activecampaign.receiving",
    "RecordCreated": "domain.triggers",
    "RecordUpdated": "domain.triggers",
    "RefreshToken": "core.auth",
    "Reply": "core.call",
    "Report": "engine.report",
    "Retries": "core.policy",
    "Rule": "domain.mapping",
    "Sandbox": "sandbox",
    "Segment": "domain.triggers",
    "Settings": "integrations.getresponse_dynamics.settings",
    "SqlStore": "stores",
    "Table": "dynamics.models",
    "TagAdded": "domain.triggers",
    "TagRefused": "domain.tagging",
    "TagRule": "domain.tagging",
    "Tagging": "domain.tagging",
    "TemplateRule": "domain.prefill",
    "TemplateShape": "domain.prefill",
    "TokenCache": "core.auth",
    "TokenProvider": "core.auth",
    "Transform": "domain.mapping",
    "WriteClass": "core.call",
}

__all__ = [
    "Action",
    "ActiveCampaignClient",
    "AddToAutomation",
    "AnswerLost",
    "AsyncActiveCampaignClient",
    "AsyncDocuSignActiveCampaign",
    "AsyncDocuSignClient",
    "AsyncDynamicsClient",
    "AsyncGetResponseClient",
    "AsyncGetResponseDynamics",
    "Attempt",
    "AuthError",
    "AuthorizationCode",
    "Automation",
    "AutomationRefused",
    "BadRequest",
    "BridgeSettings",
    "CallError",
    "Callback",
    "CampaignId",
    "Change",
    "Check",
    "ClientCredentials",
    "Comparison",
    "ConfigError",
    "Conflict",
    "ConnectorsError",
    "Consent",
    "ConsentRequired",
    "ContactId",
    "ContactRecord",
    "ContactRule",
    "DeadLetter",
    "DecodeError",
    "Direction",
    "DocuSignActiveCampaign",
    "DocuSignClient",
    "DocuSignRecord",
    "DomainError",
    "DynamicsClient",
    "Fallback",
    "FieldMap",
    "FileTokenCache",
    "Fired",
    "Firing",
    "Forbidden",
    "GetResponseClient",
    "GetResponseDynamics",
    "GivenUp",
    "Gone",
    "Hook",
    "JwtBearer",
    "ListNameRefused",
    "ListRecord",
    "MappingRefused",
    "Match",
    "MemoryTokenCache",
    "MoveRefused",
    "NotFound",
    "NotSent",
    "Part",
    "PasswordCredentials",
    "PersonalisationRefused",
    "Plan",
    "PlanStale",
    "PrefillTemplate",
    "Preview",
    "Receipt",
    "Received",
    "RecordCreated",
    "RecordUpdated",
    "RefreshToken",
    "Reply",
    "Report",
    "Retries",
    "Rule",
    "Sandbox",
    "Segment",
    "ServerError",
    "Settings",
    "SignatureError",
    "SqlStore",
    "StatusError",
    "StoreError",
    "Table",
    "TagAdded",
    "TagRefused",
    "TagRule",
    "Tagging",
    "TemplateRule",
    "TemplateShape",
    "Throttled",
    "TokenCache",
    "TokenProvider",
    "Transform",
    "TransportError",
    "Unauthenticated",
    "WriteClass",
]
# What may be written as `connectors.dynamics.col` without an import of its own.
_ROOMS = {
    "activecampaign",
    "connections",
    "docusign",
    "dynamics",
    "errors",
    "getresponse",
    "sandbox",
}
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
