"""`doctor docusign`, `plan docusign` and `run docusign`: what they show, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors import DocuSignActiveCampaign, Firing, Sandbox
from connectors.cli import app
from connectors.connections import Connections
from connectors.core.observe import Hook
from connectors.sandbox import Fault

URL = "https://example.com/docusign"
ADA, BOB = "ada.canary@canary.example", "bob@canary.example"
SIGNED = "docusign-integration-DocuSign_Envelope_Completed"


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A world with both services, and a connections file for it in the working folder."""
    box = Sandbox(seed=1)
    box.docusign.add_secret()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DS_HMAC", "a-key")
    monkeypatch.setenv("AC_KEY", box.activecampaign.key)
    pem = Path("docusign.pem")
    pem.write_text(box.docusign.private_key)
    pem.chmod(0o600)
    configure(box)
    opened = Connections.bridge

    def bridge(
        self: Connections,
        *,
        callbacks: Mapping[str, Callable[[Firing], object]] | None = None,
        hooks: Sequence[Hook] = (),
    ) -> AbstractContextManager[DocuSignActiveCampaign]:
        return opened(self, callbacks=callbacks, transport=box.transport, hooks=hooks)

    monkeypatch.setattr(Connections, "bridge", bridge)
    return box


KEYS = 'signing_keys = [{ env = "DS_HMAC" }]'


def configure(box: Sandbox, *, docusign: str = "", bridge: str = f'url = "{URL}"\n{KEYS}') -> None:
    """Write the connections file."""
    Path("connections.toml").write_text(
        f"""
        [store]
        url = "sqlite:///sync.db"
        [docusign]
        client_id = "{box.docusign.integration_key}"
        user_id = "{box.docusign.user_id}"
        private_key = {{ file = "docusign.pem" }}
        {docusign}
        [activecampaign]
        url = "{box.activecampaign.url}"
        key = {{ env = "AC_KEY" }}
        [bridge]
        {bridge}
        """
    )


def connectors(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments], catch_exceptions=False)


