"""A project begins with an installed plumbline and an empty folder: the tutorial is typed line by line.

Then its schedule is exported, and each file is run as its host would run it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from supply_chain.dist import build
from support.pages import Page
from support.warm_python import warm_python_of

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

ROOT = Path(__file__).parents[2]
TUTORIAL = Page("docs/ten-minutes.md")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the source distribution."""
    wheel, source = build(ROOT, tmp_path_factory.mktemp("dist"))
    return wheel, source


def make_environment(folder: Path) -> Path:
    """A virtual environment that has all packages but plumbline; its folder of programs."""
    venv.create(folder, symlinks=True)
    site = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "all.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, and nothing of the repository."""
    programs = make_environment(tmp_path_factory.mktemp("wheel") / "venv")
    pip = [programs / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--no-deps", "--no-index", str(built[0])],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return programs


class Shell:
    """Somebody's terminal, in an empty folder, with the package and no repository."""

    def __init__(self, folder: Path, *programs: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        ours = ("PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment = kept | {
            "PYTHONSAFEPATH": "1",
            "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
            "PLUMBLINE_STATE_DIR": str(folder / "state"),
            "NO_COLOR": "1",
        }

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


@pytest.fixture(scope="module")
def warm(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the installed `plumbline`, without its three seconds of imports."""
    folder = tmp_path_factory.mktemp("warm")
    with warm_python_of(installed / "python") as python:
        command = shlex.join([*python, "-P", str(installed / "plumbline")])
        (folder / "plumbline").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / "plumbline").chmod(0o755)
        yield folder


@pytest.fixture(scope="module")
def shell(installed: Path, warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    opened = Shell(tmp_path_factory.mktemp("empty"), warm, installed)
    yield opened
    opened.type("plumbline warehouse stop")


def test_the_package_is_the_wheels(shell: Shell, installed: Path) -> None:
    said = shell.type("python -c 'import plumbline; print(plumbline.__file__)'").stdout
    assert said.startswith(str(installed.parent))


def test_the_installed_program_starts(shell: Shell, installed: Path) -> None:
    said = shell.type(f"{installed}/plumbline --version")
    assert (said.returncode, said.stdout) == (0, shell.type("plumbline --version").stdout)


def test_what_is_published_is_what_git_tracks_as_of_its_commit(built: tuple[Path, Path]) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout

    time = int(git("log", "-1", "--format=%ct"))
    with tarfile.open(built[1]) as source:
        members = source.getmembers()
    found = {member.name.partition("/")[2] for member in members if member.isfile()}
    tracked = {name for name in git("ls-files", "-z").split("\0") if (ROOT / name).is_file()}
    left_out = {name.partition("/")[0] for name in tracked - found}
    assert left_out <= {".ci", ".gitignore", ".vscode", "tests"}
    made = {name.rpartition("/")[2] for name in found - tracked}
    assert made <= {"PKG-INFO", "setup.cfg", "SOURCES.txt", "dependency_links.txt",
                    "entry_points.txt", "requires.txt", "top_level.txt"}  # fmt: skip
    assert {(one.mtime, one.uid, one.uname) for one in members} == {(time, 0, "")}
    assert [one.name for one in members] == sorted(one.name for one in members)
    with zipfile.ZipFile(built[0]) as wheel:
        shared = {Path(one.filename).name for one in wheel.infolist() if "/share/" in one.filename}
        schemas = {file.name for file in (ROOT / "schemas").iterdir()}
        assert shared == schemas | {"runtime.txt"}
        package = "plugins/plumbline/"
        assert {name for name in tracked if name.startswith(package)} <= {
            f"plugins/{one.filename}" for one in wheel.infolist()
        }
        whole = datetime.fromtimestamp(time - time % 2, UTC)
        assert {datetime(*one.date_time, tzinfo=UTC) for one in wheel.infolist()} == {whole}


def same_words(text: str) -> str:
    """Without blanks, rules and line breaks, and without the seconds, which differ."""
    return re.sub(r"\d+\.\ds·", "Ns·", re.sub(r"[\s─]+", "", text))


@pytest.mark.timeout(600)
def test_every_step_of_the_tutorial_works_in_an_empty_folder_and_prints_what_it_shows(
    shell: Shell,
) -> None:
    printed = ""
    for block in TUTORIAL.blocks():
        if block.language == "sh":
            printed = ""
            for line in block.text.splitlines():
                if line.startswith("cd "):
                    shell.folder = shell.folder / line.removeprefix("cd ")
                    continue
                done = shell.type(line)
                assert "Traceback" not in done.stderr
                said = (done.stdout + done.stderr).casefold()
                others = {"demo", "season", "basketball", "nba"}
                assert not others & set(re.findall(r"\w+", said)), line
                # 1 and 2 are WARNING and CRITICAL: then the last line has the code.
                ends = done.stdout.rstrip().endswith(f"exit {done.returncode}")
                assert done.returncode == 0 or ends, f"{line}\n{done.stdout}{done.stderr}"
                # The page's reader has the state in the project's folder.
                printed += done.stdout.replace(
                    shell.environment["PLUMBLINE_STATE_DIR"], ".plumbline"
                )
        elif block.language == "text":
            for part in re.split(r"^\.\.\.$", block.text, flags=re.MULTILINE):
                assert same_words(part) in same_words(printed), f"{block.where}\n{printed}"
        elif block.language == "json":
            file = shell.folder / "expectations" / "orders_a_day.json"
            suite = json.loads(file.read_text())
            suite["expectations"][0] = json.loads(block.text)
            file.write_text(json.dumps(suite))


def test_the_tests_that_it_wrote_pass(shell: Shell) -> None:
    done = shell.type("python -m pytest -q -p no:cacheprovider tests")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.fixture(scope="module")
def repository(shell: Shell, built: tuple[Path, Path]) -> Path:
    """A monorepo that holds the project in a folder, and the wheel."""
    root = shell.folder.parent
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    (root / "wheels").mkdir()
    shutil.copy(built[0], root / "wheels")
    return root


NO_ACCOUNT = {"NO_GCE_CHECK": "true"}
NEEDS_ACCOUNT = "target 'bigquery' needs Google credentials"
"""How a run ends that found the project and its target, but has no account."""


def as_host(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` with nothing of this process's environment."""
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_a_line_of_the_crontab_runs_the_project(shell: Shell, tmp_path: Path) -> None:
    said = shell.type("plumbline schedule export --format cron --target local")
    (line,) = re.findall(r"^0 \*/6 \* \* \* (.+)$", said.stdout, re.MULTILINE)
    done = as_host(["/bin/sh", "-c", line.replace(r"\%", "%")], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "✗ CRITICAL  orders_with_email" in done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_service_runs_the_project_as_systemd_reads_it(shell: Shell, tmp_path: Path) -> None:
    units = tmp_path / "units"
    flags = f"--target bigquery --project my-project --output {units}"
    said = shell.type(f"plumbline schedule export --format systemd {flags}")
    assert said.returncode == 0, said.stderr
    checked = as_host(["systemd-analyze", "verify", *map(str, units.iterdir())], tmp_path)
    assert [line for line in checked.stderr.splitlines() if "plumbline" in line] == []
    (service,) = units.glob("*.service")
    keys = re.findall(r"^(\w+)=(.*)$", service.read_text().replace("%%", "%"), re.MULTILINE)
    (command,) = [value for key, value in keys if key == "ExecStart"]
    (folder,) = [value for key, value in keys if key == "WorkingDirectory"]
    pairs = [shlex.split(value)[0].split("=", 1) for key, value in keys if key == "Environment"]
    environment = dict(pairs) | NO_ACCOUNT
    done = as_host(shlex.split(command.replace("$$", "$")), Path(folder), environment)
    assert (done.returncode, NEEDS_ACCOUNT in done.stderr) == (64, True)


def test_the_steps_of_the_workflow_install_the_wheel_and_run_the_project(
    shell: Shell, repository: Path, tmp_path: Path
) -> None:
    said = shell.type("plumbline schedule export --format github-actions --output ../out")
    assert said.returncode == 0, said.stderr
    (file,) = (repository / "out").iterdir()
    (job,) = yaml.safe_load(file.read_text())["jobs"].values()
    programs = make_environment(tmp_path / "python")
    ours = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), "PIP_NO_INDEX": "1"}
    ran = {}
    for step in job["steps"]:
        if "run" not in step:
            continue  # an action: the repository is here, and so is Python
        values = {key: value for key, value in step.get("env", {}).items() if "${{" not in value}
        values |= ours | NO_ACCOUNT | {"PLUMBLINE_PROJECT": "my-project"}
        script = tmp_path / "step.sh"
        script.write_text(step["run"])
        ran[step["name"]] = as_host(["bash", "-e", str(script)], repository, values)
    install, run = ran["Install plumbline"], ran["Run health_check"]
    assert install.returncode == 0, install.stderr
    assert "plumbline_dq-" in install.stdout
    assert (run.returncode, NEEDS_ACCOUNT in run.stderr) == (64, True)


def test_the_job_of_cloud_run_runs_the_project_in_its_image(
    shell: Shell, installed: Path, tmp_path: Path
) -> None:
    account = "dq@my-project.iam.gserviceaccount.com"
    flags = f"--project my-project --region us-west2 --image a/b:1 --service-account {account}"
    said = shell.type(
        f"plumbline schedule export --format cloud-run {flags} --output {tmp_path / 'job'}"
    )
    assert said.returncode == 0, said.stderr
    (file,) = (tmp_path / "job").glob("*.job.yaml")
    task = yaml.safe_load(file.read_text())["spec"]["template"]["spec"]["template"]["spec"]
    (container,) = task["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]} | {
        "PATH": f"{installed}:/usr/bin:/bin",
        "PLUMBLINE_STATE_DIR": str(tmp_path / "state"),
        "HOME": str(tmp_path),
        **NO_ACCOUNT,
    }
    done = as_host([*container["command"], *container["args"]], shell.folder, environment)
    assert (done.returncode, NEEDS_ACCOUNT in done.stderr) == (64, True)


def test_in_a_dbt_project_the_first_run_judges_and_dbts_files_are_as_they_were(
    shell: Shell, warm: Path, installed: Path, tmp_path: Path
) -> None:
    dbt = tmp_path / "warehouse"
    (dbt / "models").mkdir(parents=True)
    (dbt / "dbt_project.yml").write_text("name: warehouse\nprofile: warehouse\n")
    (dbt / "models/orders.sql").write_text("select 1 as n")
    there = Shell(tmp_path / "there", warm, installed)
    there.environment["PLUMBLINE_STATE_DIR"] = str(tmp_path / "state")
    there.folder = dbt
    try:
        assert there.type("plumbline init").returncode == 0
        there.folder = dbt / "plumbline"
        assert there.type("plumbline run").returncode == 2
    finally:
        there.type("plumbline warehouse stop")
    assert (dbt / "dbt_project.yml").read_text() == "name: warehouse\nprofile: warehouse\n"
    assert sorted(path.name for path in dbt.iterdir()) == ["dbt_project.yml", "models", "plumbline"]
