"""The form of an API key, section 4 of the protocol."""

import re
import zlib

import pytest

from gateway.access.keys import ALPHABET, Key, hash_secret, make_key, parse_key, same_hash

FORM = re.compile(r"hal_(live|test)_[0-9A-Za-z]{12}[0-9A-Za-z]{32}[0-9A-Za-z]{6}")
KEY = Key("live", "0123456789Az", "abcdefghijklmnopqrstuvwxyzABCDEF")
PLACES = len(KEY.text)


@pytest.mark.parametrize("environment", ["live", "test"])
def test_a_key_that_was_made_is_understood(environment: str) -> None:
    key = make_key(environment)

    assert FORM.fullmatch(key.text)
    assert key.text.startswith(f"hal_{environment}_{key.id}{key.secret}")
    assert parse_key(key.text) == key


def test_keys_are_made_by_the_source_of_characters() -> None:
    key = make_key("live", choice=lambda alphabet: alphabet[-1])

    assert (key.id, key.secret) == ("z" * 12, "z" * 32)
    assert make_key("live").secret != make_key("live").secret


def test_the_alphabet_is_digits_and_letters() -> None:
    assert ALPHABET == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_the_check_is_the_crc_32_of_all_before_it() -> None:
    body, check = KEY.text[:-6], KEY.text[-6:]
    number = 0
    for digit in check:
        number = number * 62 + ALPHABET.index(digit)

    assert number == zlib.crc32(body.encode())


def test_a_short_check_is_padded_with_zeros() -> None:
    keys = (Key("live", f"{n:012}", "0" * 32) for n in range(10_000))
    padded = next(key for key in keys if zlib.crc32(key.text[:-6].encode()) < 62**5)

    assert padded.text[-6] == "0"
    assert parse_key(padded.text) == padded


@pytest.mark.parametrize("place", range(PLACES))
def test_every_change_of_one_character_is_refused(place: int) -> None:
    others = set(ALPHABET) - {KEY.text[place]}
    changed = [KEY.text[:place] + other + KEY.text[place + 1 :] for other in sorted(others)]

    assert [parse_key(text) for text in changed] == [None] * len(changed)


@pytest.mark.parametrize("place", range(len("hal_live_"), PLACES - 1))
def test_swapping_two_neighbours_is_refused(place: int) -> None:
    text = KEY.text
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    assert swapped == text or parse_key(swapped) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hal",
        KEY.text[:-1],
        KEY.text[1:],
        KEY.text + "0",
        " " + KEY.text,
        KEY.text + " ",
        KEY.text + "\n",
        KEY.text.upper(),
        KEY.text.replace("live", "prod"),
        KEY.text.replace("a", "ä"),
        KEY.text.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
        KEY.text + KEY.text,
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    assert parse_key(text) is None


def test_a_secret_is_kept_as_its_sha_256() -> None:
    assert hash_secret("abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert KEY.secret_hash == hash_secret(KEY.secret)


def test_hashes_are_the_same_or_not() -> None:
    assert same_hash(hash_secret("a"), hash_secret("a"))
    assert not same_hash(hash_secret("a"), hash_secret("b"))
