"""Is the connection good? Each failing check says what to fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.call import Pages
from ...dynamics import calls as crm
from ...dynamics.capabilities import Deployment
from ...dynamics.models import CONTACTS, MARKETING_LISTS
from ...engine.job import Job, send
from ...engine.report import Check
from ...errors import (
    AuthError,
    ConnectorsError,
    Forbidden,
    NotFound,
    TransportError,
    Unauthenticated,
)
from ...getresponse import calls as gr
from .context import Context
from .solution import LISTS, RECORDS, solution

_WITHOUT_CLAIMS = (
    "a server that was set up without claims-based sign-in takes no bearer token: switch claims and "
    "internet-facing deployment on, or hand in a transport that signs in by Kerberos or NTLM"
)


def check(ctx: Context) -> Job[tuple[Check, ...]]:
    """Ask both services everything the jobs rely on; a failure never raises."""
    getresponse = yield from _getresponse()
    dynamics = yield from _dynamics(ctx)
    return (*getresponse, *dynamics)


def _getresponse() -> Job[list[Check]]:
    service = "GetResponse"
    checks = []
    try:
        account = yield from send(gr.get_account())
        checks.append(Check(service, "credential", True, f"account {account.account_id}"))
        page = yield from send(gr.list_campaigns(page_size=1).at(None))
        checks.append(Check(service, "lists can be read", True, f"{page.total or 0} lists"))
    except ConnectorsError as error:
        question = "lists can be read" if checks else "credential"
        checks.append(Check(service, question, False, _fix(error)))
    return checks


def _dynamics(ctx: Context) -> Job[list[Check]]:
    service = "Dynamics"
    checks = []
    try:
        who = yield from send(crm.who_am_i())
        checks.append(Check(service, "token and user (WhoAmI)", True, f"user {who.user_id}"))
        version = yield from send(crm.retrieve_version())
    except ConnectorsError as error:
        question = "server version" if checks else "token and user (WhoAmI)"
        fix = _fix(error)
        if (
            isinstance(error, Unauthenticated)
            and ctx.capabilities.deployment is Deployment.ON_PREMISES
        ):
            fix = f"{fix}; {_WITHOUT_CLAIMS}"
        return [*checks, Check(service, question, False, fix)]
    checks.append(_version(ctx, version))
    checks += yield from _privileges(who.user_id)
    for logical in ("list", *solution()["tables"]):
        checks.append((yield from _table(logical)))
    reads: Mapping[str, Pages[Any]] = {
        "contacts": crm.list_rows(CONTACTS, page_size=1),
        "marketing lists": crm.list_rows(MARKETING_LISTS, page_size=1),
        "GetResponse lists": crm.list_rows(LISTS, page_size=1),
        "GetResponse contacts": crm.list_rows(RECORDS, page_size=1),
    }
    for name, pages in reads.items():
        question = f"{name} can be read"
        try:
            yield from send(pages.at(None))
        except ConnectorsError as error:
            checks.append(Check(service, question, False, _fix(error)))
        else:
            checks.append(Check(service, question, True, "yes"))
    return checks


NEEDED = (
    "prvReadContact",
    "prvAppendToContact",
    "prvReadList",
    "prvReadgr_List",
    "prvWritegr_List",
    "prvAppendTogr_List",
    "prvReadgr_Contact",
    "prvCreategr_Contact",
    "prvWritegr_Contact",
    "prvAppendgr_Contact",
)
"""What the lists and contacts jobs use. None of them lets a CRM contact be created or changed."""


def _privileges(user_id: str) -> Job[list[Check]]:
    """Ask for the user's privileges by name; v8.2 has no names, and reads alone are tried there."""
    question = "privileges"
    try:
        held = yield from send(crm.user_privileges(user_id))
    except ConnectorsError as error:
        return [Check("Dynamics", question, False, _fix(error))]
    if not held:
        return []
    have = {name.lower() for name in held}
    missing = [name for name in NEEDED if name.lower() not in have]
    if not missing:
        return [Check("Dynamics", question, True, "all that the jobs use")]
    answer = f"missing {', '.join(missing)}: add them to a role of this user"
    return [Check("Dynamics", question, False, answer)]


def _version(ctx: Context, server: str) -> Check:
    major, minor = (int(part) for part in (*server.split("."), "0")[:2])
    wanted = tuple(int(part) for part in ctx.capabilities.version.split("."))
    ok = (major, minor) >= wanted
    answer = f"server {server}, asked as v{ctx.capabilities.version}"
    return Check(
        "Dynamics",
        "Web API version",
        ok,
        answer if ok else f'{answer}: use version="{major}.{min(minor, 2)}"',
    )


def _table(logical: str) -> Job[Check]:
    question = f"table {logical}"
    try:
        exists = yield from send(crm.table_exists(logical))
    except ConnectorsError as error:
        return Check("Dynamics", question, False, _fix(error))
    missing = (
        "not there: marketing lists come with Dynamics 365 Sales or Customer Engagement"
        if logical == "list"
        else "not there: install the GetResponse solution first"
    )
    return Check("Dynamics", question, exists, "there" if exists else missing)


def _fix(error: ConnectorsError) -> str:
    if isinstance(error, AuthError):
        return str(error)
    if isinstance(error, TransportError):
        return f"{error}; check the address, and that this machine may reach it"
    if isinstance(error, Forbidden):
        return f"{error}; give the user a role with this privilege"
    if isinstance(error, NotFound):
        return f"{error}; check the environment's URL and API version"
    return str(error)
