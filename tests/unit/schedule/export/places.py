"""Where exported schedules run, for tests."""

from __future__ import annotations

from pathlib import Path

from plumbline.project.state_files import StateFiles
from plumbline.schedule.export.files import Cloud, Machine

MACHINE = Machine(
    command=("/opt/plumbline/bin/python", "-m", "plumbline"),
    project_dir=Path("/srv/dq"),
    state=StateFiles(Path("/var/lib/plumbline"), "shop", "bigquery"),
)
CLOUD = Cloud(
    target="bigquery",
    plumbline_project="shop",
    project="my-project",
    region="us-west2",
    image="us-docker.pkg.dev/my-project/dq/plumbline:1",
    service_account="plumbline@my-project.iam.gserviceaccount.com",
    secrets=("SLACK_WEBHOOK_URL",),
)
