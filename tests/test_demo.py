"""The demonstration plays to its end, and says so by its exit code when it does not hold."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.cli import app, main
from connectors.demo import play
from connectors.integrations.getresponse_dynamics.expected import expected_calls


def demo(*arguments: str) -> Any:
    """One demonstration in this process: exit code and output."""
    return CliRunner().invoke(app, ["demo", *arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run of the committed data for several tests."""
    return demo("--store", str(tmp_path_factory.mktemp("demo") / "sync.db"))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Temporary files go to the test's folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield tmp_path


def test_the_demonstration_of_the_committed_data_ends_well(committed: Any) -> None:
    assert committed.exit_code == 0
    assert "Everything was as it must be." in committed.output
    assert committed.stderr == ""


def test_it_shows_the_plan_with_reasons_and_zero_writes_the_second_time(committed: Any) -> None:
    text = committed.output
    assert "== first sync: what would change in the contacts, and why" in text
    assert "is a member of the marketing list" in text
    assert "the CRM contact must not be e-mailed" in text
    assert "owner" in text and "eq-userid" in text
    first, _, rest = text.partition("== run again: nothing to do")
    assert first
    assert rest.lstrip().startswith("lists: 0 changes; contacts: 0 changes")


def test_it_plays_a_day_of_edits_on_both_sides(committed: Any) -> None:
    text = committed.output
    for edit in (
        "signs up in GetResponse",
        "changes the address in GetResponse",
        "gets another address in the CRM",
        "unsubscribes",
        "is deleted in GetResponse",
        "the list krakow is deleted in GetResponse",
        "another account has that name",
        "joins the marketing list",
        "leaves the marketing list",
    ):
        assert edit in text


def test_it_ends_with_what_happened_calls_and_the_store(committed: Any) -> None:
    *_, store, last = committed.output.strip().splitlines()
    assert "What came of it" in committed.output
    assert "Calls beside the formula" in committed.output
    assert store.startswith("The sync store: ")
    assert Path(store.removeprefix("The sync store: ")).is_file()
    assert last == "Everything was as it must be."


def test_no_address_is_printed_whole(committed: Any) -> None:
    printed = [word for word in committed.output.split() if "@" in word]
    assert printed
    assert all("…@" in word for word in printed)


def test_json_is_all_that_is_printed(elsewhere: Path) -> None:
    done = demo("--json", "--contacts", "50")

    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert result["ok"] is True
    assert result["seed"] == 1
    assert Path(result["store"]).is_file()
    assert Path(result["store"]).is_relative_to(elsewhere)
    assert result["checks"] and all(check["ok"] for check in result["checks"])
    assert all(row["calls"] == row["expected"] for row in result["calls"])
    assert result["calls"][0].keys() == {"phase", "endpoint", "calls", "expected"}
    assert result["totals"]["first sync"]["create GetResponse contact"] > 40


def test_generated_contacts_and_a_seed(elsewhere: Path) -> None:
    one, same, other = (
        json.loads(demo("--json", "--contacts", "200", "--seed", seed).stdout)
        for seed in ("7", "7", "8")
    )

    assert one["ok"] and other["ok"]
    assert one["seed"] == 7
    assert {k: v for k, v in one.items() if k != "store"} == {
        k: v for k, v in same.items() if k != "store"
    }
    assert one["totals"] != other["totals"]
    created = one["totals"]["first sync"]["create GetResponse contact"]
    flagged = one["totals"]["first sync"]["left alone: the CRM contact must not be e-mailed"]
    assert created + flagged == 200


@pytest.mark.parametrize("contacts", ["1", "4", "5"])
def test_a_few_contacts_do_as_well(elsewhere: Path, contacts: str) -> None:
    assert demo("--contacts", contacts).exit_code == 0


@pytest.mark.parametrize("contacts", ["0", "-1", "200001", "many"])
def test_a_number_of_contacts_that_cannot_be_is_refused(contacts: str) -> None:
    done = demo("--contacts", contacts)

    assert done.exit_code == 2
    assert "--contacts" in done.stderr


def test_a_store_that_exists_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    path.write_text("mine")

    done = demo("--store", str(path))

    assert done.exit_code == 2
    assert "the demonstration starts with a new store" in " ".join(
        done.stderr.replace("│", " ").split()
    )
    assert path.read_text() == "mine"


def test_a_call_too_many_is_an_exit_code(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fewer(case: Any) -> dict[str, int]:
        return {k: n - (k == "getresponse accounts.get") for k, n in expected_calls(case).items()}

    monkeypatch.setattr(play, "expected_calls", fewer)

    done = demo("--contacts", "5")

    assert done.exit_code == 1
    assert "Not everything held." in done.output


def test_an_expectation_that_fails_is_an_exit_code(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = play.Demo._claim

    def doubt(self: Any, what: str, expected: str, ok: bool) -> None:
        write(self, what, expected, ok and what != "run again")

    monkeypatch.setattr(play.Demo, "_claim", doubt)

    done = demo("--json", "--contacts", "5")

    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert result["ok"] is False
    assert [c["what"] for c in result["checks"] if not c["ok"]] == ["run again"]


def test_the_command_ends_the_process_with_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "sync.db")
    monkeypatch.setattr(
        sys, "argv", ["connectors", "demo", "--contacts", "5", "--json", "--store", store]
    )

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["store"] == store


def test_ctrl_c_ends_the_command_with_130_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(self: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(play.Demo, "run", stopped)
    monkeypatch.setattr(sys, "argv", ["connectors", "demo", "--store", os.fspath(tmp_path / "s")])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130
    told = capsys.readouterr().err.strip().splitlines()
    assert told == [f"stopped; the sync store is whole: {tmp_path / 's'}"]
