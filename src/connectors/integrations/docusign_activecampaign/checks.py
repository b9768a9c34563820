"""Is the connection good? Each failing check says what to fix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ...activecampaign import calls as ac
from ...activecampaign.models import Schema
from ...core.call import Call
from ...docusign import calls as ds
from ...domain.field_mapping import STANDARD_FIELDS, ContactMapping
from ...engine.job import Job, send, transact
from ...engine.report import Check
from ...errors import AuthError, ConnectorsError, ConsentRequired, Forbidden, TransportError
from . import context, objects, templates
from .context import Context, T, at
from .objects import PLAN_NEEDED
from .setups import check_automations, contact_fields


def check(ctx: Context) -> Job[tuple[Check, ...]]:
    """Ask both services everything the jobs rely on; a failure never raises."""
    found: list[Check] = []
    for label in ctx.docusign:
        found += yield from _docusign(ctx, label)
    found.append(_keys(ctx))
    found += yield from _activecampaign(ctx)
    return tuple(found)


def _docusign(ctx: Context, label: str) -> Job[list[Check]]:
    service = "DocuSign"
    try:
        account = yield from send(at(label, ds.get_account()))
    except ConnectorsError as error:
        return [Check(service, "sign-in and account", False, _fix(error))]
    name = f"{account.name or ''} ({account.account_id})".strip()
    found = [Check(service, "sign-in and account", True, name)]
    if (unkeyed := context.without_keys(ctx, account.account_id or "")) is not None:
        found.append(Check(service, "signing keys are given", False, unkeyed))
    hindrance = account.connect_hindrance
    found.append(
        Check(service, "Connect is in the plan", not hindrance, hindrance or "as far as it says")
    )
    if hindrance:
        return found
    found.append(
        (
            yield from _ask(
                service,
                "Connect may be set up",
                at(label, ds.list_connect_configurations()),
                lambda there: (True, f"{len(there)} configurations of 20"),
            )
        )
    )
    found.append(
        (
            yield from _ask(
                service,
                "messages are signed",
                at(label, ds.list_connect_secrets()),
                lambda keys: (
                    bool(keys),
                    f"{len(keys)} HMAC keys"
                    if keys
                    else "no HMAC key: make one with `client.connect_secrets.create()`",
                ),
            )
        )
    )
    return found


def _keys(ctx: Context) -> Check:
    told = "yes" if ctx.signed else "no `signing_keys`: without one no message can be trusted"
    return Check("DocuSign", "signing keys are given", ctx.signed, told)


def _activecampaign(ctx: Context) -> Job[list[Check]]:
    service = "ActiveCampaign"
    found = [(yield from _ask(service, "API key", ac.get_me(), lambda user: (True, user.username)))]
    if not found[0].ok:
        return found
    found += [
        (yield from _mapping(ctx)),
        (yield from _automations(ctx)),
        (
            yield from _ask(
                service,
                "tags can be read",
                ac.list_tags().at(None),
                lambda page: (True, f"{page.total or len(page.items)} tags"),
            )
        ),
    ]
    if ctx.settings.records:
        saved = yield from transact(partial(context.read, connection=ctx.connection))
        lacking = saved.reason if saved is not None else ""
        found.append(
            (
                yield from _ask(
                    service,
                    "custom objects can be used",
                    ac.list_schemas(with_deleted_fields=True).at(None),
                    lambda page: _fit(page.items, lacking),
                    PLAN_NEEDED,
                )
            )
        )
    return found


def _fit(schemas: Sequence[Schema], lacking: str) -> tuple[bool, str]:
    found = objects.ours(schemas)
    why = lacking or (objects.misfit(found) if found is not None else "")
    return not why, why or "as far as reading tells"


def _automations(ctx: Context) -> Job[Check]:
    service, question = "ActiveCampaign", "automations can do what they are to do"
    try:
        yield from check_automations(ctx)
        yield from templates.check_prefilled(ctx, (yield from contact_fields()))
    except ConnectorsError as error:
        return Check(service, question, False, _fix(error))
    return Check(service, question, True, f"{len(ctx.settings.automations)} automations")


def _mapping(ctx: Context) -> Job[Check]:
    service, question = "ActiveCampaign", "the mapping fits the contact fields"
    try:
        fields = yield from contact_fields()
        known = yield from templates.known_fields(ctx)
        mapping = ContactMapping.build(ctx.settings.mapping, fields, known)
        objects.check_targets(ctx.settings, fields)
    except ConnectorsError as error:
        return Check(service, question, False, _fix(error))
    told = f"{len(mapping.rules)} of {len(fields) + len(STANDARD_FIELDS)} fields are filled"
    return Check(service, question, True, "; ".join((told, *mapping.warnings)))


def _ask(
    service: str,
    question: str,
    call: Call[T],
    judge: Callable[[T], tuple[bool, str]],
    forbidden: str = "",
) -> Job[Check]:
    try:
        answer = yield from send(call)
    except ConnectorsError as error:
        why = forbidden if forbidden and isinstance(error, Forbidden) else _fix(error)
        return Check(service, question, False, why)
    return Check(service, question, *judge(answer))


def _fix(error: ConnectorsError) -> str:
    if isinstance(error, ConsentRequired) and error.consent_url:
        return f"{error}: {error.consent_url}"
    if isinstance(error, AuthError):
        return str(error)
    if isinstance(error, TransportError):
        return f"{error}; check the address, and that this machine may reach it"
    if isinstance(error, Forbidden):
        return f"{error}; let an administrator of the account allow it"
    return str(error)
