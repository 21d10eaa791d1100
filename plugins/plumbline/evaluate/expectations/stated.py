"""What plumbline's own expectations share that say in words what must hold, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from great_expectations.expectations.expectation import (
    BatchExpectation,
    render_suite_parameter_string,
)
from great_expectations.render.components import (
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import RendererConfiguration

from plumbline.checks.expected import expected
from plumbline.core.text import unit_of
from plumbline.project.parameters import KEY, is_parameter


class StatedExpectation(BatchExpectation):
    """An expectation that GX's pages show as `plumbline.checks.expected` words it."""

    @classmethod
    def _stated(cls, kwargs: Mapping[str, Any]) -> str:
        """What must hold; a parameter by its name."""
        return expected(cls.expectation_type, kwargs, cls._unit(kwargs))

    @staticmethod
    def _unit(kwargs: Mapping[str, Any]) -> str:
        """The unit of its numbers, as far as the name of the column says it."""
        return unit_of(str(kwargs.get("column", "")), None, "")

    @classmethod
    def _prescriptive_template(
        cls, renderer_configuration: RendererConfiguration[Any]
    ) -> RendererConfiguration[Any]:
        renderer_configuration.template_str = cls._stated(_named(renderer_configuration.kwargs))
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: Any,
    ) -> list[Any]:
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": cls._stated(_named(configuration.kwargs)),
                    "params": {},
                    "styling": (runtime_configuration or {}).get("styling"),
                },
            )
        ]


def _named(value: Any) -> Any:
    """Arguments with the names of parameters in their places."""
    if is_parameter(value):
        return f"the value of {value[KEY]}"
    if isinstance(value, Mapping):
        return {name: _named(inner) for name, inner in value.items()}
    return value
