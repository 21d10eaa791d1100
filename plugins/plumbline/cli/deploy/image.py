"""``plumbline deploy image``: what the image of this commit is called."""

from __future__ import annotations

from plumbline.cli.commands import Command, Example
from plumbline.cli.output import write_result
from plumbline.cli.session import current_session


def image() -> int:
    """Print the name of the current commit's image, tagged with the commit.

    Fails if the working tree has uncommitted changes, because a run would report the wrong
    revision.
    """
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.deploy.apply.image import name_image

    project = current_session().project()
    write_result(f"{name_image(read_declaration(project))}\n")
    return 0


command = Command(
    name="image",
    callback=image,
    examples=(
        Example("plumbline deploy image", "print the image name for docker build and docker push"),
    ),
)
