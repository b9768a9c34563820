"""Prove that imports run one way: which room of the library may import which.

    python scripts/arrows.py [PACKAGE]

Every import counts: at the top of a file, inside a function, under `if TYPE_CHECKING`.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "connectors"
FRONT = "connectors"  # the front door, `connectors/__init__.py`

FLOOR = {"errors", "core"}
VENDORS = {"activecampaign", "docusign", "dynamics", "getresponse"}
ENGINE = {"errors", "core", "domain", "engine"}

# room → the rooms it may import beside itself
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "core": {"errors"},
    "runtime": FLOOR,
    **{vendor: FLOOR | {"runtime"} for vendor in VENDORS},
    "domain": {"errors"},
    "engine": ENGINE - {"engine"},
    "stores": ENGINE,
    "dispatch": ENGINE,
    "reports": ENGINE,
    "integrations": ENGINE | VENDORS | {"runtime"},
    "sandbox": set(),
    "testing": {"errors", "sandbox"},
}
ROOMS["connections"] = set(ROOMS) - {"sandbox", "testing"}
ROOMS["demo"] = set(ROOMS) - {"testing"}
ROOMS["cli"] = {FRONT, *ROOMS}
ROOMS["__main__"] = {"cli"}
ROOMS[FRONT] = set(ROOMS)  # but only lazily

# a file or folder of this name, in any room → the rooms it may not import although its room may
FILES: dict[str, set[str]] = {"calls": {"runtime"}, "flows": {"runtime"}}

# a library → the only files that may import it
LIBRARIES: dict[str, set[str]] = {
    "httpx": {"runtime/http.py"},
    "httpx2": {"runtime/http.py"},
}


def violations(package: Path = PACKAGE) -> list[str]:
    """Every import against the arrows, as `file:line: what is wrong`."""
    found = []
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if room_of(inside) not in ROOMS:
            found.append(f"{path}:1: room {room_of(inside)} has no row in scripts/arrows.py")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for node, eager in imports(tree):
            for target in targets(node, inside, package):
                if wrong := fault(target, inside, eager):
                    found.append(f"{path}:{node.lineno}: {wrong}")
    return found


def fault(target: str, inside: Path, eager: bool) -> str | None:
    """What is wrong when the file `inside` the package imports the module `target`."""
    library, _, rest = target.partition(".")
    if library != FRONT:
        if inside.as_posix() in LIBRARIES.get(library, {inside.as_posix()}):
            return None
        return f"{inside.as_posix()} may not import {library}"
    room, other = room_of(inside), rest.partition(".")[0] or FRONT
    if other not in ROOMS[room] | {room}:
        return f"room {room} may not import room {other}"
    if any(other in FILES.get(part, ()) for part in inside.with_suffix("").parts):
        return f"room {room} may not import room {other} in {inside.as_posix()}"
    if room == FRONT and eager:
        return f"the front door may import room {other} only lazily"
    return None


def room_of(inside: Path) -> str:
    """The room of a file, given by its path inside the package."""
    if inside.parts == ("__init__.py",):
        return FRONT
    return inside.parts[0].removesuffix(".py")


def imports(
    tree: ast.AST, eager: bool = True
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Each import below `tree`, and whether it runs when the module is loaded."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, eager
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for child in node.body:
                yield from imports(ast.Module([child], []), False)
            for child in node.orelse:
                yield from imports(ast.Module([child], []), eager)
        else:
            lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(node, eager and not lazy)


def targets(node: ast.Import | ast.ImportFrom, inside: Path, package: Path) -> Iterator[str]:
    """The modules that an import names, in full."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parents = [FRONT, *inside.parent.parts]
        base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
    if base != FRONT:
        yield base
        return
    for alias in node.names:  # `from connectors import x`: a room, or a name of the front door
        room = package / alias.name
        is_room = room.is_dir() or room.with_suffix(".py").exists()
        yield f"{FRONT}.{alias.name}" if is_room else FRONT


def main(arguments: Sequence[str]) -> int:
    """Print the violations; the exit status."""
    found = violations(*map(Path, arguments[:1]))
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
