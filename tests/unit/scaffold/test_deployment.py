"""`plumbline deploy init`: what deploys a project of one's own, from an installed plumbline."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from plumbline.cli.main import invoke
from plumbline.core import installation
from plumbline.core.errors import ConfigError
from plumbline.core.installation import Installation
from plumbline.deploy.apply.declaration import read_declaration
from plumbline.deploy.gcloud import Gcloud
from plumbline.lint.linter import lint
from plumbline.project import Project
from plumbline.scaffold.deployment import Wanted, write_deployment
from plumbline.scaffold.project import make_project
from support.dbt_manifest import manifest, model
from support.dockerfile import read_dockerfile
from support.fake_gcloud import FakeGcloud
from support.repositories import git

WHEEL = "plumbline_dq-0.1.0-py3-none-any.whl"
CLOUD_RUN = Wanted("cloud-run", "bigquery", "my-project", "us-west2")
DOCKER = Wanted("docker", "bigquery")


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    """plumbline, installed from a wheel outside of the project."""
    wheel = tmp_path / "downloads" / WHEEL
    wheel.parent.mkdir()
    wheel.write_bytes(b"a wheel")
    return Installation("0.1.0", wheel.as_uri(), hashlib.sha256(b"a wheel").hexdigest())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project as `plumbline init` makes it, in git."""
    folder = make_project(tmp_path / "shop", name=None, example=True).root
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def written(root: Path, wanted: Wanted, installed: Installation | None) -> set[str]:
    done = write_deployment(Project(root), wanted, installed)
    return {str(path.relative_to(root)) for path in done.written}


def run_lines(root: Path) -> list[str]:
    return [step.value for step in read_dockerfile(root / "Dockerfile") if step.word == "RUN"]


def test_for_cloud_run_all_is_there_for_apply(root: Path, installed: Installation) -> None:
    assert written(root, CLOUD_RUN, installed) == {
        ".dockerignore",
        ".github/workflows/plumbline-shop-bigquery-watchdog.yml",
        "Dockerfile",
        "deploy/constraints.txt",
        "deploy/deploy.yml",
        f"wheels/{WHEEL}",
    }
    declared = yaml.safe_load((root / "deploy/deploy.yml").read_text())
    assert (declared["project"], declared["region"]) == ("my-project", "us-west2")
    assert declared["secrets"] == {"SLACK_WEBHOOK_URL": "shop-bigquery-slack-webhook-url"}
    assert [finding.what for finding in lint(Project(root)).findings] == []


def test_again_nothing_is_overwritten(root: Path, installed: Installation) -> None:
    written(root, CLOUD_RUN, installed)
    (root / "Dockerfile").write_text("FROM mine\n")
    done = write_deployment(Project(root), CLOUD_RUN, installed)
    assert done.written == ()
    assert root / "Dockerfile" in done.kept
    assert (root / "Dockerfile").read_text() == "FROM mine\n"


def test_the_image_installs_the_wheel_that_is_installed_here(
    root: Path, installed: Installation
) -> None:
    written(root, CLOUD_RUN, installed)
    lines = run_lines(root)
    assert f"python -m pip install ./wheels/{WHEEL}" in lines
    check = next(line for line in lines if "sha256sum" in line)
    assert subprocess.run(check, shell=True, cwd=root, check=False).returncode == 0
    (root / "wheels" / WHEEL).write_bytes(b"another wheel")
    assert subprocess.run(check, shell=True, cwd=root, check=False).returncode != 0


def test_a_wheel_that_lies_elsewhere_in_the_project_is_installed_from_its_copy(
    root: Path,
) -> None:
    wheel = root / "dist" / WHEEL
    wheel.parent.mkdir()
    wheel.write_bytes(b"a wheel")
    written(root, DOCKER, Installation("0.1.0", wheel.as_uri()))
    assert f"python -m pip install ./wheels/{WHEEL}" in run_lines(root)


