"""The committed data: accounts, people, and envelopes with their lives. Its README has the columns."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from ..world import DATA


@frozen
class Sender:
    """Somebody who sends envelopes."""

    key: str
    name: str
    email: str


@frozen(kw_only=True)
class Template:
    """A template with one role, of which drafts are made."""

    key: str
    name: str
    documents: tuple[str, ...]
    role: str
    tabs: tuple[str, ...]
    prefill: tuple[str, ...]


@frozen(kw_only=True)
class Account:
    """A DocuSign account."""

    key: str
    name: str
    xml: bool
    """Whether somebody once made a second configuration there, which still sends XML."""
    senders: tuple[Sender, ...]
    templates: tuple[Template, ...]


@frozen(kw_only=True)
class Person:
    """Somebody who receives envelopes."""

    key: str
    name: str
    email: str
    country: str
    company: str
    phone: str


@frozen(kw_only=True)
class Act:
    """One thing that happens to an envelope.

    Attributes:
        after: how long after what happened to it before.
        verb: "views", "signs", "declines", "void", "correct", …
        who: the person, where one acts or is acted upon; `to`: another in their place.
        said: a reason.
    """

    after: timedelta
    verb: str
    who: str = ""
    to: str = ""
    said: str = ""


@frozen(kw_only=True)
class Row:
    """An envelope and its life; without acts, one that chance decides where `chance` is set."""

    key: str
    account: str
    sender: str
    subject: str
    documents: tuple[str, ...]
    department: str
    sent: timedelta
    signers: tuple[tuple[str, str, int], ...]
    """Person, role, turn."""
    copies: tuple[str, ...]
    acts: tuple[Act, ...]
    chance: bool


@frozen
class Data:
    """All of it."""

    accounts: tuple[Account, ...]
    people: dict[str, Person]
    rows: tuple[Row, ...]


def load(folder: Path = DATA / "docusign") -> Data:
    """Read the committed data.

    Raises:
        FileNotFoundError: the data is not where the package or the checkout has it.
        ValueError: a life that cannot be read.
    """
    accounts = tomllib.loads((folder / "accounts.toml").read_text(encoding="utf-8"))["account"]
    people = [
        Person(
            key=row["person"],
            name=row["name"],
            email=row["email"],
            country=row["country"],
            company=row["company"],
            phone=row["phone"],
        )
        for row in _rows(folder / "people.csv")
    ]
    return Data(
        accounts=tuple(
            Account(
                key=one["key"],
                name=one["name"],
                xml=one["xml"],
                senders=tuple(Sender(**sender) for sender in one["sender"]),
                templates=tuple(
                    Template(
                        key=made["key"],
                        name=made["name"],
                        documents=tuple(made["documents"]),
                        role=made["role"],
                        tabs=tuple(made["tabs"]),
                        prefill=tuple(made["prefill"]),
                    )
                    for made in one["template"]
                ),
            )
            for one in accounts
        ),
        people={person.key: person for person in people},
        rows=tuple(_row(row) for row in _rows(folder / "envelopes.csv")),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _row(row: dict[str, str]) -> Row:
    day, _, clock = row["sent"].partition("d ")
    hour, _, minute = clock.partition(":")
    chance = row["life"] == "random"
    return Row(
        key=row["envelope"],
        account=row["account"],
        sender=row["sender"],
        subject=row["subject"],
        documents=tuple(row["documents"].split(";")),
        department=row["department"],
        sent=timedelta(days=int(day), hours=int(hour), minutes=int(minute)),
        signers=_signers(row["signers"]),
        copies=tuple(row["copies"].split()),
        acts=() if chance else tuple(map(_act, filter(None, row["life"].split(" | ")))),
        chance=chance,
    )


def _signers(text: str) -> tuple[tuple[str, str, int], ...]:
    """`a:Buyer + b:Seller > c:Notary`: first a and b at once, then c."""
    found = []
    for turn, together in enumerate(text.split(" > "), 1):
        for one in together.split(" + "):
            person, _, role = one.partition(":")
            found.append((person, role, turn))
    return tuple(found)


_ACT = re.compile(
    r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)? "
    r"(?:(?P<alone>resend|remind|expire|discard|void: (?P<void>.+))"
    r"|correct (?P<old>p\d+) to (?P<new>p\d+)"
    r"|(?P<who>p\d+) (?P<verb>views|signs|bounces|finishes later|fails the authentication"
    r"|declines: (?P<said>.+)|(?:reassigns|delegates) to (?P<to>p\d+)))"
)


def _act(text: str) -> Act:
    """`2h30m p017 declines: Too dear.`"""
    found = _ACT.fullmatch(text)
    if found is None:
        raise ValueError(f"a life holds {text!r}, which says nothing that can happen")
    days, hours, minutes = (int(part or 0) for part in found.groups()[:3])
    verb = found["alone"] or found["verb"] or "correct"
    return Act(
        after=timedelta(days=days, hours=hours, minutes=minutes),
        verb=verb.partition(":")[0].partition(" ")[0],
        who=found["who"] or found["old"] or "",
        to=found["to"] or found["new"] or "",
        said=found["void"] or found["said"] or "",
    )
