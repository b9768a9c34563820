"""The project's checks. Plain `nox` runs all of them, in the order of this file."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "no"

PROJECT = nox.project.load_toml("pyproject.toml")


# A page's code blocks build on one another, so a file stays in one process.
PARALLEL = ("-n", "auto", "--dist", "loadfile")


def group(name: str) -> list[str]:
    """The requirements of one dependency group of `pyproject.toml`."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def lint(session: nox.Session) -> None:
    """Style, generated files that are up to date, imports that follow the arrows."""
    session.install("-e", ".", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "scripts/blocking.py", "--check")
    session.run("python", "scripts/arrows.py")
    session.run("python", "scripts/coverage.py", "--check")
    session.run("python", "scripts/machines.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict over the library, the tests, the examples and the scripts."""
    session.install("-e", ".[cli,mail,notebook,vcr,web]", *group("types"), *group("test"))
    session.run("mypy", *session.posargs)


@nox.session
def typing_api(session: nox.Session) -> None:
    """pyright over what users write: a second opinion on the public types."""
    session.install("-e", ".", *group("typing"))
    session.run("pyright", "--warnings")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite, with the code blocks of the README and of the docs."""
    session.install("-e", ".[cli,mail,notebook,vcr,web]", *group("test"))
    session.run("pytest", *PARALLEL, *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site; a warning fails it."""
    session.install("-e", ".", *group("docs"))
    env = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", "build", "--strict", *session.posargs, env=env)


# What neither a wheel nor the HTTP library can change: pure rules, the sandbox itself, and the long
# crash and property runs.
UNTOUCHED = ("domain", "engine", "integration", "sandbox", "requirements", "bridge", "bridge_web")


@nox.session
def wheel(session: nox.Session) -> None:
    """The tests against the built wheel, as a host would install it, over the other HTTP library."""
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(dist), ".")
    (built,) = dist.glob("*.whl")
    session.install(f"{built}[cli,mail,notebook,vcr,web]", *group("test"))
    where = "import connectors; assert 'site-packages' in connectors.__file__, connectors.__file__"
    session.run("python", "-c", where)
    env = {"CONNECTORS_HTTP_BACKEND": "httpx2"}
    left = [f"--ignore=tests/{folder}" for folder in UNTOUCHED]
    session.run("pytest", *PARALLEL, *left, *session.posargs, env=env)
