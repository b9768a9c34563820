"""`doctor`, `plan` and `run`: what they show, to people and to machines, and how they end."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors import GetResponseDynamics, Sandbox
from connectors.cli import app, main
from connectors.connections import Connections
from connectors.core.observe import Hook
from connectors.demo.world import generated_world
from connectors.integrations.getresponse_dynamics.blocking import ContactsJob
from connectors.sandbox import Fault


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A world with one list to sync, and a connections file for it in the working folder."""
    box = Sandbox(seed=1, contacts=12)
    generated_world(box)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GR_KEY", box.getresponse.key)
    monkeypatch.setenv("CRM_SECRET", box.dynamics.client_secret)
    Path("connections.toml").write_text(
        f"""
        [store]
        url = "sqlite:///sync.db"
        [getresponse]
        key = {{ env = "GR_KEY" }}
        [dynamics]
        url = "{box.dynamics.url}"
        authority = "{box.dynamics.authority}"
        client_id = "{box.dynamics.client_id}"
        client_secret = {{ env = "CRM_SECRET" }}
        """
    )
    opened = Connections.sync

    def sync(
        self: Connections, *, hooks: Sequence[Hook] = ()
    ) -> AbstractContextManager[GetResponseDynamics]:
        return opened(self, transport=box.transport, hooks=hooks)

    monkeypatch.setattr(Connections, "sync", sync)
    return box


def connectors(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments], catch_exceptions=False)


def as_json(*arguments: str) -> Any:
    done = connectors(*arguments, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == (0 if told["ok"] else 1)
    assert done.stderr == ""
    return told


def test_doctor_prints_each_check(box: Sandbox) -> None:
    done = connectors("doctor")

    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    assert any("GetResponse: credential" in line for line in lines)
    assert any("Dynamics: table gr_contact" in line for line in lines)


def test_doctor_says_what_to_fix_and_ends_with_1(box: Sandbox) -> None:
    box.getresponse.revoke_key()
    box.dynamics.denied.add(("contact", "Read"))

    done = connectors("doctor")

    assert done.exit_code == 1
    assert "FAIL GetResponse: credential" in done.stdout
    assert "check the API key" in done.stdout
    assert "FAIL Dynamics: contacts can be read" in done.stdout


def test_doctor_for_machines(box: Sandbox) -> None:
    told = as_json("doctor")
    assert told["ok"] is True
    assert told["checks"][0].keys() == {"service", "question", "ok", "answer"}

    box.getresponse.revoke_key()
    told = as_json("doctor")
    assert told["ok"] is False
    assert [c["question"] for c in told["checks"] if not c["ok"]] == ["credential"]


def test_plan_shows_all_jobs_and_changes_nothing(box: Sandbox) -> None:
    done = connectors("plan")

    assert done.exit_code == 0
    assert "for lists: 1 change" in done.stdout
    assert "for contacts: " in done.stdout
    assert (box.getresponse.writes, box.dynamics.writes) == (0, 0)


def test_plan_of_one_job(box: Sandbox) -> None:
    done = connectors("plan", "lists")
    assert "for lists: 1 change" in done.stdout
    assert "contacts" not in done.stdout.splitlines()[0]


def test_plan_for_machines_has_every_change_and_no_address(box: Sandbox) -> None:
    connectors("run", "lists")

    done = connectors("plan", "contacts", "--json")

    (plan,) = json.loads(done.stdout)["plans"]
    assert plan["job"] == "contacts"
    assert len(plan["changes"]) == sum(plan["counts"].values())
    assert plan["changes"][0].keys() == {"verb", "side", "kind", "ref", "subject", "reason"}
    for row in box.dynamics.rows("contact"):
        assert row.get("emailaddress1", "no address") not in done.stdout


def test_run_runs_all_jobs_and_a_second_time_writes_nothing(box: Sandbox) -> None:
    done = connectors("run")
    assert done.exit_code == 0
    assert "lists: 1 changes" in done.stdout
    assert "create GetResponse contact" in done.stdout

    writes = (box.getresponse.writes, box.dynamics.writes)
    assert connectors("run").exit_code == 0
    assert (box.getresponse.writes, box.dynamics.writes) == writes


def test_run_of_one_job_for_machines(box: Sandbox) -> None:
    (report,) = as_json("run", "lists")["reports"]
    assert report["job"] == "lists"
    assert report["done"] == {"create GetResponse list": 1}


def test_a_saved_plan_is_applied_once(box: Sandbox) -> None:
    kept = connectors("plan", "lists", "--save", "monday.plan")
    assert kept.exit_code == 0
    assert "connectors run --plan monday.plan" in kept.stdout

    assert "lists: 1 changes" in connectors("run", "--plan", "monday.plan").stdout

    again = connectors("run", "--plan", "monday.plan")
    assert again.exit_code == 1
    assert again.stderr.startswith("connectors: plan ")
    assert "applied" in again.stderr


def test_a_change_that_a_service_refused_is_exit_code_1(box: Sandbox) -> None:
    box.getresponse.taken_names.add("everyone")

    done = connectors("run", "lists")

    assert done.exit_code == 1
    assert "failed: " in done.stdout
    assert done.stderr == ""


def test_a_terminal_sees_how_it_goes_and_the_output_stays_clean(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    done = connectors("run", "--json")

    assert json.loads(done.stdout)["ok"]
    assert "running contacts:" in done.stderr
    assert "calls" in done.stderr


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["doctor", "plan", "run"])
def test_a_missing_file_is_one_line_and_exit_code_1(box: Sandbox, command: str) -> None:
    done = connectors(command, "--config", "other.toml")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("connectors: there is no file ")


def test_mistakes_of_the_file_are_listed(box: Sandbox) -> None:
    Path("bad.toml").write_text('[getresponse]\nkey = "gr-s3cret"\n[synk]\n')

    done = connectors("run", "-c", "bad.toml")

    assert done.exit_code == 1
    assert "bad.toml has 2 mistakes:" in done.stderr
    assert "gr-s3cret" not in done.stderr


def test_an_error_for_machines_says_whether_later_may_do(box: Sandbox) -> None:
    box.faults.add(Fault("not_sent", service="getresponse", times=100))

    error = as_json("run")["error"]

    assert error["kind"] == "NotSent"
    assert error["again"] is True
    assert as_json("plan", "-c", "none.toml")["error"]["again"] is False


def test_what_was_done_before_an_error_is_told_as_well(box: Sandbox) -> None:
    box.faults.add(Fault("not_sent", path="contacts", times=100))

    told = as_json("run")

    assert [report["job"] for report in told["reports"]] == ["lists"]
    assert told["error"]["kind"] == "NotSent"


def test_a_file_that_is_no_plan_is_refused(box: Sandbox) -> None:
    Path("x.plan").write_text("no")
    done = connectors("run", "--plan", "x.plan")
    assert done.exit_code == 1
    assert "x.plan is no saved plan" in done.stderr


def test_a_plan_that_cannot_be_kept_says_why(box: Sandbox) -> None:
    done = connectors("plan", "lists", "--save", "no-such-folder/x.plan")
    assert done.exit_code == 1
    assert "no-such-folder/x.plan cannot be written" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--save", "x.plan"),
        ("run", "lists", "--plan", "x.plan"),
        ("run", "everything"),
        ("doctor", "lists"),
        ("plan", "--key", "abc"),
    ],
)
def test_wrong_usage_is_exit_code_2(box: Sandbox, arguments: tuple[str, ...]) -> None:
    done = connectors(*arguments)
    assert done.exit_code == 2
    assert len(box.calls) == 0


