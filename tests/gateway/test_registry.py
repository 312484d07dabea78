"""What cannot be served is refused at start-up, in one sentence; what can is found by its name."""

from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields

from gateway import Effect, Section
from gateway.codec.show import Show
from gateway.registry import AnyAction, RegistrationError, Registry
from schemas.base import Shape
from tests.gateway import misfits, toys
from tests.gateway.misfits import Bad, giving
from tests.gateway.toys import Greet, Keep


def section_of(*actions: type[AnyAction], name: str = "play") -> Section:
    return Section(name, "Play", actions)


def refusal(*sections: Section) -> str:
    """The sentence with which the sections are refused."""
    with pytest.raises(RegistrationError) as refused:
        Registry(sections)
    return str(refused.value)


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (misfits.Free, "play/free declares no scope (NO_KEY is one)"),
        (misfits.Oddly, "play/oddly: 'play:fly' is not a scope"),
        (misfits.Open, "play/open: a BatchAction needs a scope"),
        (misfits.Elite, "play/elite: what needs no key is reserved to nobody"),
        (misfits.Mute, "play/mute has no docstring"),
        (misfits.Shapeless, "play/shapeless: takes and gives are marshmallow schemas"),
        (misfits.Endless, "play/endless: a ListAction, and nothing else, declares listing"),
        (misfits.Listed, "play/listed: a ListAction, and nothing else, declares listing"),
        (misfits.Idle, "play/idle: a BatchAction writes"),
        (misfits.Clashing, "play/clashing: the gateway itself reads page"),
        (misfits.ClashingToo, "play/clashing_too: the gateway itself reads _full"),
        (
            giving(misfits.SmellShape()),
            "play/give: SmellShape.value: Smell does not say how it is put into JSON",
        ),
        (
            giving(misfits.ManySmellsShape()),
            "play/give: ManySmellsShape.value: Smell does not say how it is put into JSON",
        ),
        (
            giving(misfits.PriceShape()),
            "play/give: PriceShape.value: a Decimal is exact in JSON only with as_string=True",
        ),
        (
            giving(misfits.PricesShape()),
            "play/give: PricesShape.value: a Decimal is exact in JSON only with as_string=True",
        ),
        (
            giving(misfits.PairShape()),
            "play/give: PairShape.value: a Decimal is exact in JSON only with as_string=True",
        ),
        (
            giving(misfits.SizeShape()),
            "play/give: SizeShape.value: a Decimal is exact in JSON only with as_string=True",
        ),
    ],
)
def test_an_action_that_cannot_be_served_is_refused(action: type[AnyAction], sentence: str) -> None:
    assert refusal(section_of(action)) == sentence


@pytest.mark.parametrize("name", ["Play", "1play", "", "pl-ay", "pläy", "play/ground", "play\n"])
def test_a_section_has_a_name_that_fits_a_path(name: str) -> None:
    assert refusal(section_of(Greet, name=name)) == f"{name!r} cannot name a section"


@pytest.mark.parametrize("name", ["Greet", "_greet", "gr-eet", "9"])
def test_an_action_has_a_name_that_fits_a_path(name: str) -> None:
    odd = type("Greet", (Greet,), {"name": name, "__doc__": "Greet."})

    assert refusal(section_of(odd)) == f"play/{name}: {name!r} cannot name an action"


def test_two_sections_of_one_name_are_refused() -> None:
    assert refusal(section_of(Greet), section_of(Keep)) == "there are two sections named play"


def test_two_actions_of_one_name_are_refused() -> None:
    assert refusal(section_of(Greet, Greet)) == "there are two actions named play/greet"


def test_actions_of_one_name_live_in_sections_of_their_own() -> None:
    registry = Registry([section_of(Greet), section_of(Greet, name="work")])

    assert [each.path for each in registry] == ["play/greet", "work/greet"]


class Money(fields.Decimal):
    def _serialize(self, value: Any, *_: Any, **__: Any) -> str:
        return f"{value:.2f}"


@pytest.mark.parametrize("field", [fields.Decimal(as_string=True), Money()])
def test_a_decimal_that_is_shown_as_text_is_welcome(field: fields.Decimal) -> None:
    class ExactShape(Shape[Bad]):
        makes = Bad

        value = field

    (registered,) = Registry([section_of(giving(ExactShape()))])
    show: Show = registered.show(full=False, expand=frozenset())

    assert show(Bad(Decimal("0.10"))) == {"value": "0.10"}


def test_an_action_is_called_by_its_class_or_by_its_own_name() -> None:
    renamed = type("Greet", (Greet,), {"name": "hello", "__doc__": "Say hello.\n\nLoudly."})
    registry = Registry([section_of(renamed, Keep, toys.KeepAndCrash)])

    assert [each.path for each in registry] == ["play/hello", "play/keep", "play/keep_and_crash"]
    assert next(each.summary for each in registry) == "Say hello."


def test_what_a_call_asks_of_its_action_is_told_beside_it() -> None:
    for each in Registry([toys.section]):
        action = each.action
        assert (each.scope, each.reserved, each.deprecated, each.body_limit, each.listing) == (
            action.scope, action.reserved, action.deprecated, action.body_limit, action.listing
        )  # fmt: skip
        assert each.run == getattr(action, "run", None)
        assert (each.flag, each.writes) == (action.effect.value, action.effect is not Effect.READS)
        assert each.is_audited is (action.audited or action.effect is Effect.DELETES)


def test_an_action_that_is_not_there_is_not_found() -> None:
    registry = Registry([toys.section])

    assert registry.find("toys", "greeet") is None
    assert registry.find("toys", "greet") is not None


@pytest.mark.parametrize(
    ("section", "action", "near"),
    [
        ("toys", "gret", ["toys/greet", "toys/old_greet", "toys/brief"]),
        ("toy", "tally", ["toys/tally"]),
        ("toys", "zzzzzzzzzzzzzzzz", []),
        ("", "", []),
        ("toys", "g" * 100_000, []),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(
    section: str, action: str, near: list[str]
) -> None:
    error = Registry([toys.section]).unknown(section, action)

    assert error.values == {"section": section, "action": action, "did_you_mean": near}


def test_at_most_three_near_names_are_told_and_the_sentence_names_them() -> None:
    error = Registry([toys.section]).unknown("toys", "keep_and")

    near = error.values["did_you_mean"]
    assert isinstance(near, list)
    assert len(near) == 3
    assert error.sentence == (
        f"There is no action toys/keep_and. Did you mean {near[0]} or {near[1]} or {near[2]}?"
    )


def test_whoever_has_tables_brings_migrations_once() -> None:
    twin = Section("twins", "Twins", (Greet,), migrations=toys.section.migrations)
    registry = Registry([section_of(Greet), toys.section, twin])

    assert registry.migrations == [toys.section.migrations]


def test_a_list_with_filters_may_always_refuse_them() -> None:
    registered = Registry([toys.section]).find("toys", "things")

    assert registered is not None
    assert [each.code() for each in registered.raises] == ["FilterError"]