def as_json(*arguments: str) -> Any:
    done = connectors(*arguments, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == (0 if told["ok"] else 1)
    assert done.stderr == ""
    return told


@pytest.fixture
def ready(box: Sandbox) -> Sandbox:
    """The same, set up."""
    assert connectors("run", "docusign", "setup").exit_code == 0
    return box


def signed(box: Sandbox, who: str = ADA) -> str:
    """An envelope that somebody signed some time ago."""
    envelope = box.docusign.send("Lease", [who])
    box.docusign.sign(envelope, who)
    box.clock.sleep(60)
    return envelope


def tags(box: Sandbox, who: str = ADA) -> list[str]:
    contact = box.activecampaign.contact_by_email(who)
    return box.activecampaign.tags_of(contact["id"]) if contact else []


# --- doctor ----------------------------------------------------------------------------------


def test_doctor_prints_each_check(box: Sandbox) -> None:
    done = connectors("doctor", "docusign")

    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    assert any("DocuSign: messages are signed" in line for line in lines)
    assert any("ActiveCampaign: API key" in line for line in lines)


def test_doctor_says_what_to_fix_and_ends_with_1(box: Sandbox) -> None:
    box.docusign.withdraw_consent()
    box.activecampaign.custom_objects = False

    done = connectors("doctor", "docusign")

    assert done.exit_code == 1
    assert "FAIL DocuSign: sign-in and account" in done.stdout
    assert "redirect_uri" in done.stdout


def test_doctor_shows_the_page_on_which_the_user_allows_it(box: Sandbox) -> None:
    box.docusign.withdraw_consent()
    configure(box, docusign=f'redirect_uri = "{box.docusign.redirect_uri}"')

    told = as_json("doctor", "docusign")

    (failed,) = [check for check in told["checks"] if not check["ok"]]
    assert "https://account-d.docusign.com/oauth/auth?" in failed["answer"]


# --- plan and setup --------------------------------------------------------------------------


def test_plan_previews_and_changes_nothing(box: Sandbox) -> None:
    done = connectors("plan", "docusign")

    assert done.exit_code == 0
    assert f"completed: {SIGNED}" in done.stdout
    assert "recipient.email -> email" in done.stdout
    assert "create   DocuSign       webhook" in done.stdout
    assert box.docusign.configurations() == []
    assert box.activecampaign.tag_names() == []


def test_plan_for_machines(box: Sandbox) -> None:
    told = as_json("plan", "docusign", "setup")

    (plan,) = told["plans"]
    assert plan["job"] == "setup"
    assert {change["kind"] for change in plan["changes"]} == {"tag", "object", "webhook", "setup"}
    assert {"action": "completed", "tag": SIGNED, "only_if": []} in told["preview"]["tags"]
    assert told["preview"]["mapping"][0] == {"source": "recipient.email", "target": "email"}


def test_a_saved_plan_is_applied_once(box: Sandbox) -> None:
    kept = connectors("plan", "docusign", "--save", "monday.plan")
    assert "connectors run --plan monday.plan" in kept.stdout

    done = connectors("run", "--plan", "monday.plan")
    assert done.exit_code == 0
    assert "create DocuSign webhook" in done.stdout
    assert [one.url for one in box.docusign.configurations()] == [URL]

    again = connectors("run", "docusign", "--plan", "monday.plan")
    assert again.exit_code == 1
    assert "applied" in again.stderr


def test_a_plan_of_the_one_is_none_of_the_other(box: Sandbox) -> None:
    connectors("plan", "docusign", "--save", "monday.plan")

    done = connectors("run", "getresponse", "--plan", "monday.plan")

    assert done.exit_code == 1
    assert "monday.plan is a plan of docusign, not of getresponse" in done.stderr
    assert box.docusign.configurations() == []


def test_a_plan_that_cannot_be_kept_says_why(box: Sandbox) -> None:
    done = connectors("plan", "docusign", "--save", "no-such-folder/x.plan")
    assert done.exit_code == 1
    assert "no-such-folder/x.plan cannot be written" in done.stderr


def test_what_is_set_up_needs_nothing_more(ready: Sandbox) -> None:
    (report,) = as_json("run", "docusign", "setup")["reports"]
    assert report["done"] == {}


def test_a_configuration_made_by_hand_is_adopted(box: Sandbox) -> None:
    by_hand = box.docusign.add_configuration("https://old.example/hook")
    account = box.docusign.account_id

    made = connectors(
        "plan", "docusign", "--adopt", f"{account}={by_hand}", "--save", "monday.plan"
    )
    assert "update   DocuSign       webhook" in made.stdout
    assert connectors("run", "--plan", "monday.plan").exit_code == 0

    assert [one.url for one in box.docusign.configurations()] == [URL]


def test_it_is_taken_away_by_a_plan(ready: Sandbox) -> None:
    made = connectors("plan", "docusign", "--remove", "--save", "monday.plan")
    assert "delete   DocuSign       webhook" in made.stdout
    assert "Tags:" not in made.stdout

    assert connectors("run", "--plan", "monday.plan").exit_code == 0

    assert ready.docusign.configurations() == []


@pytest.mark.parametrize("command", [("plan", "docusign"), ("run", "docusign", "setup")])
def test_a_setup_needs_the_address_of_the_endpoint(box: Sandbox, command: tuple[str, ...]) -> None:
    configure(box, bridge="")

    done = connectors(*command)

    assert done.exit_code == 1
    assert "connections.toml: bridge.url is missing" in done.stderr


# --- run -------------------------------------------------------------------------------------


def test_run_works_off_what_came_and_what_was_missed(ready: Sandbox) -> None:
    signed(ready)

    done = connectors("run", "docusign")

    assert done.exit_code == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line[0] != " "] == [
        "events",
        "reconcile",
    ]
    assert SIGNED in tags(ready)


def test_run_before_the_setup_says_so(box: Sandbox) -> None:
    done = connectors("run", "docusign")
    assert done.exit_code == 1
    assert "is not set up" in done.stderr


