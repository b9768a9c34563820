"""The demonstration of DocuSign plays to its end, and says so by its exit code when it does not hold."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors import Action
from connectors.cli import app
from connectors.demo.docusign import play, post
from connectors.demo.docusign.data import Data, load
from connectors.domain import actions
from connectors.domain.contacts import InvalidAddress, parse_address
from connectors.domain.history import Facts
from connectors.integrations.docusign_activecampaign import firing, receiving
from connectors.integrations.docusign_activecampaign.expected import expected_calls

FOLDER = Path(__file__).parents[1] / "examples" / "data" / "docusign"
FEW = 8
"""Envelopes of a kind, for the runs that need no more."""


def demo(*arguments: str) -> Any:
    """One demonstration in this process: exit code and output."""
    return CliRunner().invoke(app, ["demo", "docusign", *arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def committed() -> Any:
    """One run of all that is committed, for several tests."""
    return demo("--json")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some envelopes alone: those whose signers share an address, some that one of several signers
    refuses, and the first ones."""
    data = load()
    shared = [row for row in data.rows if _shares(data, row.signers)]
    refused = [
        row
        for row in data.rows
        if len(row.signers) > 1 and any(act.verb == "declines" for act in row.acts)
    ]
    rows = {row.key: row for row in (*shared, *refused[:FEW], *data.rows[:FEW])}
    monkeypatch.setattr(
        play, "load", lambda: Data(data.accounts, data.people, tuple(rows.values()))
    )
    monkeypatch.setattr(post, "EVERY", 10)
    monkeypatch.setattr(post, "LOST", 5)


def _shares(data: Data, signers: tuple[tuple[str, str, int], ...]) -> bool:
    addresses = [data.people[person].email for person, _, _ in signers]
    return len(set(addresses)) < len(addresses)


def failed(done: Any) -> list[str]:
    """What did not hold."""
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert result["ok"] is False
    return [check["what"] for check in result["checks"] if not check["ok"]]


# The demonstration


def test_the_committed_envelopes_end_well(committed: Any) -> None:
    result = json.loads(committed.stdout)

    assert committed.exit_code == 0
    assert committed.stderr == ""
    assert result["ok"] is True
    assert len(result["checks"]) >= 20
    assert all(row["calls"] == row["expected"] for row in result["calls"])
    assert {row["phase"] for row in result["calls"]} == {"first world", "second world"}
    assert len(set(result["digests"])) == 1
    assert result["waited"] > 0
    assert result["store"] == ""


def test_it_shows_every_kind_of_outcome(committed: Any) -> None:
    counts = json.loads(committed.stdout)["counts"]

    assert set(counts["forgeries"]) == set(post.EXPECTED)
    assert all(counts["forgeries"].values())
    assert counts["deliveries"]["duplicate"] > 50
    assert counts["outage"] == {"found nobody, and came again": post.LOST}
    assert {"completed", "declined", "delivered", "sent"} <= set(counts["records"])
    assert len(counts["triggers"]) == 6
    assert len(counts["drafts"]) == 2
    assert len(counts["tags"]) == 10


@pytest.mark.usefixtures("few")
def test_for_people_it_tells_what_happens_and_prints_no_address() -> None:
    done = demo()

    assert done.exit_code == 0
    for line in (
        "== setup: what would be made on either side, and why",
        "== a second world gets the same messages",
        "What came of it",
        "Calls beside the formula",
    ):
        assert line in done.output
    assert done.output.strip().endswith("Everything was as it must be.")
    assert not re.search(r"\w@\w", done.output)


@pytest.mark.usefixtures("few")
def test_a_seed_repeats_the_run() -> None:
    one, same, other = (json.loads(demo("--json", "--seed", s).stdout) for s in ("7", "7", "8"))

    assert one == same
    assert one["seed"] == 7
    assert one["ok"] and other["ok"]
    assert one["digests"] != other["digests"]


@pytest.mark.usefixtures("few")
def test_the_store_goes_where_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sync.db"

    done = demo("--json", "--store", str(path))

    assert done.exit_code == 0
    assert path.is_file()
    assert demo("--store", str(path)).exit_code == 2


def test_generated_contacts_are_refused() -> None:
    done = demo("--contacts", "50")

    assert done.exit_code == 2
    assert "--contacts" in done.stderr


# What breaks the integration breaks the demonstration


@pytest.mark.usefixtures("few")
def test_tags_by_the_state_of_the_envelope_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    own = actions._concerned

    def mistaken(snapshot: Any, recipient: Any, action: Any) -> bool:
        if action is Action.DECLINED:
            return bool(snapshot.status == "declined")
        return own(snapshot, recipient, action)

    monkeypatch.setattr(actions, "_concerned", mistaken)

    assert "tag Declined" in failed(demo("--json"))


