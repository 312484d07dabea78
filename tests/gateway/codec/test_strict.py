"""Strict JSON in: what the protocol allows, and not a byte more."""

from typing import Any

import pytest

from gateway.codec.strict import DEPTH, parse_object
from gateway.errors import MalformedRequest


def deep(levels: int, *, opening: str = '{"a":', closing: str = "}", core: str = "{}") -> bytes:
    """An object that nests so many levels, itself included."""
    return ((levels - 1) * opening + core + (levels - 1) * closing).encode()


def refusal(text: bytes) -> str:
    with pytest.raises(MalformedRequest) as refused:
        parse_object(text)
    return refused.value.sentence


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"", {}),
        (b"{}", {}),
        (b' \t\r\n{ "a" : 1 } \n', {"a": 1}),
        (b'{"a":1,"a":2,"a":3}', {"a": 3}),
        (b'{"":""}', {"": ""}),
        ('{"ä":"€😀"}'.encode(), {"ä": "€😀"}),
        (rb'{"a":"\ud83d\ude00"}', {"a": "😀"}),
        (rb'{"a":"\u0041\n\"\\\/"}', {"a": 'A\n"\\/'}),
        (b'{"a":[true,false,null,[],{}]}', {"a": [True, False, None, [], {}]}),
        (b'{"a":0.1,"b":-0.0,"c":1e2,"d":1E-2}', {"a": 0.1, "b": -0.0, "c": 100.0, "d": 0.01}),
        (b'{"a":1.7976931348623157e308}', {"a": 1.7976931348623157e308}),
        (b'{"a":12345678901234567890.5}', {"a": 12345678901234567890.5}),
        (b'{"a":1234567890123456789e3}', {"a": 1234567890123456789e3}),
        (b'{"a":9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a":9223372036854775808}', {"a": 2**63}),
        (b'{"a":18446744073709551615}', {"a": 2**64 - 1}),
        (b'{"a":-9223372036854775808}', {"a": -(2**63)}),
        (b'{"a":"99999999999999999999999"}', {"a": "99999999999999999999999"}),
    ],
)
def test_strict_json_is_read(text: bytes, value: dict[str, Any]) -> None:
    assert parse_object(text) == value


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":nan}', b'{"a":1e999}',
        b'{"a":-1e999}', rb'{"a":"\ud800"}', rb'{"a":"\udc00"}', rb'{"\ud800":1}',
        rb'{"a":"\ude00\ud83d"}', b'{"a":"\xed\xa0\x80"}', b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}x', b'{"a":1}{}', b'{"a":1},', b'{"a":1', b'{"a"', b"{", b"}", b'{"a":1,}',
        b"{'a':1}", b"{a:1}", b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":5.}', b'{"a":0x10}',
        b'{"a":1_000}', b'{"a":tru}', b'{"a":undefined}', b'{"a":"\xff"}', b'{"a":"\x00"}',
        b'{"a":"\n"}', b'{"a":"\t"}', rb'{"a":"\x41"}', rb'{"a":"\u00"}', b'{"a":1}//c', b"\x00",
        b'{"a":1}\x00', b" ", b"\n", '{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-32"),
        b'{"a":"\xc0\xaf"}', b'{"a":"\xf4\x90\x80\x80"}', b'{"a":"unfinished}', b'{"a":\xa0 1}',
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(text: bytes) -> None:
    assert refusal(text).startswith("The body is not strict JSON: reading stopped at line ")


@pytest.mark.parametrize(
    "text", [b"[]", b"[{}]", b'"a"', b"1", b"1.5", b"null", b"true", b'"{}"', b"[[[]]]"]
)
def test_what_is_no_object_is_refused(text: bytes) -> None:
    assert refusal(text) == "The body must be one JSON object."


@pytest.mark.parametrize(
    "literal",
    [
        "18446744073709551616", "18446744073709551620", "-9223372036854775809",
        "-18446744073709551615", "99999999999999999999", "1" + "0" * 30, "-1" + "0" * 30,
        "7" * 308,
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ['{"a":%s}', '{"a":[1,{"b":%s}]}', '{"a":%s,"a":1}'])
def test_an_integer_beyond_64_bits_is_refused_and_never_rounded(literal: str, around: str) -> None:
    sentence = refusal((around % literal).encode())

    assert sentence == "The body holds an integer that does not fit 64 bits."


@pytest.mark.parametrize("digits", ["1", "-9"])
def test_an_endless_integer_is_refused(digits: str) -> None:
    assert refusal(f'{{"a":{digits}{"9" * 200_000}}}'.encode()).startswith("The body ")


def test_a_float_may_have_as_many_digits_as_it_likes() -> None:
    assert parse_object(b'{"a":0.%b}' % (b"1" * 200_000)) == {"a": pytest.approx(1 / 9)}


@pytest.mark.parametrize(
    "text",
    [
        deep(DEPTH),
        b'{"a":%b}' % deep(DEPTH - 1, opening="[", closing="]", core="[]"),
        deep(DEPTH // 2, opening='{"a":[', closing="]}"),
        b'{"a":"%b"}' % (b"{[" * 1000),
        b'{"a":[%b]}' % b",".join([b"{}"] * 1000),
    ],
    ids=["objects", "lists", "by-turns", "in-a-string", "side-by-side"],
)
def test_up_to_64_levels_are_read(text: bytes) -> None:
    assert list(parse_object(text)) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        deep(DEPTH + 1),
        deep(DEPTH + 1, core="[]"),
        b'{"a":%b}' % deep(DEPTH, opening="[", closing="]", core="[]"),
        b'{"a":1,"b":[{},[],%b]}' % deep(DEPTH - 1),
    ],
    ids=["objects", "a-list-inside", "lists", "among-others"],
)
def test_deeper_is_refused(text: bytes) -> None:
    assert refusal(text) == "The body nests deeper than 64 levels."


@pytest.mark.parametrize("levels", [1_100, 200_000])
def test_far_deeper_is_refused_too(levels: int) -> None:
    assert "The body" in refusal(deep(levels))
    assert "The body" in refusal(b'{"a":%b}' % (b"[" * levels))


def test_a_refusal_says_where_reading_stopped() -> None:
    assert refusal(b'{"a": 1,\n "b": }') == (
        "The body is not strict JSON: reading stopped at line 2, column 7."
    )


def test_a_refusal_never_repeats_what_was_sent() -> None:
    assert "secret" not in refusal(b'{"password": secret}')
