"""A Python of dbt's environment that has imported dbt already, and forks for each command.

Importing is most of what a small dbt command costs. Each command is still a process of its own, which
calls what the command ``dbt`` calls. This file runs in dbt's environment: it needs nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Run each command that a line of standard input names; answer with its exit code."""
    import dbt.adapters.bigquery  # by a command, when it runs
    import dbt.cli.main

    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.chdir(asked["folder"])
            said = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(said, 1)
            os.dup2(said, 2)
            sys.argv = ["dbt", *asked["arguments"]]
            try:
                dbt.cli.main.cli()
            except SystemExit as ended:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(ended.code if isinstance(ended.code, int) else ended.code is not None)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
