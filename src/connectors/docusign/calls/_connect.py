"""Connect's two spellings: of the account's configurations, and of an envelope's notification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import attrs

from ...core.given import named
from ...core.wire import Reader, camel
from ...errors import ConfigError, DecodeError
from ..models.connect import (
    ConnectConfiguration,
    ConnectSecret,
    DeliveryMode,
    EnvelopeTrigger,
    EventData,
    EventNotification,
    IncludeData,
    RecipientTrigger,
    Subscription,
)
from ..models.events import ConnectEventName
from ._parts import filled, plain

_LONGEST_URL = 4096
_DEEPEST = 8

_ALIKE = {
    "include_hmac": "includeHMAC",
    "include_oauth": "includeOAuth",
    "use_soap": "useSoapInterface",
}
_OF_ACCOUNT = _ALIKE | {
    "url": "urlToPublishTo",
    "enabled": "allowEnvelopePublish",
    "include_time_zone": "includeTimeZoneInformation",
    "include_sender_account": "includeSenderAccountasCustomField",
    "sign_with_x509": "signMessageWithX509Certificate",
    "include_soap_certificate": "includeCertSoapHeader",
    "enable_oauth_per_configuration": "enableOAuthPerConfiguration",
}
_OF_ENVELOPE = _ALIKE | {
    "requires_acknowledgement": "requireAcknowledgment",
    "enable_log": "loggingEnabled",
    "include_time_zone": "includeTimeZone",
    "include_sender_account": "includeSenderAccountAsCustomField",
    "sign_with_x509": "signMessageWithX509Cert",
    "soap_namespace": "soapNameSpace",
    "include_soap_certificate": "includeCertificateWithSoap",
}

_READ_ONLY = ("others", "disabled_by")
_EVENT = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)+")
_TRIGGER = re.compile("[A-Z][a-z]+([A-Z][a-z]+)*")
_DATUM = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MODE = re.compile("SIM|[A-Z][a-z]+")

_configuration = Reader(ConnectConfiguration, {ConnectConfiguration: _OF_ACCOUNT}, loose=True)
_KNOWN = {
    _OF_ACCOUNT.get(a.name, camel(a.name))
    for a in attrs.fields(ConnectConfiguration)
    if a.name != "others"
}


def present(value: object, deep: int = _DEEPEST) -> object:
    """JSON without what says nothing: null and empty texts are as good as absent here."""
    if isinstance(value, dict) and deep:
        return {k: present(v, deep - 1) for k, v in value.items() if v is not None and v != ""}
    if isinstance(value, list) and deep:
        return [present(each, deep - 1) for each in value if each is not None]
    return value


def read_configuration(value: object) -> ConnectConfiguration:
    """A configuration, with what is not known of it beside."""
    found = present(value)
    if not (isinstance(value, dict) and isinstance(found, dict)):
        return _configuration.from_object(found)
    known: dict[str, object] = {"configurationType": None, **found}
    if isinstance(found.get("eventData"), dict):
        # Where nothing is said of the form, it is the older one.
        known["eventData"] = {"version": None, "format": None, **found["eventData"]}
    others = {name: each for name, each in value.items() if name in found.keys() - _KNOWN}
    return attrs.evolve(_configuration.from_object(known), others=others)


def configuration_body(configuration: ConnectConfiguration) -> dict[str, object]:
    """A configuration as `/connect` takes it; lists that are empty are said too.

    Raises:
        ConfigError: what DocuSign would refuse, or accept and never deliver by.
    """
    named("the name of a Connect configuration", configuration.name or "")
    named("the type of a Connect configuration", _text(configuration.configuration_type))
    _check(configuration)
    if not configuration.all_users and not (configuration.user_ids or configuration.group_ids):
        raise ConfigError(
            "a Connect configuration that watches nobody: set all_users, or name user_ids"
        )
    if configuration.use_soap and not configuration.soap_namespace:
        raise ConfigError("use_soap needs a soap_namespace")
    return {**configuration.others, **_written(configuration, _OF_ACCOUNT)}


def notification_body(notification: EventNotification) -> dict[str, object]:
    """An `eventNotification` as the definition of an envelope takes it.

    Raises:
        ConfigError: what DocuSign would refuse, or accept and never deliver by.
    """
    _check(notification)
    body = {k: v for k, v in _written(notification, _OF_ENVELOPE).items() if v != []}
    documents = body.get("includeDocuments")
    more = {} if documents is None else {"includeDocuments": documents}
    for name, code in (
        ("envelopeEvents", "envelopeEventStatusCode"),
        ("recipientEvents", "recipientEventStatusCode"),
    ):
        words = body.get(name)
        if isinstance(words, list):
            body[name] = [{code: word, **more} for word in words]
    return body


def _written(subscription: Subscription, names: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for attribute in attrs.fields(type(subscription)):
        value = getattr(subscription, attribute.name)
        if attribute.name not in _READ_ONLY and value is not None:
            written = _data_body(value) if isinstance(value, EventData) else plain(value)
            found[names.get(attribute.name, camel(attribute.name))] = written
    return found


def _data_body(data: EventData) -> dict[str, object]:
    said = filled({"version": data.version, "format": data.format})
    return {**said, "includeData": plain(data.include_data)}


# --- what is refused -------------------------------------------------------------------------


def _check(subscription: Subscription) -> None:
    _check_url(subscription.url or "")
    lists: list[tuple[str, tuple[Enum | str, ...], re.Pattern[str], type[Enum]]] = [
        ("events", subscription.events, _EVENT, ConnectEventName),
        ("envelope_events", subscription.envelope_events, _TRIGGER, EnvelopeTrigger),
        ("recipient_events", subscription.recipient_events, _TRIGGER, RecipientTrigger),
    ]
    for what, values, form, known in lists:
        _check_words(what, values, form, known)
    if not any(values for _, values, _, _ in lists):
        raise ConfigError("events is empty; name one event at least, such as envelope-completed")
    if subscription.delivery_mode is not None:
        _check_words("delivery_mode", (subscription.delivery_mode,), _MODE, DeliveryMode)
    if isinstance(subscription.event_data, EventData):
        _check_words("include_data", subscription.event_data.include_data, _DATUM, IncludeData)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError("Connect publishes to https only; a URL begins with https://")
    if len(url.encode()) > _LONGEST_URL:
        raise ConfigError(f"a URL for Connect takes {_LONGEST_URL} bytes, got {len(url.encode())}")


def _check_words(
    what: str, values: Iterable[Enum | str], form: re.Pattern[str], known: type[Enum]
) -> None:
    """Names that DocuSign may have or get pass; those in a wrong form would never fire."""
    if isinstance(values, str):
        raise ConfigError(f"{what} takes a list of names, not one text")
    for value in values:
        word = _text(value)
        if not form.fullmatch(word):
            raise ConfigError(f"{what} has no {word[:60]!r}; {_meant(word, known)}")


def _meant(word: str, known: type[Enum]) -> str:
    """What a misspelt name may be: DocuSign minds case, hyphens and underscores."""
    texts = [str(member.value) for member in known]
    alike = {re.sub("[^a-z]", "", text.lower()): text for text in texts}
    meant = alike.get(re.sub("[^a-z]", "", word.lower()))
    return f"it is written {meant!r}" if meant else f"they are written like {texts[0]!r}"


def _text(value: Enum | str | None) -> str:
    return str(value.value if isinstance(value, Enum) else value or "")


# --- HMAC keys -------------------------------------------------------------------------------

_SECRET = ("secret", "secretkey", "hmacsecret", "hmackey", "connectsecret", "key", "value")
_NUMBER = ("keyid", "secretid", "hmackeyid", "keyindex", "index", "id")
_CREATED = ("createddatetime", "createddate", "datecreated", "created", "createdat")

_secret = Reader(ConnectSecret, loose=True)


def read_secrets(value: object) -> tuple[ConnectSecret, ...]:
    """The keys in an answer whose form DocuSign does not describe: a text, an object, a list of
    those, or any of them within an object.

    Raises:
        DecodeError: none of these.
    """
    if not isinstance(value, str | list | dict):
        raise DecodeError("expected HMAC keys, got something else")
    return tuple(_secrets(value, None, _DEEPEST))


def _secrets(value: object, number: int | None, deep: int) -> Iterator[ConnectSecret]:
    if isinstance(value, str):
        yield ConnectSecret(key_id=number, secret=value)
    elif isinstance(value, list) and deep:
        for at, each in enumerate(value, start=1):
            yield from _secrets(each, at, deep - 1)
    elif isinstance(value, dict) and deep:
        nested = [each for each in value.values() if isinstance(each, list | dict)]
        for each in nested:
            yield from _secrets(each, number, deep - 1)
        lower = {str(name).lower(): each for name, each in value.items() if each not in (None, "")}
        if not nested and lower.keys() & {*_SECRET, *_NUMBER}:
            raw = {
                "keyId": _first(lower, _NUMBER, number),
                "secret": _first(lower, _SECRET, None),
                "createdAt": _first(lower, _CREATED, None),
            }
            yield _secret.from_object(raw)


def new_secret(value: object) -> ConnectSecret:
    """The one key of the answer to its creation.

    Raises:
        DecodeError: the answer has none; the key may well have been made.
    """
    for secret in read_secrets(value):
        if secret.secret:
            return secret
    raise DecodeError(
        "the answer to a new HMAC key has no secret in it; look at the keys, delete it"
    )


def _first(found: Mapping[str, Any], names: Iterable[str], default: object) -> object:
    return next((found[name] for name in names if name in found), default)
