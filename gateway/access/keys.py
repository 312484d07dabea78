"""The form of an API key: `hal_<env>_<id><secret><check>`, section 4 of the protocol."""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Callable
from typing import NamedTuple

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH = 12
SECRET_LENGTH = 32
CHECK_LENGTH = 6

_FORM = re.compile(
    rf"(hal_(?:live|test)_([0-9A-Za-z]{{{ID_LENGTH}}})([0-9A-Za-z]{{{SECRET_LENGTH}}}))"
    rf"([0-9A-Za-z]{{{CHECK_LENGTH}}})"
)


class Key(NamedTuple):
    """A key in the clear; only its maker and its holder ever have one."""

    environment: str
    id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as it is sent."""
        body = f"hal_{self.environment}_{self.id}{self.secret}"
        return body + _check(body)

    @property
    def secret_hash(self) -> str:
        return hash_secret(self.secret)


def make_key(environment: str, choice: Callable[[str], str] = secrets.choice) -> Key:
    """A new key; `environment` is `live` or `test`, `choice` a secure source of characters."""
    return Key(
        environment,
        "".join(choice(ALPHABET) for _ in range(ID_LENGTH)),
        "".join(choice(ALPHABET) for _ in range(SECRET_LENGTH)),
    )


def parse_key(text: str) -> Key | None:
    """The key in `text`, or None when form or check are wrong; no look-up is needed for that."""
    match = _FORM.fullmatch(text)
    if match is None or _check(match[1]) != match[4]:
        return None
    return Key(text[4:8], match[2], match[3])


def hash_secret(secret: str) -> str:
    """SHA-256 in hex. A secret has 190 bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_hash(one: str, other: str) -> bool:
    """Compare in a time that does not tell how much of the two agrees."""
    return hmac.compare_digest(one, other)


def _check(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits.rjust(CHECK_LENGTH, "0")