@pytest.mark.parametrize("job", ["events", "reconcile"])
def test_run_of_one_job(ready: Sandbox, job: str) -> None:
    (report,) = as_json("run", "docusign", job)["reports"]
    assert report["job"] == job


def test_history_is_loaded_from_a_day_on(ready: Sandbox) -> None:
    signed(ready)
    ready.clock.sleep(40 * 86_400)
    signed(ready, BOB)
    today = f"{ready.clock.now():%Y-%m-%d}"

    (report,) = as_json("run", "docusign", "backfill", "--since", today)["reports"]
    assert report["done"]["import contact"] == 1
    assert (tags(ready), SIGNED in tags(ready, BOB)) == ([], True)

    until = ready.clock.now().isoformat()
    done = connectors("run", "docusign", "backfill", "--since", "2026-01-01", "--until", until)
    assert done.exit_code == 0
    assert SIGNED in tags(ready)


def test_one_envelope_is_read_now(ready: Sandbox) -> None:
    envelope = signed(ready)

    assert connectors("run", "docusign", "envelope", envelope).exit_code == 0
    assert SIGNED in tags(ready)

    again = connectors("run", "docusign", "envelope", envelope)
    assert again.exit_code == 1
    assert "was read less than 15 minutes ago" in again.stderr


def test_of_several_accounts_one_is_named(box: Sandbox) -> None:
    other = box.docusign.add_account("Branch")
    configure(
        box,
        docusign=f'accounts = ["{box.docusign.account_id}", "{other}"]',
        bridge=f'url = "{URL}"',
    )
    assert connectors("run", "docusign", "setup").exit_code == 0
    envelope = box.docusign.send("Lease", [ADA], account_id=other)
    box.clock.sleep(60)

    unsaid = connectors("run", "docusign", "envelope", envelope)
    assert (unsaid.exit_code, other in unsaid.stderr) == (1, True)

    assert connectors("run", "docusign", "envelope", envelope, "--account", other).exit_code == 0
    assert tags(box)


def test_an_error_for_machines_says_whether_later_may_do(ready: Sandbox) -> None:
    ready.faults.add(Fault("not_sent", service="docusign", times=100))

    told = as_json("run", "docusign")

    assert [report["job"] for report in told["reports"]] == ["events"]
    assert told["error"]["kind"] == "NotSent"
    assert told["error"]["again"] is True


def test_no_output_holds_an_address(ready: Sandbox) -> None:
    signed(ready)
    ready.faults.add(
        Fault("answer", service="activecampaign", method="POST", path="contact/sync", status=500)
    )
    for command in (("run", "docusign"), ("run", "docusign", "reconcile", "--json")):
        done = connectors(*command)
        assert "canary.example" not in done.stdout + done.stderr


