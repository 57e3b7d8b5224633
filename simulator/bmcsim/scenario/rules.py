"""Faults as a scenario has them: one mapping with the fault's name, its parameters, and when it strikes.

    {fault: busy, nodes: "n[1-10]", steps: [chassis-control], probability: 0.1, since: 10, until: 60, times: 3}

What a fault's parameters are called, and what they may be, is known to the catalogue alone.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, GetCoreSchemaHandler, TypeAdapter, create_model
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.faults.fault import Fault, FaultError, Parameter, kebab, parameters, read
from bmcsim.faults.point import Step
from bmcsim.faults.rule import Rule
from bmcsim.scenario.declared import documented, translated
from bmcsim.scenario.fields import Hostlist, Probability, Strict

UNFIT = "unfit"
"""The type of the error that names the wrong key in its context, as `parameter`."""

_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RuleSchema:
    """Marks a rule that stands in a file as a mapping."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read the mapping."""
        return core_schema.no_info_after_validator_function(_rule, handler.generate_schema(_any_model()))


RuleField = Annotated[Rule, RuleSchema()]
"""A rule."""


def rule_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of such a mapping."""
    return _adapter().json_schema(by_alias=True)


def read_rule(mapping: Mapping[str, object]) -> Rule:
    """Return the rule that a mapping says.

    Raises:
        pydantic.ValidationError: It says none.
    """
    return _adapter().validate_python(mapping, by_alias=True, by_name=False)


def written_rule(rule: Rule) -> dict[str, object]:
    """Return the mapping that says a rule, without what is as it would be anyway and without secrets."""
    said: dict[str, object] = {"fault": rule.fault.name}
    defaults = {each.name: each.default for each in fields(Rule)}
    for name in _WHEN:
        if (value := getattr(rule, name)) != defaults[name]:
            said[name] = sorted(value) if isinstance(value, frozenset) else value
    for each, (_, parameter) in parameters(type(rule.fault)).items():
        value = getattr(rule.fault, each.name)
        if value == each.default or parameter.secret:
            continue
        plain = isinstance(value, bool | int | float)
        said[kebab(each.name)] = sorted(value) if isinstance(value, frozenset) else value if plain else str(value)
    return said


_WHEN: Mapping[str, Any] = {
    "nodes": Hostlist,
    "steps": tuple[Step, ...],
    "probability": Probability,
    "since": _Seconds,
    "until": _Seconds,
    "times": Annotated[int, Field(ge=1)],
}


@cache
def _adapter() -> TypeAdapter[Rule]:
    return TypeAdapter(RuleField)


@cache
def _any_model() -> Any:
    """Return the type of a mapping for any fault of the catalogue."""
    models = tuple(_model(kind) for kind in CATALOGUE.values())
    return Annotated[reduce(or_, models), Field(discriminator="fault")]


def _model(kind: type[Fault]) -> type[BaseModel]:
    meanings = documented(Rule)
    made: dict[str, Any] = {"fault": (Literal[kind.name], Field(description=kind.symptom))}
    for name, hint in _WHEN.items():
        made[name] = (hint, Field(default=None, description=meanings.get(name)))
    step: Any = Literal.__getitem__(tuple(sorted(each.value for each in kind.possible_steps())))
    made["steps"] = (tuple[step, ...], made["steps"][1])
    for each, (hint, parameter) in parameters(kind).items():
        default = ... if each.default is MISSING else None
        made[each.name] = (
            _parameter(kebab(each.name), hint, parameter),
            Field(default, description=parameter.about),
        )
    return create_model("".join(map(str.title, kind.name.split("-"))) + "Fault", __base__=Strict, **made)


def _parameter(name: str, hint: Any, parameter: Parameter) -> Any:
    def reader(value: object) -> object:
        return read(name, value, hint, parameter)

    limits = Field(ge=parameter.low, le=parameter.high)
    bounded = Annotated[hint, limits] if hint in (int, float) else translated(hint)
    accepted = bounded | str if parameter.code else bounded
    return Annotated[bounded, BeforeValidator(reader, json_schema_input_type=accepted)]


def _rule(model: BaseModel) -> Rule:
    kind = CATALOGUE[getattr(model, "fault")]  # noqa: B009  only the models of `_model` come here
    said = {name: getattr(model, name) for name in model.model_fields_set}
    when = {name: said.pop(name) for name in _WHEN if name in said}
    if "steps" in when:
        when["steps"] = frozenset(Step(step) for step in when["steps"])
    del said["fault"]
    try:
        return Rule(kind(**said), **when)
    except FaultError as error:
        told = {"message": str(error), "parameter": error.parameter or ""}
        raise PydanticCustomError(UNFIT, "{message}", told) from None
