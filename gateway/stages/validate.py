"""From a JSON object to the value object that an action takes, or a sentence for each field."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from gateway.access.identity import Identity
from gateway.codec.load import REFUSED
from gateway.codec.strict import paths_with_nul
from gateway.context import NO_OPTIONS, Options
from gateway.errors import ParameterError
from gateway.listing import Cursors, bind
from gateway.registry import Registered

_UNKNOWN = "Unknown field."
_MISSING = "Missing data for required field."
_NUL = "The character U+0000 is not allowed."


def validate(
    sent: Mapping[str, Any],
    text: bytes,
    registered: Registered,
    caller: Identity | None,
    *,
    cursor_secret: bytes,
) -> tuple[Any, Options]:
    """The parameters, and what the caller asked of the answer itself.

    `sent` is the object that was parsed from `text`. Raises ParameterError or FilterError.
    """
    if nul_paths := paths_with_nul(sent, text):
        raise _refusal(_nested(nul_paths), registered)
    shape, declared = registered.options, registered.listing
    if shape is None or (declared is None and shape.fields.keys().isdisjoint(sent)):
        return _read(sent, registered), NO_OPTIONS
    names = shape.fields
    asked = {name: value for name, value in sent.items() if name in names}
    rest = {name: value for name, value in sent.items() if name not in names}
    options = registered.load_options(asked)
    if options is REFUSED:
        options = _judged(shape, asked, rest, registered)
    params = _read(rest, registered)
    listing = None
    if declared is not None:
        binding = b""
        if isinstance(declared, Cursors):
            account = caller.account_id if caller else None
            binding = bind(cursor_secret, registered.path, account, rest, asked.get("filters"))
        listing = declared.read(options, binding)
    return params, Options(
        listing=listing,
        full=options.get("_full", False),
        expand=frozenset(options.get("_expansions", ())),
    )


def _read(sent: Mapping[str, Any], registered: Registered) -> Any:
    params = registered.load(sent)
    if params is not REFUSED:
        return params
    try:
        return registered.takes.load(sent)
    except ValidationError as error:
        raise _refusal(_messages(error), registered) from None


def _judged(
    shape: Schema, asked: Mapping[str, Any], rest: Mapping[str, Any], registered: Registered
) -> Any:
    """The options as marshmallow makes them, or all that is wrong with the whole call."""
    try:
        return shape.load(asked)
    except ValidationError as error:
        problems = {**_messages(error), **_problems(registered.takes, rest)}
        raise _refusal(problems, registered) from None


def _problems(shape: Schema, sent: Mapping[str, Any]) -> dict[str, Any]:
    try:
        shape.load(sent)
    except ValidationError as error:
        return _messages(error)
    return {}


def _messages(error: ValidationError) -> dict[str, Any]:
    # The frames that it came through hold it in turn, and the call: only the collector would end
    # them.
    found: dict[str, Any] = error.with_traceback(None).normalized_messages()
    return found


def _refusal(problems: Mapping[Any, Any], registered: Registered) -> ParameterError:
    errors = _with_text_keys(problems)
    path, sentence = next(_leaves(errors, ()), ((), "The parameters do not fit."))
    return ParameterError(_first_problem(path, sentence, registered), errors)


def _with_text_keys(problems: Any) -> Any:
    if isinstance(problems, Mapping):
        return {str(name): _with_text_keys(each) for name, each in problems.items()}
    return problems


def _leaves(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, Mapping):
        for name, each in errors.items():
            yield from _leaves(each, path if name == "_schema" else (*path, name))
    elif isinstance(errors, list):
        for each in errors:
            yield from _leaves(each, path)
    else:
        yield path, str(errors)


def _first_problem(path: tuple[str, ...], sentence: str, registered: Registered) -> str:
    """The problem as one sentence that names its field in backticks."""
    if not path:
        return sentence
    field = f"`{'.'.join(path)}`"
    if sentence == _MISSING:
        return f"{field} is required but is missing"
    if sentence == _UNKNOWN:
        near = _near(path[-1], registered) if len(path) == 1 else None
        hint = f"; did you mean `{near}`?" if near else ""
        return f"{field} is not a parameter of {registered.path}{hint}"
    return f"{field}: {sentence}"


def _near(name: str, registered: Registered) -> str | None:
    shapes: list[Schema | None] = [registered.takes, registered.options]
    names = [each for shape in shapes if shape is not None for each in shape.load_fields]
    return next(iter(difflib.get_close_matches(name[:100], names, n=1)), None)


def _nested(paths: list[tuple[str, ...]]) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    for path in paths:
        inner = errors
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                break  # its very name was refused
        else:
            inner.setdefault(path[-1], [_NUL])
    return errors
