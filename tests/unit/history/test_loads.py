"""A load whose job can't be looked at: it ends as an error of the warehouse, never as another."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from google.api_core import exceptions as api
from google.auth.credentials import AnonymousCredentials

from plumbline.core.errors import WarehouseError
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import UPLOAD_SECONDS, append
from plumbline.history.tables import STATE
from support.targets import bigquery_target

TAKEN = api.Conflict("Already Exists: Job", errors=[{"reason": "duplicate"}])  # type: ignore[no-untyped-call]
DENIED = api.Forbidden(  # type: ignore[no-untyped-call]
    "Access Denied", errors=[{"reason": "accessDenied", "message": "Access Denied"}]
)


@pytest.fixture
def own() -> OwnDataset:
    own = OwnDataset(
        bigquery_target(), endpoint="http://127.0.0.1:9", credentials=AnonymousCredentials()
    )
    own.client = mock.Mock()
    return own


def test_a_taken_id_whose_job_may_not_be_looked_at_is_an_error_of_the_warehouse(
    own: Any,
) -> None:
    own.client.load_table_from_file.side_effect = TAKEN
    own.client.get_job.side_effect = DENIED
    with pytest.raises(WarehouseError, match="Access Denied"):
        append(own, STATE, [{"event_id": "a"}], job_id="j")


def test_one_upload_leaves_time_for_another(own: Any) -> None:
    append(own, STATE, [{"event_id": "a"}], job_id="j")
    assert own.client.load_table_from_file.call_args.kwargs["timeout"] <= UPLOAD_SECONDS
