"""A warm Python runs a command as a process of its own, as Python would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.processes import environment
from support.warm_python import warm_python

SAY = """
import json, os, sys, time
print(json.dumps({
    "arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ),
    "read": sys.stdin.read(), "zone": time.tzname[0], "path": sys.path[0],
}))
print("complained", file=sys.stderr)
sys.exit(7)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "say.py").write_text(SAY)
    (tmp_path / "say").mkdir()
    (tmp_path / "say" / "__main__.py").write_text(SAY)
    (tmp_path / "wait.py").write_text(
        "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "program",
    [("-m", "say"), ("-u", "-c", SAY), ("say.py",), ("say",)],
    ids=["module", "text", "script", "folder"],
)
def test_it_says_and_ends_as_python_does(program: tuple[str, ...], folder: Path) -> None:
    changes = {"TZ": "America/New_York", "ONLY": "here"}
    cold, warm = (
        subprocess.run(
            [*python, *program, "a", "--b=c d"],
            cwd=folder,
            env=environment(**changes),
            input="given",
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        for python in ([sys.executable], warm_python())
    )
    assert warm.returncode == cold.returncode == 7
    assert warm.stderr == cold.stderr == "complained\n"
    said = json.loads(warm.stdout)
    assert said == json.loads(cold.stdout)
    assert (said["zone"], said["read"]) == ("EST", "given")


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('it is late')", 1, "it is late"),
        ("raise ValueError('it is late')", 1, "ValueError: it is late"),
    ],
)
def test_a_program_that_has_used_duckdb_ends_as_it_says(
    tmp_path: Path, last: str, code: int, said: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import duckdb, sys\nheld = duckdb.connect()\n"
        f"print(held.sql('select sum(range) from range(1000000)').fetchone()[0])\n{last}\n"
    )
    done = subprocess.run(
        [*warm_python(), "-P", str(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (code, "499999500000\n")
    assert done.stderr.rstrip().endswith(said)


def test_plumbline_ends_with_its_exit_codes(folder: Path) -> None:
    command = [*warm_python(), "-m", "plumbline"]
    codes = [
        subprocess.run(
            [*command, *arguments], cwd=folder, capture_output=True, check=False
        ).returncode
        for arguments in (["--version"], ["--nonsense"], ["list"])
    ]
    assert codes == [0, 64, 64]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_the_command_with_it(folder: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*warm_python(), "-m", "wait"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(60) == -number
    process.stdout.close()
    expires = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < expires
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_signal_that_ends_a_command_is_its_exit_code(
    folder: Path, number: signal.Signals
) -> None:
    (folder / "die.py").write_text(f"import os\nos.kill(os.getpid(), {int(number)})\n")
    done = subprocess.run([*warm_python(), "-m", "die"], cwd=folder, timeout=100, check=False)
    assert done.returncode == -number


def test_two_at_once_do_not_wait_for_each_other(folder: Path) -> None:
    with subprocess.Popen(
        [*warm_python(), "-m", "wait"], cwd=folder, stdout=subprocess.PIPE
    ) as slow:
        quick = subprocess.run(
            [*warm_python(), "-m", "say"], cwd=folder, stdin=subprocess.DEVNULL, check=False,
            capture_output=True, timeout=100,
        )  # fmt: skip
        assert (quick.returncode, slow.poll()) == (7, None)
        os.kill(slow.pid, signal.SIGKILL)
