"""The command `halyard`: the engine's command line over the shipped API."""

import sys

from actions.bootstrap import Gateway
from gateway.cli.main import make_cli


def main() -> None:
    """Run the command line."""
    # A user's own actions are usually beside where the command is run.
    sys.path.insert(0, "")
    make_cli(Gateway)()


if __name__ == "__main__":
    main()
