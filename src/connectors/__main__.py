"""`python -m connectors` is the `connectors` command."""

import sys

try:
    from .cli import main
except ModuleNotFoundError as missing:
    sys.exit(f"the command needs {missing.name}: pip install 'connectors[cli]'")

if __name__ == "__main__":
    main()
