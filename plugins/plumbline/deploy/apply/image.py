"""The image of the present commit: what it is called, and how it is built."""

from __future__ import annotations

from plumbline.core.errors import ConfigError
from plumbline.deploy.apply.declaration import Declaration
from plumbline.deploy.gcloud import Gcloud
from plumbline.deploy.steps import Step
from plumbline.models.dbt_home import find_dbt_home
from plumbline.project.revision import REVISION_VARIABLE, read_revision


def name_image(declared: Declaration) -> str:
    """The image with its tag, which is the commit.

    Raises:
        ConfigError: the project is not in git, or differs from its commit.
    """
    root = declared.project.root
    found = read_revision(root)
    if found is None:
        raise ConfigError(
            f"{root} is not in git", fix="deploy from a git clone, so that runs know their revision"
        )
    if found.dirty:
        raise ConfigError(
            "the working tree has uncommitted changes",
            fix="commit them first (git status), so that runs report the right revision",
        )
    return f"{declared.image}:{found.commit}"


def build_image(declared: Declaration, gcloud: Gcloud, image: str) -> Step:
    """Build and push ``image`` with docker, if its registry doesn't have it.

    Raises:
        GcloudError: docker is missing or fails.
    """
    what = f"the image {image}"
    # A tag is a commit: what it holds is never another.
    if gcloud.has_image(image):
        return Step(what, "nothing to do")
    registry, commit = image.partition("/")[0], image.rpartition(":")[2]
    gcloud.change("auth", "configure-docker", registry, role="no role")
    revision = f"--build-arg={REVISION_VARIABLE}={commit}"
    root = declared.project.root
    home = find_dbt_home(declared.project)
    contexts = [] if home.is_own else [f"--build-context=dbt={home.root}"]
    gcloud.docker_change("build", *contexts, revision, f"--tag={image}", str(root), role="Docker")
    gcloud.docker_change(
        "push", image, role="roles/artifactregistry.writer on the repository of images"
    )
    return Step(what, "create")