@pytest.mark.parametrize("command", [("doctor",), ("plan",), ("run",)])
def test_docusign_of_a_file_without_it_is_told_what_to_leave_away(
    box: Sandbox, command: tuple[str, ...]
) -> None:
    done = connectors(*command, "docusign")

    assert done.exit_code == 1
    assert "the table [docusign] is missing" in done.stderr
    assert "as in `connectors doctor`" in done.stderr


def call_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["connectors", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


Break = Callable[[BaseException], None]


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Make a run of the contacts end with an error."""

    def install(error: BaseException) -> None:
        def run(self: Any) -> None:
            raise error

        monkeypatch.setattr(ContactsJob, "run", run)

    return install


def test_ctrl_c_is_one_line_and_the_store_is_whole(
    box: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    breaking: Break,
    capsys: pytest.CaptureFixture[str],
) -> None:
    breaking(KeyboardInterrupt())

    assert call_main(monkeypatch, "run") == 130

    told = capsys.readouterr()
    assert told.err.splitlines() == ["stopped; the sync store is whole, and the next run goes on"]
    with closing(sqlite3.connect("sync.db")) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


def test_an_error_nobody_foresaw_shows_where_and_nobodys_address(
    box: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    breaking: Break,
    capsys: pytest.CaptureFixture[str],
) -> None:
    breaking(KeyError("anna@canary.example"))

    code = call_main(monkeypatch, "run")

    assert code == "connectors: unexpected KeyError; please report the lines above"
    told = capsys.readouterr().err
    assert "in run" in told
    assert "canary" not in told