@pytest.mark.parametrize("job", ["setup", "events"])
def test_a_terminal_sees_how_it_goes_and_the_output_stays_clean(
    ready: Sandbox, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    done = connectors("run", "docusign", job, "--json")

    assert json.loads(done.stdout)["ok"]
    assert f"running {job}:" in done.stderr


# --- functions of a program ------------------------------------------------------------------

GREETS = f"""
url = "{URL}"
{KEYS}
[[bridge.automations]]
id = "thanks"
triggers = [{{ on = "tag_added", tag = "docusign-integration" }}]
then = [{{ do = "callback", name = "greet" }}]
"""


@pytest.mark.parametrize("words", [(), ("events",), ("reconcile",), ("envelope", "an-id")])
def test_jobs_that_would_call_a_program_are_refused(box: Sandbox, words: tuple[str, ...]) -> None:
    configure(box, bridge=GREETS)

    done = connectors("run", "docusign", *words)

    assert done.exit_code == 1
    assert "automations call 'greet', functions of your own program" in done.stderr
    assert len(box.calls) == 0


def test_everything_else_is_done_without_it(box: Sandbox) -> None:
    configure(box, bridge=GREETS)
    signed(box)

    assert connectors("doctor", "docusign").exit_code == 0
    assert connectors("plan", "docusign", "--save", "x.plan").exit_code == 0
    assert connectors("run", "--plan", "x.plan").exit_code == 0
    assert connectors("run", "docusign", "setup").exit_code == 0
    assert connectors("run", "docusign", "backfill", "--since", "2026-01-01").exit_code == 0
    assert SIGNED in tags(box)


# --- wrong usage -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "hubspot"),
        ("doctor", "docusign", "setup"),
        ("plan", "docusign", "events"),
        ("plan", "docusign", "setup", "again"),
        ("plan", "lists", "--remove"),
        ("plan", "--adopt", "a=1"),
        ("plan", "docusign", "--adopt", "a"),
        ("plan", "docusign", "--adopt", "a=1", "--adopt", "a=2"),
        ("plan", "docusign", "--adopt", "a=1", "--remove"),
        ("plan", "lists", "contacts"),
        ("run", "docusign", "lists"),
        ("run", "docusign", "events", "reconcile"),
        ("run", "docusign", "backfill"),
        ("run", "docusign", "backfill", "--since", "yesterday"),
        ("run", "docusign", "backfill", "--since", "2026-01-01T08:00"),
        ("run", "docusign", "backfill", "--since", "2026-13-01"),
        ("run", "docusign", "events", "--since", "2026-01-01"),
        ("run", "docusign", "--until", "2026-01-01"),
        ("run", "docusign", "envelope"),
        ("run", "docusign", "envelope", "1", "2"),
        ("run", "docusign", "--account", "1"),
        ("run", "docusign", "events", "--plan", "x.plan"),
        ("run", "--plan", "x.plan", "--since", "2026-01-01"),
        ("run", "getresponse", "events"),
        ("run", "lists", "--since", "2026-01-01"),
    ],
)
def test_wrong_usage_is_exit_code_2(box: Sandbox, arguments: tuple[str, ...]) -> None:
    done = connectors(*arguments)
    assert done.exit_code == 2
    assert len(box.calls) == 0


def said(done: Any) -> str:
    """What stands on stderr, without the lines and the frame that a terminal has."""
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", ["doctor", "plan", "run", "serve"])
def test_a_word_that_is_nearly_right_is_told_the_right_one(box: Sandbox, command: str) -> None:
    done = connectors(command, "docusing")

    assert done.exit_code == 2
    assert "there is no 'docusing'; there are getresponse," in said(done)
    assert "did you mean 'docusign'?" in said(done)


def test_a_job_that_is_nearly_right_is_told_the_right_one(box: Sandbox) -> None:
    assert "did you mean 'events'?" in said(connectors("run", "docusign", "evnts"))


def test_a_word_that_is_like_none_is_told_what_there_is(box: Sandbox) -> None:
    told = said(connectors("doctor", "hubspot"))

    assert "there is no 'hubspot'; there are getresponse, docusign" in told
    assert "did you mean" not in told


@pytest.mark.parametrize("command", [("doctor",), ("plan",), ("run",), ("run", "contacts")])
def test_where_only_docusign_is_configured_the_word_that_lacks_is_told(
    box: Sandbox, command: tuple[str, ...]
) -> None:
    done = connectors(*command)

    assert done.exit_code == 1
    assert "the table [getresponse] is missing" in done.stderr
    assert "`connectors doctor docusign`" in done.stderr


@pytest.mark.parametrize("command", [("doctor",), ("plan",), ("run",), ("run", "docusign")])
def test_a_file_of_neither_says_which_table_is_missing(
    box: Sandbox, command: tuple[str, ...]
) -> None:
    Path("connections.toml").write_text('[store]\nurl = "sqlite:///sync.db"')

    done = connectors(*command)

    assert done.exit_code == 1
    assert "] is missing" in done.stderr
    assert "behind the command" not in done.stderr


def test_wrong_words_are_told_what_there_is(box: Sandbox) -> None:
    done = connectors("run", "docusign", "everything")
    assert "there is no job 'everything'" in done.stderr
    assert "setup, events" in done.stderr
