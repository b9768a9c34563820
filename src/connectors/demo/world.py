"""The worlds a demonstration plays in."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

from ..integrations.getresponse_dynamics.solution import choice
from ..sandbox import Sandbox

_INSIDE = Path(__file__).parents[1] / "_data"
_CHECKOUT = Path(__file__).parents[3] / "examples" / "data"
DATA = _INSIDE if _INSIDE.is_dir() else _CHECKOUT
"""Contacts and marketing lists, inside the package or in the checkout."""

NEW = choice("gr_liststatus", "new")


def load_world(box: Sandbox, data: Path = DATA) -> dict[str, str]:
    """Put the committed contacts and marketing lists into Dynamics; list record ids by name.

    Raises:
        FileNotFoundError: the data is not where the package or the checkout has it.
    """
    with open(data / "contacts.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        box.dynamics.add_contact(
            id=row["contactid"],
            firstname=row["firstname"] or None,
            lastname=row["lastname"] or None,
            email=row["emailaddress1"] or None,
            donotemail=row["donotemail"] == "true",
            donotbulkemail=row["donotbulkemail"] == "true",
            address1_city=row["city"] or None,
            address1_country=row["country"] or None,
            jobtitle=row["jobtitle"] or None,
        )
    for row in rows:
        if row["merged_into"]:
            box.dynamics.merge_contacts(row["merged_into"], row["contactid"])
        elif row["statecode"] == "1":
            box.dynamics.deactivate_contact(row["contactid"])
    lists = tomllib.loads((data / "marketing_lists.toml").read_text(encoding="utf-8"))["list"]
    records = {}
    for entry in lists:
        marketing = box.dynamics.add_marketing_list(
            entry["name"],
            dynamic=entry["type"] == "dynamic",
            query=entry.get("query"),
            target=entry["target"],
            members=entry.get("members", ()),
        )
        if name := entry.get("getresponse_list"):
            records[name] = list_record(box, name, marketing)
    return records


def generated_world(box: Sandbox) -> dict[str, str]:
    """One static list over the sandbox's own people."""
    members = [row["contactid"] for row in box.dynamics.rows("contact")]
    marketing = box.dynamics.add_marketing_list("Everyone", members=members)
    return {"everyone": list_record(box, "everyone", marketing)}


def list_record(box: Sandbox, name: str, marketing: str) -> str:
    return box.dynamics.add_row(
        "gr_list", gr_name=name, gr_marketinglistid=marketing, gr_syncstatus=NEW
    )