@pytest.mark.usefixtures("few")
def test_messages_that_nobody_verifies_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "verify", lambda body, headers, keys: None)

    assert "forged, altered, unsigned, old, cut off, of a stranger" in failed(demo("--json"))


@pytest.mark.usefixtures("few")
def test_triggers_that_are_lost_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firing, "note", lambda db, *, ctx, news, since: 0)

    assert "triggers" in failed(demo("--json"))


@pytest.mark.usefixtures("few")
def test_a_state_that_depends_on_the_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def last_wins(self: Facts, news: Any, at: Any) -> Facts:
        said = {name: (at, value) for name, value in news.items() if value is not None}
        return Facts({**self.values, **said})

    monkeypatch.setattr(Facts, "learned", last_wins)

    assert "the same messages in another order" in failed(demo("--json"))


@pytest.mark.usefixtures("few")
def test_a_call_too_many_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = expected_calls

    def fewer(case: Any) -> dict[str, int]:
        return {k: n - (k == "activecampaign contacts.sync") for k, n in right(case).items()}

    monkeypatch.setattr(play, "expected_calls", fewer)

    done = demo("--json")

    assert failed(done) == []
    assert "Not everything held." in demo().output


# The data


with (FOLDER / "people.csv").open(encoding="utf-8", newline="") as file:
    PEOPLE = list(csv.DictReader(file))
with (FOLDER / "envelopes.csv").open(encoding="utf-8", newline="") as file:
    ENVELOPES = list(csv.DictReader(file))
RESERVED = re.compile(r"(?i:(?:.+\.)?example\.(?:com|net|org)|.+\.example)")


def usable(email: str) -> bool:
    try:
        parse_address(email)
    except InvalidAddress:
        return False
    return True


def test_there_are_as_many_as_the_readme_says() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    countries = {row["country"] for row in PEOPLE}

    assert len(ENVELOPES) == 200
    assert f"for {len(PEOPLE)} invented people of {len(countries)} countries" in readme


def test_files_are_plain_utf8() -> None:
    for name in ("people.csv", "envelopes.csv", "accounts.toml"):
        raw = (FOLDER / name).read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in raw
        assert raw.endswith(b"\n")


def test_only_reserved_domains() -> None:
    for row in PEOPLE:
        if usable(row["email"]):
            assert RESERVED.fullmatch(row["email"].rpartition("@")[2]), row
    for account in load().accounts:
        assert all(RESERVED.fullmatch(s.email.rpartition("@")[2]) for s in account.senders)


def test_whoever_is_named_exists() -> None:
    data = load()
    accounts = {account.key: {s.key for s in account.senders} for account in data.accounts}
    for row in data.rows:
        acts = {name for act in row.acts for name in (act.who, act.to) if name}
        named = {person for person, _, _ in row.signers} | set(row.copies) | acts
        assert named <= data.people.keys(), row.key
        assert row.sender in accounts[row.account], row.key


def test_addresses_have_their_oddities() -> None:
    addresses = Counter(row["email"].casefold() for row in PEOPLE)

    assert addresses[""] == 1
    assert sum(not usable(row["email"]) for row in PEOPLE) == 3
    assert sum(n > 1 for address, n in addresses.items() if address) >= 3
    assert any("+" in address for address in addresses)
    assert any(not address.isascii() for address in addresses)


def test_names_have_their_oddities() -> None:
    names = [row["name"] for row in PEOPLE]

    assert max(map(len, names)) >= 60
    assert any(" " not in name for name in names)
    assert sum(not name.isascii() for name in names) > 60


def test_every_kind_of_life_is_lived() -> None:
    data = load()
    verbs = Counter(act.verb for row in data.rows for act in row.acts)

    for verb in (
        "views signs declines finishes bounces fails reassigns delegates correct resend remind void "
        "expire discard"
    ).split():
        assert verbs[verb] >= 2, verb
    assert sum(row.chance for row in data.rows) >= 5
    several = Counter(person for row in data.rows for person, _, _ in row.signers)
    assert max(several.values()) >= 4


def test_a_life_that_says_nothing_is_refused(tmp_path: Path) -> None:
    for name in ("people.csv", "accounts.toml"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    row = {**ENVELOPES[0], "life": "2h p001 sings"}
    with (tmp_path / "envelopes.csv").open("w", encoding="utf-8", newline="") as made:
        writer = csv.DictWriter(made, row)
        writer.writeheader()
        writer.writerow(row)

    with pytest.raises(ValueError, match="sings"):
        load(tmp_path)