@pytest.mark.parametrize(
    ("url", "commit", "line", "base"),
    [
        (
            "https://github.com/acme/plumbline",
            "0" * 40,
            f"git+https://github.com/acme/plumbline@{'0' * 40}",
            r"FROM python:3\.\d+ AS build",
        ),
        (
            f"https://files.acme.example/{WHEEL}",
            None,
            f"https://files.acme.example/{WHEEL}#sha256=ab",
            r"FROM python:3\.\d+-slim AS build",
        ),
    ],
    ids=["git", "a URL"],
)
def test_the_image_installs_from_where_plumbline_was_installed(
    root: Path, url: str, commit: str | None, line: str, base: str
) -> None:
    written(root, CLOUD_RUN, Installation("0.1.0", url, None if commit else "ab", commit))
    assert any(line in one for one in run_lines(root))
    assert re.search(base, (root / "Dockerfile").read_text())


def test_a_locked_file_is_installed_by_its_hashes(root: Path) -> None:
    locked = root / "requirements.txt"
    locked.write_text(f"plumbline-dq==0.1.0 \\\n    --hash=sha256:{'a' * 64}\n")
    found = written(root, Wanted("docker", "bigquery", requirements=locked), None)
    assert "deploy/constraints.txt" not in found
    assert "python -m pip install --require-hashes -r requirements.txt" in run_lines(root)
    assert "!requirements.txt" in (root / ".dockerignore").read_text()


@pytest.mark.parametrize(
    "installed",
    [None, Installation("0.1.0"), Installation("0.1.0", "file:///src", is_editable=True)],
    ids=["not installed", "from an index", "from sources"],
)
def test_it_is_refused_where_it_can_not_be_said_what_to_install(
    root: Path, installed: Installation | None
) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(ConfigError) as caught:
        write_deployment(Project(root), CLOUD_RUN, installed)
    assert "--requirements" in str(caught.value.fix)
    assert sorted(root.rglob("*")) == before


def test_in_a_monorepo_the_watchdog_is_at_the_root_and_names_the_folder(
    tmp_path: Path, installed: Installation
) -> None:
    top = tmp_path / "monorepo"
    root = make_project(top / "data" / "shop", name=None, example=True).root
    git(top, "init", "--quiet", "--initial-branch=main")
    write_deployment(Project(root), CLOUD_RUN, installed)
    workflow = top / ".github/workflows/plumbline-shop-bigquery-watchdog.yml"
    steps = yaml.safe_load(workflow.read_text())["jobs"]["check"]["steps"]
    assert steps[-1]["run"] == (
        "plumbline schedule check --target bigquery --project-dir data/shop"
    )
    install = next(step["run"] for step in steps if step.get("name") == "Install plumbline")
    assert f"pip install ./data/shop/wheels/{WHEEL}" in install
    assert f"python -m pip install ./wheels/{WHEEL}" in run_lines(root)


def test_the_watchdog_pins_the_actions_as_this_repositorys_own(
    root: Path, installed: Installation
) -> None:
    written(root, CLOUD_RUN, installed)
    here = Path(__file__).parents[3] / ".github/workflows/watchdog.yml"
    pins = re.compile(r"uses: (\S+@\S+ # \S+)")
    made = (root / ".github/workflows/plumbline-shop-bigquery-watchdog.yml").read_text()
    assert pins.findall(made) == pins.findall(here.read_text())


def test_compose_runs_the_schedules_and_shows_the_site(root: Path, installed: Installation) -> None:
    written(root, DOCKER, installed)
    compose = yaml.safe_load((root / "compose.yaml").read_text())
    runs, shows = compose["services"]["plumbline"], compose["services"]["docs"]
    assert runs["command"] == ["schedule", "run", "--target", "bigquery"]
    assert runs["read_only"] is shows["read_only"] is True
    assert runs["environment"]["SLACK_WEBHOOK_URL"] == "${SLACK_WEBHOOK_URL:-}"
    state = runs["environment"]["PLUMBLINE_STATE_DIR"]
    assert runs["volumes"] == [f"state:{state}", f"site:{state}/docs"]
    assert "root /site;" in (root / "deploy/nginx.conf").read_text()
    assert "site:/site:ro" in shows["volumes"]
    assert shows["ports"] == ["127.0.0.1:8080:8080"]
    # A volume is made with the owner of the folder in the image that it covers.
    user = next(step.value for step in read_dockerfile(root / "Dockerfile") if step.word == "USER")
    assert any(f"chown -R {user} /state" in line for line in run_lines(root))


