"""The fixture that ships with the library, in a project of somebody else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "connectors.testing.pytest_plugin")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project that takes warnings and unknown markers as errors; it has the plugin by itself
    where the library is installed with its entry points."""
    pytester.makeini(
        "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n"
    )
    return pytester


def run(project: pytest.Pytester, *more: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:connectors", *PLUGIN, *more)


def test_every_test_gets_a_fresh_sandbox(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from connectors import GetResponseClient

        def call(box):
            with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
                return client.accounts.get()

        def test_one(connectors_sandbox):
            call(connectors_sandbox)
            assert len(connectors_sandbox.calls) == 1

        def test_another(connectors_sandbox):
            assert len(connectors_sandbox.calls) == 0
            assert connectors_sandbox.dynamics.rows("contact") == []
        """
    )
    run(project).assert_outcomes(passed=2)


def test_a_marker_says_how_it_is_made(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from datetime import datetime, UTC
        import pytest
        from connectors import Sandbox

        @pytest.mark.connectors_sandbox(
            seed=3, contacts=7, version="9.1", start=datetime(2030, 1, 1, tzinfo=UTC)
        )
        def test_it(connectors_sandbox):
            box = connectors_sandbox
            assert len(box.dynamics.rows("contact")) == 7
            assert box.getresponse.key == Sandbox(seed=3).getresponse.key
            assert box.dynamics.version == "9.1"
            assert box.clock.now().year == 2030
        """
    )
    run(project).assert_outcomes(passed=1)


def test_a_project_says_how_all_are_made_and_a_marker_differs(project: pytest.Pytester) -> None:
    project.makeini(
        "[pytest]\nconnectors_sandbox_seed = 5\nconnectors_sandbox_contacts = 4\n"
        "addopts = --strict-config\n"
    )
    project.makepyfile(
        """
        import pytest
        from connectors import Sandbox

        def test_all(connectors_sandbox):
            assert len(connectors_sandbox.dynamics.rows("contact")) == 4
            assert connectors_sandbox.getresponse.key == Sandbox(seed=5).getresponse.key

        @pytest.mark.connectors_sandbox(contacts=1)
        def test_one(connectors_sandbox):
            assert len(connectors_sandbox.dynamics.rows("contact")) == 1
            assert connectors_sandbox.getresponse.key == Sandbox(seed=5).getresponse.key
        """
    )
    run(project).assert_outcomes(passed=2)


UNKNOWN = """
    import pytest
    from connectors import GetResponseClient

    {marker}
    def test_it(connectors_sandbox):
        box = connectors_sandbox
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            with pytest.raises(Exception):
                client.request("GET", "no-such-thing")
"""


def test_what_the_sandbox_does_not_know_fails_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(UNKNOWN.format(marker=""))
    done = run(project)
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*the sandbox does not know how the real service answers this:*"])
    done.stdout.fnmatch_lines(["*GET https://api.getresponse.com/v3/no-such-thing*"])


def test_unless_it_is_allowed(project: pytest.Pytester) -> None:
    marker = "@pytest.mark.connectors_sandbox(allow_unknown=True)"
    project.makepyfile(UNKNOWN.format(marker=marker))
    run(project).assert_outcomes(passed=1)


def test_what_it_does_not_know_is_named_once_for_each_operation(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from connectors import GetResponseClient

        def test_it(connectors_sandbox):
            box = connectors_sandbox
            with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
                for path in ("things/aB3", "things/Xy7", "others"):
                    with pytest.raises(Exception):
                        client.request("GET", path)
        """
    )
    done = run(project)
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(
        [
            "  GET https://api.getresponse.com/v3/things/… (* times)",
            "  GET https://api.getresponse.com/v3/others (* times)",
        ],
        consecutive=True,
    )


UNUSED = """
    import pytest
    from connectors import GetResponseClient
    from connectors.sandbox import Fault

    {marker}
    def test_it(connectors_sandbox):
        box = connectors_sandbox
        box.faults.add(Fault("lost", path="/acounts"))
        box.faults.add(Fault("answer", path="/accounts", times=9))
        box.faults.add(Fault("slow", seconds=1))
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            with pytest.raises(Exception):
                client.accounts.get()
        {more}
"""


def test_a_fault_that_never_struck_fails_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(UNUSED.format(marker="", more=""))
    done = run(project)
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(
        [
            "no call was hit by this:",
            "  Fault('lost', path='/acounts')",
            "  Fault('slow', seconds=1)",
            "(@pytest.mark.connectors_sandbox(allow_unused_faults=True) lets it pass*",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize(
    ("marker", "more"),
    [
        ("@pytest.mark.connectors_sandbox(allow_unused_faults=True)", ""),
        ("", "box.faults.clear()"),
    ],
)
def test_unless_that_is_allowed_or_they_are_cleared(
    project: pytest.Pytester, marker: str, more: str
) -> None:
    project.makepyfile(UNUSED.format(marker=marker, more=more))
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("seeds=1", "*unexpected keyword argument 'seeds'*"),
        ("50", "*takes names, such as contacts=*"),
    ],
)
def test_a_marker_that_cannot_be_says_so(project: pytest.Pytester, marker: str, told: str) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.connectors_sandbox({marker})
        def test_it(connectors_sandbox):
            pass
        """
    )
    done = run(project)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([told])


def test_the_plugin_costs_a_project_nothing_until_it_is_used() -> None:
    code = (
        "import pytest, json, sys; before = set(sys.modules)\n"
        "import connectors.testing.pytest_plugin\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = {name for name in json.loads(done.stdout) if "connectors" not in name}
    assert not loaded & {"attr", "attrs", "httpx", "msgspec", "sqlalchemy", "cattrs", "vcr"}
    assert len(loaded) < 5


def test_the_plugin_is_announced_to_pytest() -> None:
    from importlib.metadata import distribution

    (found,) = [e for e in distribution("connectors").entry_points if e.group == "pytest11"]
    assert found.value == "connectors.testing.pytest_plugin"
