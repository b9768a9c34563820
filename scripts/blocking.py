"""Write each blocking facade from its async twin: `aio.py` → `blocking.py` beside it, and for a
facade of several files `aio/x.py` → `blocking/x.py`.

    python scripts/blocking.py [--check] [PACKAGE]

Logic lives in flows that know no world; a facade is thin, so renaming whole words is enough.
In `aio.py`, a line that ends with `# blocking: skip` is left out, and so are the lines between
`# blocking: off` and `# blocking: on`. A twin whose source is gone is deleted.
"""

import argparse
import ast
import difflib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HEADER = "# Generated from its twin in aio by scripts/blocking.py; edit that.\n"
PACKAGE = Path(__file__).parent.parent / "src" / "connectors"
STRICT_RULES = True  # a rule that changes nothing in the whole tree is an error

RULES: dict[str, str] = {
    # syntax
    r"\basync (def|with|for)\b": r"\1",
    r"(?<![\w\])])\(await ([\w.]+\([^()\n]*\))\)(?=[.\[])": r"\1",  # (await f(x)).y
    r"\bawait ": "",
    r"\b__a(enter|exit|iter|next)__\b": r"__\1__",
    # modules: `from ..runtime.aio import …`, `from ..runtime import aio`
    r"\baio\b": "blocking",
    # names: AsyncIterator, AsyncGetResponseClient, _AsyncContacts, …
    r"\b(_*)Async(?=[A-Z])": r"\1",
    r"\baclose\b": "close",
    r"\b(\w+)_async\b": r"\1",  # Slots.take_async
    # words and examples in docstrings
    r" `blocking\.py` beside it is generated\.": "",
    r"(?m)^ *import asyncio\n": "",
    r"\basyncio\.run\((.*)\)": r"\1",
    r"\basync(?:hronous)?\b": "blocking",
}
OFF = re.compile(r"^[ \t]*# blocking: off\n.*?^[ \t]*# blocking: on\n", re.MULTILINE | re.DOTALL)
SKIP = re.compile(r"^.*# blocking: skip\n", re.MULTILINE)
ASYNC_NODES = (ast.AsyncFunctionDef, ast.AsyncWith, ast.AsyncFor, ast.Await)


def twin(source: str, name: str, used: set[str]) -> str:
    """The blocking text for the async `source`; adds each rule that changed it to `used`."""
    text = SKIP.sub("", OFF.sub("", source))
    if left := re.search(r"# blocking: (?:off|on|skip)\b", text):
        line = source[: source.find(left[0])].count("\n") + 1
        raise SystemExit(f"{name}: `{left[0]}` without its partner, near line {line}")
    for pattern, replacement in RULES.items():
        text, count = re.subn(pattern, replacement, text)
        if count:
            used.add(pattern)
    for node in ast.walk(ast.parse(text, name)):
        if isinstance(node, ASYNC_NODES) or (isinstance(node, ast.comprehension) and node.is_async):
            raise SystemExit(f"{name}: {type(node).__name__} is left; RULES does not cover it")
    return tidy(HEADER + text)


def twin_of(source: Path) -> Path:
    """Where the twin of `source` goes; `source` itself where it has none."""
    if source.name == "aio.py":
        return source.with_name("blocking.py")
    if source.parent.name == "aio":
        return source.parent.with_name("blocking") / source.name
    return source


def tidy(text: str) -> str:
    """`text` in the house format: renamed imports and lists have to be sorted anew."""
    ruff = [sys.executable, "-m", "ruff"] if importlib.util.find_spec("ruff") else ["ruff"]
    if not shutil.which(ruff[0]):
        raise SystemExit("the twins are formatted by ruff, which is not installed")
    home = PACKAGE / "blocking.py"  # for ruff to find the project's settings
    for arguments in (["check", "--fix-only", "--select=I,RUF022,RUF023"], ["format"]):
        command = [*ruff, *arguments, "--quiet", f"--stdin-filename={home}", "-"]
        text = subprocess.run(
            command, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True
        ).stdout
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the twins, or with `--check` show how they differ; the exit status."""
    parser = argparse.ArgumentParser(description="Write the twin of each aio.py.")
    parser.add_argument("package", nargs="?", type=Path, default=PACKAGE)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    options = parser.parse_args(arguments)
    used: set[str] = set()
    stale = False
    pairs = {s: twin_of(s) for s in sorted(options.package.rglob("*.py")) if twin_of(s) != s}
    for target in sorted(options.package.rglob("*.py")):
        if "blocking" in (target.stem, target.parent.name) and target not in pairs.values():
            stale = True
            print(f"{target} has no source")
            if not options.check:
                target.unlink()
    for source, target in pairs.items():
        old = target.read_text(encoding="utf-8") if target.exists() else None
        new = twin(source.read_text(encoding="utf-8"), str(source), used)
        if old == new:
            continue
        stale = True
        if options.check:
            lines = (old or "").splitlines(), new.splitlines()
            print(*difflib.unified_diff(*lines, str(target), "generated", lineterm=""), sep="\n")
        else:
            target.parent.mkdir(exist_ok=True)
            target.write_text(new, encoding="utf-8")
            print(f"wrote {target}")
    unused = [pattern for pattern in RULES if pattern not in used]
    if unused:
        print("rules that change nothing:", *unused, sep="\n  ")
    return int((stale and options.check) or (bool(unused) and STRICT_RULES))


if __name__ == "__main__":
    sys.exit(main())
