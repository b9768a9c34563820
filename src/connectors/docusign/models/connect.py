"""Connect: what DocuSign tells an endpoint of, how it signs, and what became of its deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import NewType
from urllib.parse import urlsplit

from attrs import field, frozen

from .events import ConnectEventName

ConnectId = NewType("ConnectId", str)


class EnvelopeTrigger(Enum):
    """The older names of envelope events, for aggregate messages. DocuSign minds their case."""

    SENT = "Sent"
    DELIVERED = "Delivered"
    COMPLETED = "Completed"
    DECLINED = "Declined"
    VOIDED = "Voided"


class RecipientTrigger(Enum):
    """The older names of recipient events, for aggregate messages. DocuSign minds their case."""

    SENT = "Sent"
    DELIVERED = "Delivered"
    COMPLETED = "Completed"
    DECLINED = "Declined"
    AUTHENTICATION_FAILED = "AuthenticationFailed"
    AUTO_RESPONDED = "AutoResponded"


class DeliveryMode(Enum):
    """One message per event, or one that shows the state when it is sent."""

    SIM = "SIM"
    AGGREGATE = "Aggregate"


class ConfigurationType(Enum):
    """Whom a configuration serves; own endpoints are CUSTOM."""

    CUSTOM = "custom"
    CUSTOM_RECIPIENT = "customrecipient"
    SALESFORCE = "salesforce"
    E_ORIGINAL = "eOriginal"


class IncludeData(Enum):
    """What a message brings along beyond ids. DOCUMENTS may make it 25 MB and more."""

    ATTACHMENTS = "attachments"
    CUSTOM_FIELDS = "custom_fields"
    DOCUMENTS = "documents"
    EXTENSIONS = "extensions"
    FOLDERS = "folders"
    PAYMENT_TABS = "payment_tabs"
    POWERFORM = "powerform"
    PREFILL_TABS = "prefill_tabs"
    RECIPIENTS = "recipients"
    TABS = "tabs"


class DataVersion(Enum):
    """The form of a message; LEGACY is the older XML, and what DocuSign takes where none is said."""

    REST = "restv2.1"
    LEGACY = "legacy"


def _shown(url: str | None) -> str:
    """A URL without what may be secret in it: a name before the host, and the query."""
    try:
        parts = urlsplit(url or "")
        return repr(f"{parts.scheme}://{parts.hostname}{parts.path}" if url else url)
    except ValueError:
        return "<hidden>"


def _word(value: Enum | str | None) -> str:
    return str(value.value if isinstance(value, Enum) else value or "")


def _words(values: Iterable[Enum | str]) -> list[str]:
    return [_word(value) for value in values]


@frozen(kw_only=True)
class EventData:
    """The form of the messages and what they bring along."""

    version: DataVersion | str | None = DataVersion.REST
    format: str | None = "json"
    include_data: tuple[IncludeData | str, ...] = ()


DATA = (IncludeData.CUSTOM_FIELDS, IncludeData.RECIPIENTS, IncludeData.TABS)
"""What spares a call back to DocuSign for nearly everything that one asks of an event."""


@frozen(kw_only=True)
class Subscription:
    """What a configuration of the account and the notification of one envelope have in common.

    None of a switch means that it is not said: DocuSign's own default stands.

    Attributes:
        url: the endpoint, https.
        events: which events, each a message of its own in SIM mode.
        envelope_events, recipient_events: the older lists, for aggregate messages.
        requires_acknowledgement: whether a delivery that was not answered with 2xx is repeated.
        enable_log: whether deliveries can be looked up.
        include_hmac: whether messages are signed; an HMAC key must exist too.
        integrator_managed: sign with the keys of the integration's own account.
    """

    url: str | None = field(default=None, repr=_shown)
    delivery_mode: DeliveryMode | str | None = None
    events: tuple[ConnectEventName | str, ...] = ()
    envelope_events: tuple[EnvelopeTrigger | str, ...] = ()
    recipient_events: tuple[RecipientTrigger | str, ...] = ()
    event_data: EventData | None = None
    requires_acknowledgement: bool | None = None
    enable_log: bool | None = None
    include_hmac: bool | None = None
    integrator_managed: bool | None = None
    include_oauth: bool | None = None
    include_documents: bool | None = None
    include_certificate_of_completion: bool | None = None
    include_document_fields: bool | None = None
    include_envelope_void_reason: bool | None = None
    include_time_zone: bool | None = None
    include_sender_account: bool | None = None
    sign_with_x509: bool | None = None
    use_soap: bool | None = None
    soap_namespace: str | None = None
    include_soap_certificate: bool | None = None


@frozen(kw_only=True)
class EventNotification(Subscription):
    """The endpoint of one envelope, given when it is created.

    Where the account's own configuration watches it too, both deliver.
    """


@frozen(kw_only=True)
class ConnectConfiguration(Subscription):
    """An endpoint of the account, which has 20 at most.

    Attributes:
        enabled: whether it publishes; DocuSign's default is that it does not.
        pause_publish: whether messages wait.
        disabled_by: who switched it off, where somebody did.
        all_users: whether it watches what anybody of the account sends; if not, `user_ids` and
            `group_ids` say whose. Without either it matches nobody.
        all_users_except: turns `user_ids` into those who are left out.
        user_name, password: of Basic authentication at the endpoint.
        others: what DocuSign says of it beyond, by its names; kept by an update.
    """

    connect_id: ConnectId | None = None
    name: str | None = None
    configuration_type: ConfigurationType | str | None = ConfigurationType.CUSTOM
    enabled: bool | None = None
    pause_publish: bool | None = None
    disabled_by: str | None = field(default=None, repr=False)
    all_users: bool | None = None
    all_users_except: bool | None = None
    user_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    user_name: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    require_mutual_tls: bool | None = None
    enable_oauth_per_configuration: bool | None = None
    others: Mapping[str, object] = field(factory=dict, repr=False)

    @classmethod
    def recommended(
        cls,
        url: str,
        events: Iterable[ConnectEventName | str],
        *,
        name: str = "connectors",
        include_data: Iterable[IncludeData | str] = DATA,
    ) -> ConnectConfiguration:
        """A configuration that loses nothing: signed JSON, one message per event, repeated until it
        is answered, logged, of all users, and switched on."""
        return cls(
            name=name,
            url=url,
            enabled=True,
            all_users=True,
            delivery_mode=DeliveryMode.SIM,
            events=tuple(events),
            event_data=EventData(include_data=tuple(include_data)),
            requires_acknowledgement=True,
            enable_log=True,
            include_hmac=True,
        )

    def missing(self, wanted: ConnectConfiguration) -> tuple[str, ...]:
        """What this configuration lacks of another, each as a text that says what to do.

        Only what `wanted` asks for is looked at; what this one has beyond is fine. A key to sign
        with belongs to the account and is not seen here.
        """
        found = [
            *self._astray(wanted),
            *self._off(wanted),
            *self._unwatched(wanted),
            *_lacking("events", _words(self.events), _words(wanted.events)),
            *_lacking(
                "envelope events", _words(self.envelope_events), _words(wanted.envelope_events)
            ),
            *_lacking(
                "recipient events", _words(self.recipient_events), _words(wanted.recipient_events)
            ),
        ]
        if wanted.event_data is not None:
            found += _other_data(self.event_data, wanted.event_data)
        return tuple(found)

    def _astray(self, wanted: ConnectConfiguration) -> list[str]:
        found = []
        if wanted.url and wanted.url != self.url:
            here, there = _shown(self.url) if self.url else "nowhere", _shown(wanted.url)
            there += ", whose query is another" if here == there else ""
            found.append(f"url: it publishes to {here}; set it to {there}")
        has, asked = _word(self.delivery_mode), _word(wanted.delivery_mode)
        if asked and has != asked:
            found.append(f"delivery mode: it is {has or 'not said'}; set it to {asked}")
        return found

    def _off(self, wanted: ConnectConfiguration) -> list[str]:
        found = []
        if wanted.enabled and not self.enabled:
            found.append("enabled: it is switched off; let it publish (allowEnvelopePublish)")
        if wanted.enabled and self.pause_publish:
            found.append("enabled: it is paused; resume it (pausePublish)")
        if wanted.include_hmac and not self.include_hmac:
            found.append("signature: messages are not signed; switch HMAC on (includeHMAC)")
        if wanted.requires_acknowledgement and not self.requires_acknowledgement:
            found.append(
                "acknowledgement: a delivery that fails is not repeated; require it "
                "(requiresAcknowledgement)"
            )
        if wanted.enable_log and not self.enable_log:
            found.append("log: failed deliveries cannot be looked up; switch it on (enableLog)")
        return found

    def _unwatched(self, wanted: ConnectConfiguration) -> list[str]:
        if not wanted.all_users:
            return []
        count = len(self.user_ids) + len(self.group_ids)
        if self.all_users_except and count:
            return [f"users: those that are named are left out, {count} in all; watch all users"]
        if self.all_users:
            return []
        whom = f"only those that are named, {count} in all" if count else "nobody"
        return [f"users: it watches {whom}; watch all users (allUsers)"]


def _lacking(what: str, has: list[str], wanted: list[str]) -> list[str]:
    absent = [word for word in wanted if word not in has]
    return [f"{what}: add {', '.join(absent)}"] if absent else []


def _other_data(data: EventData | None, wanted: EventData) -> list[str]:
    form = _form(wanted)
    if data is None:
        return [f"data: it is the older XML; choose {form}", *_includes((), wanted)]
    found = [] if _form(data) == form else [f"data: it is {_form(data)}; choose {form}"]
    return [*found, *_includes(data.include_data, wanted)]


def _form(data: EventData) -> str:
    version = _word(data.version) or DataVersion.LEGACY.value
    rest = version == DataVersion.REST.value
    return f"{version} {data.format or ('json' if rest else 'xml')}"


def _includes(has: Iterable[IncludeData | str], wanted: EventData) -> list[str]:
    return _lacking("data to include", _words(has), _words(wanted.include_data))


@frozen(kw_only=True)
class ConnectUser:
    """Somebody whose envelopes a configuration may watch.

    Attributes:
        is_included: whether it watches them, where DocuSign says so.
    """

    user_id: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    status: str | None = None
    is_included: bool | None = None


@frozen(kw_only=True)
class ConnectSecret:
    """A key with which DocuSign signs; an account has up to 100, and each signs every message.

    Attributes:
        key_id: its number, from 1, by which it is deleted. The numbers move up when one goes.
        secret: whole in the answer to its creation only; later DocuSign shows a part.
    """

    key_id: int | None = None
    secret: str | None = field(default=None, repr=False)
    created_at: datetime | None = None


@frozen(kw_only=True)
class ConnectOAuth:
    """Where DocuSign fetches a token for your endpoint, by client credentials."""

    authorization_server_url: str | None = field(default=None, repr=_shown)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scope: str | None = None
    custom_parameters: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class DebugEntry:
    """One step of a delivery.

    Attributes:
        payload: what was sent, with everybody's data in it.
    """

    at: datetime | None = None
    description: str | None = field(default=None, repr=False)
    configuration: str | None = field(default=None, repr=False)
    payload: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class ConnectLog:
    """A delivery, or the failure of one.

    Attributes:
        connect_id: the configuration it came from.
        status: of the envelope, such as "Completed".
        error: why the delivery failed; it may quote what the endpoint answered.
        steps: what happened, where it was asked for.
    """

    log_id: str | None = None
    failure_id: str | None = None
    connect_id: ConnectId | None = None
    envelope_id: str | None = None
    account_id: str | None = None
    url: str | None = field(default=None, repr=_shown)
    status: str | None = None
    error: str | None = field(default=None, repr=False)
    retry_count: int | None = None
    created_at: datetime | None = None
    last_try: datetime | None = None
    subject: str | None = field(default=None, repr=False)
    user_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    steps: tuple[DebugEntry, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Republished:
    """One message that was put into the queue anew, or not."""

    envelope_id: str | None = None
    connect_id: ConnectId | None = None
    url: str | None = field(default=None, repr=_shown)
    status: str | None = None
    message: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class HistoricalPublish:
    """Envelopes of the past on their way to an endpoint."""

    transaction_id: str | None = None
    status: str | None = None
    envelopes: int | None = None
    submitted: int | None = None
    processed: int | None = None
    without_action: int | None = None
    errors: int | None = None
    file_errors: tuple[str, ...] = ()
    submitted_at: datetime | None = None
