"""Models of pydantic's first version made quickly: the same as ever."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic.v1 import BaseModel, Field, ValidationError, class_validators, fields, validator

from plumbline.evaluate.pydantic_models import models_made_quickly
from support.processes import result_of


class Base(BaseModel):
    """Made as ever."""

    least: float = Field(0.0, ge=0)
    names: list[str] = Field(default_factory=list)
    either: int | str | None = None

    @validator("least")
    def is_even(cls, value: float) -> float:  # noqa: N805 - as pydantic has it
        if value % 2:
            raise ValueError("odd")
        return value


with models_made_quickly():

    class Quick(Base):
        """A subclass of it, made quickly."""

        least: float = Field(2.0, ge=2)

        @validator("names")
        def are_few(cls, value: list[str]) -> list[str]:  # noqa: N805 - as pydantic has it
            if len(value) > 1:
                raise ValueError("too many")
            return value


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"least": 3}, "odd"),
        ({"least": 0}, "greater than or equal to 2"),
        ({"names": ["Ann", "Bob"]}, "too many"),
    ],
)
def test_a_subclass_has_the_checks_of_its_base_and_its_own(
    values: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        Quick(**values)


def test_what_a_subclass_changes_leaves_its_base_as_it_was() -> None:
    assert Base(least=0, names=["Ann", "Bob"]).names == ["Ann", "Bob"]
    assert Base.__fields__["names"].class_validators == {}


def test_a_copied_field_shares_nothing_that_can_change() -> None:
    for name in ("names", "either"):
        ours, base = Quick.__fields__[name], Base.__fields__[name]
        assert ours is not base
        assert ours.field_info is not base.field_info
        assert ours.class_validators is not base.class_validators
        assert ours.sub_fields is None or ours.sub_fields is not base.sub_fields


def test_after_the_block_pydantic_is_as_it_was() -> None:
    before = [dict(vars(one)) for one in (fields.ModelField, fields.FieldInfo, class_validators)]
    with models_made_quickly():
        assert "__deepcopy__" in vars(fields.FieldInfo)
    after = [dict(vars(one)) for one in (fields.ModelField, fields.FieldInfo, class_validators)]
    assert after == before


REAL = """
import contextlib, json, re, sys
quickly = json.loads(sys.argv[1])
from plumbline.evaluate.pydantic_models import models_made_quickly
with models_made_quickly() if quickly else contextlib.nullcontext():
    import great_expectations
from pydantic.v1 import BaseModel

def all_below(one):
    for sub in one.__subclasses__():
        yield sub
        yield from all_below(sub)

def shown(field):
    return [re.sub(" at 0x[0-9a-f]+", "", repr(getattr(field, slot, None))) for slot in
            ("name", "alias", "type_", "outer_type_", "annotation", "required", "default", "shape",
             "allow_none", "field_info", "discriminator_key")] + [
        [getattr(one, "__qualname__", str(type(one))) for one in getattr(field, slot) or ()]
        for slot in ("validators", "pre_validators", "post_validators")] + [
        sorted(field.class_validators), [shown(sub) for sub in field.sub_fields or ()]]

found = {f"{one.__module__}.{one.__qualname__}": {
    name: shown(field) for name, field in one.__fields__.items()} for one in all_below(BaseModel)}
print("RESULT " + json.dumps(found, sort_keys=True))
"""


def models_of_great_expectations(*, quickly: bool) -> dict[str, Any]:
    """Each model of GX and of ours, in a process of its own: its fields, down to their checks."""
    return result_of(REAL, quickly, PYTHONHASHSEED="0")


def test_great_expectations_has_the_same_models_with_the_same_checks() -> None:
    quick, plain = (models_of_great_expectations(quickly=quickly) for quickly in (True, False))
    assert len(plain) > 300
    assert quick == plain
