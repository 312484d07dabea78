"""Marshmallow shapes as JSON Schema, by apispec."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from gateway.registry import Registered


def params_schema(registered: Registered) -> dict[str, Any]:
    """What an action takes, the engine's own parameters included."""
    schema = _schema(registered.takes)
    if registered.options is not None:
        schema["properties"] = {**schema["properties"], **_schema(registered.options)["properties"]}
    return schema


def result_schema(registered: Registered) -> dict[str, Any]:
    """What an action's `data` is on success."""
    schema = _schema(registered.gives)
    if registered.action.listing is not None:
        return {"type": "array", "items": schema}
    return schema


def _schema(shape: Schema) -> dict[str, Any]:
    # A resolver that names nothing keeps nested shapes where they stand: each schema is whole.
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None  # noqa: S101 - APISpec has just made it
    schema: dict[str, Any] = _with_object_lengths(plugin.converter.schema2jsonschema(shape))
    return schema


def _with_object_lengths(schema: Any) -> Any:
    """Apispec tells a dictionary's length as a string's; JSON Schema counts properties."""
    if isinstance(schema, list):
        return [_with_object_lengths(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # The type may be a list too: ["object", "null"].
    names = _OF_OBJECTS if "object" in (schema.get("type") or ()) else {}
    return {names.get(name, name): _with_object_lengths(each) for name, each in schema.items()}


_OF_OBJECTS = {"minLength": "minProperties", "maxLength": "maxProperties"}
