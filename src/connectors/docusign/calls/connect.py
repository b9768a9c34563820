"""Connect: configurations, keys, deliveries and their repetition.

All of it needs an administrator of the account, and Connect on its plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from ...core.call import Call, Pages, WriteClass
from ...core.given import ids, named, path
from ...core.wire import Names, parse
from ...errors import ConfigError, DecodeError, NotFound
from ..models.accounts import UserStatus
from ..models.connect import (
    ConnectConfiguration,
    ConnectLog,
    ConnectOAuth,
    ConnectSecret,
    ConnectUser,
    DebugEntry,
    HistoricalPublish,
    Republished,
)
from ..reading import DocuSignReader
from ._connect import configuration_body, new_secret, read_configuration, read_secrets
from ._parts import PAGE_SIZE, call, deletion, nothing, pages
from .accounts import user_statuses

MOST_HISTORICAL = 9_999
"""Envelopes that can be published anew in an hour."""


@frozen(kw_only=True)
class _Logs:
    logs: tuple[ConnectLog, ...] = ()
    failures: tuple[ConnectLog, ...] = ()


@frozen(kw_only=True)
class _Queue:
    retry_queue: tuple[Republished, ...] = ()


@frozen(kw_only=True)
class _Users:
    users: tuple[ConnectUser, ...] = ()


_LOG_NAMES: Names = {
    ConnectLog: {"url": "configUrl", "created_at": "created", "steps": "connectDebugLog"},
    DebugEntry: {
        "at": "eventDateTime",
        "description": "eventDescription",
        "configuration": "connectConfig",
    },
}

_logs = DocuSignReader.of(_Logs, _LOG_NAMES)
_log = DocuSignReader.of(ConnectLog, _LOG_NAMES)
_queue = DocuSignReader.of(
    _Queue,
    {Republished: {"connect_id": "configId", "url": "configUrl", "message": "statusMessage"}},
)
_users = DocuSignReader.of(_Users, {ConnectUser: {"name": "userName", "status": "userStatus"}})
_oauth = DocuSignReader.of(ConnectOAuth)
_historical = DocuSignReader.of(
    HistoricalPublish,
    {
        HistoricalPublish: {
            "transaction_id": "envelopePublishTransactionId",
            "status": "processingStatus",
            "envelopes": "envelopeCount",
            "submitted": "submittedForPublishingEnvelopeCount",
            "processed": "processedEnvelopeCount",
            "without_action": "noActionRequiredEnvelopeCount",
            "errors": "errorCount",
            "file_errors": "fileLevelErrors",
            "submitted_at": "submissionDate",
        }
    },
)


# --- configurations --------------------------------------------------------------------------


def list_connect_configurations() -> Call[tuple[ConnectConfiguration, ...]]:
    """All configurations of the account; it has 20 at most, so there are no pages."""
    return call(
        "connect.list",
        "GET",
        "connect",
        lambda r: _configurations(r.body),
    )


def get_connect_configuration(connect_id: str) -> Call[ConnectConfiguration]:
    """One configuration."""
    where = path("connect", connect_id)
    return call("connect.get", "GET", where, lambda r: _only(_configurations(r.body)))


def create_connect_configuration(
    configuration: ConnectConfiguration,
) -> Call[ConnectConfiguration]:
    """Create a configuration; `ConnectConfiguration.recommended` makes one that loses nothing.

    Raises:
        ConfigError: no name, no https URL, no event or one in a wrong form, nobody to watch, or
            one that exists already.
    """
    if configuration.connect_id:
        raise ConfigError("this Connect configuration has an id already: update it")
    body = {name: each for name, each in configuration_body(configuration).items() if each != []}
    return call(
        "connect.create",
        "POST",
        "connect",
        lambda r: read_configuration(parse(r.body)),
        body=body,
        write_class=WriteClass.MARKED,
    )


def update_connect_configuration(
    configuration: ConnectConfiguration,
) -> Call[ConnectConfiguration]:
    """Replace a configuration by this one, which must have been read: what is not in the body may
    be reset, so all that DocuSign said of it is sent back, also what is not known here.

    Raises:
        ConfigError: as `create_connect_configuration`, or it has no id.
    """
    if not configuration.connect_id:
        raise ConfigError("this Connect configuration has no id: read it first, or create it")
    return call(
        "connect.update",
        "PUT",
        "connect",
        lambda r: read_configuration(parse(r.body)) if r.body.strip() else configuration,
        body=configuration_body(configuration),
    )


def delete_connect_configuration(connect_id: str) -> Call[None]:
    """Delete a configuration; one that is gone already counts as deleted."""
    return deletion("connect.delete", path("connect", connect_id))


def _configurations(body: bytes) -> tuple[ConnectConfiguration, ...]:
    answer = parse(body)
    rows = answer.get("configurations") or [] if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise DecodeError("expected an object with a list `configurations`")
    return tuple(read_configuration(row) for row in rows)


def _only(found: tuple[ConnectConfiguration, ...]) -> ConnectConfiguration:
    if not found:
        raise NotFound("the answer holds no configuration", status=200)
    return found[0]


# --- whom a configuration watches ------------------------------------------------------------


def list_connect_users(
    connect_id: str,
    *,
    included_only: bool | None = None,
    email: str | None = None,
    name: str | None = None,
    statuses: Iterable[UserStatus | str] = (),
    page_size: int = PAGE_SIZE,
) -> Pages[ConnectUser]:
    """The users that a configuration watches; `email` and `name` may be parts."""
    query = [
        ("list_included_users", included_only),
        ("email_substring", email),
        ("user_name_substring", name),
        ("status", user_statuses(statuses)),
    ]
    where = path("connect", connect_id, "users")
    return pages("connect.users", where, lambda b: _users.one(b).users, query, page_size)


def list_connect_candidates(
    connect_id: str,
    *,
    domain_users_only: bool | None = None,
    email: str | None = None,
    name: str | None = None,
    statuses: Iterable[UserStatus | str] = (),
    page_size: int = PAGE_SIZE,
) -> Pages[ConnectUser]:
    """All users of the account, each with whether the configuration watches it."""
    query = [
        ("domain_users_only", domain_users_only),
        ("email_substring", email),
        ("user_name_substring", name),
        ("status", user_statuses(statuses)),
    ]
    where = path("connect", connect_id, "all", "users")
    return pages("connect.candidates", where, lambda b: _users.one(b).users, query, page_size)


# --- keys ------------------------------------------------------------------------------------


def list_connect_secrets() -> Call[tuple[ConnectSecret, ...]]:
    """The HMAC keys of the account; of each secret DocuSign shows a part."""
    return call(
        "connect.secrets",
        "GET",
        "connect/secret",
        lambda r: read_secrets(parse(r.body)),
    )


def create_connect_secret() -> Call[ConnectSecret]:
    """Create an HMAC key. Its secret is in this answer, and in no other."""
    return call(
        "connect.create_secret",
        "POST",
        "connect/secret",
        lambda r: new_secret(parse(r.body)),
        write_class=WriteClass.UNSAFE,
    )


def delete_connect_secret(key_id: int) -> Call[None]:
    """Delete an HMAC key by its number, from 1, as the list of just now has it.

    It is never repeated: once it is gone the others move up, and the next one would go.

    Raises:
        ConfigError: a number below 1.
    """
    if isinstance(key_id, bool) or key_id < 1:
        raise ConfigError(f"HMAC keys are numbered from 1, got {key_id}")
    return call(
        "connect.delete_secret",
        "DELETE",
        f"connect/secret/{key_id}",
        nothing,
        write_class=WriteClass.UNSAFE,
    )


def get_connect_oauth() -> Call[ConnectOAuth]:
    """Where DocuSign fetches tokens for your endpoint."""
    return call("connect.oauth", "GET", "connect/oauth", lambda r: _oauth.one(r.body))


def create_connect_oauth(oauth: ConnectOAuth) -> Call[ConnectOAuth]:
    """Let DocuSign fetch a token for your endpoint, by client credentials.

    Raises:
        ConfigError: no https URL, or no id or secret of the client.
    """
    return _set_oauth("connect.create_oauth", "POST", oauth)


def update_connect_oauth(oauth: ConnectOAuth) -> Call[ConnectOAuth]:
    """Change where DocuSign fetches tokens; all of it is set anew.

    Raises:
        ConfigError: as `create_connect_oauth`.
    """
    return _set_oauth("connect.update_oauth", "PUT", oauth)


def delete_connect_oauth() -> Call[None]:
    """Let DocuSign deliver without a token; none being set is fine."""
    return deletion("connect.delete_oauth", "connect/oauth")


def _set_oauth(operation: str, method: str, oauth: ConnectOAuth) -> Call[ConnectOAuth]:
    url = oauth.authorization_server_url or ""
    if not url.startswith("https://"):
        raise ConfigError("the URL of an authorization server begins with https://")
    body: dict[str, object] = {
        "authorizationServerUrl": url,
        "clientId": named("the client_id of OAuth for Connect", oauth.client_id or ""),
        "clientSecret": named("the client_secret of OAuth for Connect", oauth.client_secret or ""),
    }
    if oauth.scope:
        body["scope"] = oauth.scope
    if oauth.custom_parameters:
        body["customParameters"] = dict(oauth.custom_parameters)
    return call(
        operation,
        method,
        "connect/oauth",
        lambda r: _oauth.one(r.body) if r.body.strip() else oauth,
        body=body,
        write_class=WriteClass.IDEMPOTENT if method == "PUT" else WriteClass.NATURAL_KEY,
    )


# --- deliveries ------------------------------------------------------------------------------


def list_connect_logs(
    *, since: datetime | None = None, until: datetime | None = None
) -> Call[tuple[ConnectLog, ...]]:
    """The newest deliveries: 100, of the last 15 days, of configurations that log."""
    return call(
        "connect.logs",
        "GET",
        "connect/logs",
        lambda r: _logs.one(r.body).logs,
        query=[("from_date", since), ("to_date", until)],
    )


def get_connect_log(log_id: str) -> Call[ConnectLog]:
    """One delivery with its steps."""
    return call(
        "connect.log",
        "GET",
        path("connect/logs", log_id),
        lambda r: _log.one(r.body),
        query=[("additional_info", True)],
    )


def delete_connect_logs() -> Call[None]:
    """Delete what is logged of all deliveries."""
    return deletion("connect.delete_logs", "connect/logs")


def delete_connect_log(log_id: str) -> Call[None]:
    """Delete what is logged of one delivery; what is gone already counts as deleted."""
    return deletion("connect.delete_log", path("connect/logs", log_id))


def list_connect_failures(
    *, since: datetime | None = None, until: datetime | None = None
) -> Call[tuple[ConnectLog, ...]]:
    """Deliveries that failed and wait; `retry_connect` repeats them."""
    return call(
        "connect.failures",
        "GET",
        "connect/failures",
        lambda r: _logs.one(r.body).failures,
        query=[("from_date", since), ("to_date", until)],
    )


def delete_connect_failure(failure_id: str) -> Call[None]:
    """Forget a failure, which is then not repeated; what is gone already counts as deleted."""
    return deletion("connect.delete_failure", path("connect/failures", failure_id))


# --- delivering anew -------------------------------------------------------------------------


def retry_connect(envelope_id: str) -> Call[tuple[Republished, ...]]:
    """Deliver anew what failed of one envelope. A repetition delivers twice, which receivers must
    bear anyhow."""
    return call(
        "connect.retry",
        "PUT",
        path("connect/envelopes", envelope_id, "retry_queue"),
        lambda r: _queue.one(r.body).retry_queue,
    )


def retry_connect_many(envelope_ids: Iterable[str]) -> Call[tuple[Republished, ...]]:
    """Deliver anew what failed of several envelopes.

    Raises:
        ConfigError: no envelope.
    """
    return call(
        "connect.retry_many",
        "PUT",
        "connect/envelopes/retry_queue",
        lambda r: _queue.one(r.body).retry_queue,
        body={"envelopeIds": _envelopes(envelope_ids), "synchronous": "false"},
    )


def publish_historical(
    envelope_ids: Iterable[str], configuration: ConnectConfiguration
) -> Call[HistoricalPublish]:
    """Send envelopes of the past to an endpoint, as JSON; 9,999 in an hour at most.

    Args:
        configuration: whole; it need not be one of the account's.

    Raises:
        ConfigError: no envelope or too many, or as `create_connect_configuration`.
    """
    envelopes = _envelopes(envelope_ids)
    if len(envelopes) > MOST_HISTORICAL:
        raise ConfigError(
            f"{MOST_HISTORICAL} envelopes can be published in an hour, got {len(envelopes)}; "
            "send them in parts"
        )
    config = {k: v for k, v in configuration_body(configuration).items() if v != []}
    return call(
        "connect.publish_historical",
        "POST",
        "connect/envelopes/publish/historical",
        lambda r: _historical.one(r.body),
        body={"envelopes": envelopes, "config": config},
        write_class=WriteClass.UNSAFE,
    )


def _envelopes(envelope_ids: Iterable[str]) -> list[str]:
    found = ids("envelope_ids", envelope_ids)
    if not found:
        raise ConfigError("envelope_ids is empty; name one envelope at least")
    return found
