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
            f"{root} is not in git", fix="deploy from a clone, so that a run can say its revision"
        )
    if found.dirty:
        raise ConfigError(
            "the tree differs from its commit",
            fix="commit first (git status): a run must not say a revision that it is not",
        )
    return f"{declared.image}:{found.commit}"