def test_the_image_of_a_folder_in_a_dbt_project_has_dbts_manifest(
    tmp_path: Path, installed: Installation
) -> None:
    dbt = tmp_path / "shop"
    dbt.mkdir()
    (dbt / "dbt_project.yml").write_text("name: shop\ntarget-path: out\n")
    root = make_project(dbt, name=None, example=True).root
    write_deployment(Project(root), DOCKER, installed)
    text = (root / "Dockerfile").read_text()
    assert "docker build --build-context dbt=.. " in text
    steps = [f"{step.word} {step.value}" for step in read_dockerfile(root / "Dockerfile")]
    at = steps.index("WORKDIR /app/plumbline")
    assert steps[at + 1 : at + 4] == [
        "COPY . .",
        "COPY --from=dbt dbt_project.yml ../dbt_project.yml",
        "COPY --from=dbt out/manifest.json ../out/manifest.json",
    ]
    compose = yaml.safe_load((root / "compose.yaml").read_text())
    assert compose["services"]["plumbline"]["build"]["additional_contexts"] == {"dbt": ".."}
    (dbt / "out").mkdir()
    (dbt / "out/manifest.json").write_text(manifest(model("orders")))
    wanted = replace(CLOUD_RUN, google_project="shop-project")
    write_deployment(Project(root), wanted, installed)
    assert read_declaration(Project(root)).monitored_datasets == ("shop",)


# From init to apply, as it is typed


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGcloud:
    fake = FakeGcloud(tmp_path)
    fake.change("bq", "my-project:shop")
    monkeypatch.setattr(Gcloud, "sleep", lambda *_: None)
    fake.install(monkeypatch)
    return fake


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that writes down how it is called; its registry has no image until one is pushed."""
    log, folder = tmp_path / "docker.log", tmp_path / "docker-bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = manifest ] && exec grep -qx "push $3" {log}\necho "$@" >> {log}\n'
    )
    program.chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return log


def deploy(root: Path, *arguments: str) -> int:
    return invoke([f"--project-dir={root}", "deploy", *arguments])


@pytest.mark.slow
def test_a_project_of_ones_own_is_applied_with_its_image(
    root: Path,
    installed: Installation,
    gcloud: FakeGcloud,
    docker: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(installation, "read_installation", lambda: installed)
    monkeypatch.delenv("PLUMBLINE_PROJECT", raising=False)
    assert deploy(root, "init", "--project", "my-project", "--region", "us-west2") == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "deploy")
    commit = git(root, "rev-parse", "HEAD")
    image = f"us-west2-docker.pkg.dev/my-project/plumbline/plumbline-shop-bigquery:{commit}"
    assert deploy(root, "apply", "--build", "--dry-run") == 0
    said = capsys.readouterr().out
    assert f"docker build --build-arg=PLUMBLINE_REVISION={commit} --tag={image}" in said
    assert (gcloud.changes, docker.read_text()) == ([], "")
    gcloud.push(image, commit)  # the stand-in for docker reaches no registry
    assert deploy(root, "apply", "--build") == 0
    assert docker.read_text().splitlines()[-1] == f"push {image}"
    job = gcloud.resource("run jobs", "plumbline-shop-bigquery-health-check")
    assert job is not None
    assert image in json.dumps(job)
    assert gcloud.resource("secrets", "shop-bigquery-slack-webhook-url") is not None
    assert gcloud.resource("bq", "my-project:plumbline") is not None
    capsys.readouterr()
    assert deploy(root, "apply", "--build") == 0
    assert {line[:14].strip() for line in capsys.readouterr().out.splitlines()} == {"nothing to do"}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("apply",), "plumbline deploy init --project PROJECT --region REGION"),
        (("init",), "for example --project my-project --region us-west2"),
        (("init", "--project", "my-project"), "for example --region us-west2"),
        (("init", "--platform", "docker", "--target", "nowhere"), "--target bigquery"),
    ],
    ids=["not declared", "no project", "no region", "no target"],
)
def test_wrong_usage_is_64_with_its_fix(
    root: Path,
    installed: Installation,
    arguments: tuple[str, ...],
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(installation, "read_installation", lambda: installed)
    monkeypatch.delenv("PLUMBLINE_PROJECT", raising=False)
    assert deploy(root, *arguments) == 64
    assert what in capsys.readouterr().err
