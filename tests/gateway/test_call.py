"""Parameters that are at hand already."""

import pytest

from gateway.call import JsonBody
from gateway.errors import PayloadTooLarge


def test_a_body_is_made_of_parameters() -> None:
    assert JsonBody.of(name="Ada", by=2).read(100) == b'{"name":"Ada","by":2}'


@pytest.mark.parametrize("length", [0, 1, 10])
def test_a_body_within_the_limit_passes(length: int) -> None:
    JsonBody(b"x" * length).refuse_early(10)


def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(PayloadTooLarge) as refused:
        JsonBody(b"x" * 11).refuse_early(10)

    assert refused.value.values == {"limit": 10}
