"""How many calls a run makes, as a function of what there is to carry over.

A run that makes more than these has a defect. The names are those of `Report.calls`.
"""

from __future__ import annotations

from attrs import frozen

LISTED = 1000
"""Envelopes of one page."""
IMPORTED = 250
"""Contacts of one import; fewer where 400 000 bytes are reached first."""
LOOKED_UP = 100
"""Contacts of one page."""


@frozen(kw_only=True)
class EventsCase:
    """What one run of the inbox meets."""

    signers: int = 0
    """Recipients whose own status is the action of their message, summed over the messages."""
    tags: int = 0
    """Tags that their contacts lack."""
    new_tags: int = 0
    """Tags whose id is not known in the store yet, all of which the account has."""
    records: int = 0
    """Records that change."""
    bare: int = 0
    """Messages whose data did not come along."""
    templates: int = 0
    """Envelopes that were not asked for their templates before, where a tag rule names some."""
    accounts: int = 0
    """DocuSign clients, where any of those makes it ask which of them serves which account."""


@frozen(kw_only=True)
class BackfillCase:
    """What one backfill meets."""

    accounts: int = 1
    envelopes: tuple[int, ...] = ()
    """Envelopes of the window, by account."""
    contacts: int = 0
    """Different addresses among their recipients."""
    imports: int | None = None
    """Imports, where 400 000 bytes are reached before 250 contacts."""
    polls: int = 0
    """Looks at how far an import is."""
    records: int = 0
    """Records that change."""
    templates: int = 0
    """Envelopes that were not asked for their templates before, where a tag rule names some."""


def expected_calls(case: EventsCase | BackfillCase) -> dict[str, int]:
    """Calls by endpoint, `{"activecampaign contacts.sync": 2, …}`; those without calls are left
    out."""
    calls = _events(case) if isinstance(case, EventsCase) else _backfill(case)
    return {name: count for name, count in sorted(calls.items()) if count}


def _events(case: EventsCase) -> dict[str, int]:
    return {
        "activecampaign contacts.sync": case.signers,
        "activecampaign tags.list": case.new_tags,
        "activecampaign contact_tags.add": case.tags,
        "activecampaign records.put": case.records,
        "docusign accounts.get": case.accounts if case.bare or case.templates else 0,
        "docusign envelopes.get": case.bare,
        "docusign envelopes.templates": case.templates,
    }


def _backfill(case: BackfillCase) -> dict[str, int]:
    imports = -(-case.contacts // IMPORTED) if case.imports is None else case.imports
    # An import of a single contact has a limit of its own, and so a name of its own.
    single = int(case.imports is None and case.contacts % IMPORTED == 1)
    return {
        "docusign accounts.get": case.accounts,
        "docusign envelopes.templates": case.templates,
        "docusign envelopes.list": sum(max(1, -(-n // LISTED)) for n in case.envelopes),
        "activecampaign contacts.import": imports - single,
        "activecampaign contacts.import_one": single,
        "activecampaign contacts.import_status": case.polls,
        # An import tells ids and no addresses, and a record needs to know whose it is.
        "activecampaign contacts.list": _lookups(case.contacts, imports),
        "activecampaign records.put": case.records,
    }


def _lookups(contacts: int, imports: int) -> int:
    """Pages it takes to learn the ids, import by import."""
    whole, rest = divmod(contacts, IMPORTED)
    if imports == -(-contacts // IMPORTED):
        return whole * -(-IMPORTED // LOOKED_UP) + -(-rest // LOOKED_UP)
    return imports * max(1, -(-(contacts // max(1, imports)) // LOOKED_UP))
