"""What the image of the present commit is called."""

from __future__ import annotations

from plumbline.core.errors import ConfigError
from plumbline.deploy.apply.declaration import Declaration
from plumbline.project.revision import read_revision


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
