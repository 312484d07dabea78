"""Fields of what accounts and keys are let do: scopes, limits, addresses."""

import re
from ipaddress import IPv6Network, ip_network
from typing import Any

from marshmallow import fields, validate

from schemas.fields import Text

MOST = 100
"""Entries that a list of scopes, of limits or of addresses may have."""

_SCOPE = validate.Regexp(
    r"^[a-z][a-z0-9_]*:(read|write|admin)$(?!\n)",
    error="Must be of the form section:read, section:write or section:admin.",
)
_LIMIT = validate.Regexp(
    r"^(off|[1-9][0-9]{0,5}/[1-9][0-9]{0,4})$(?!\n)",
    error='Must be "off", or calls/seconds such as "100/60".',
)
_ACTION = validate.Regexp(
    r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$(?!\n)", error="Must be of the form section/action."
)
_RANGE = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?", re.ASCII)


def name_field(**options: Any) -> Text:
    """What people call a workspace, an account or a key."""
    return Text(1, 80, trim=True, **options)


class KeyId(fields.String):
    """The public part of a key."""

    def __init__(self, **options: Any) -> None:
        form = validate.Regexp(r"^[0-9A-Za-z]{12}$(?!\n)", error="Not the id of a key.")
        super().__init__(validate=form, **options)


class Scopes(fields.List[str]):
    """A list of scopes; it comes sorted, and each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            fields.String(validate=_SCOPE), validate=validate.Length(max=MOST), **options
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return sorted(set(super()._deserialize(value, *args, **kwargs)))

    @staticmethod
    def from_json(value: Any) -> list[str]:
        if type(value) is not list:
            raise ValueError
        for each in value:
            _SCOPE(each)  # takes no other than text
        return sorted(set(value))


class RateLimit(fields.String):
    """`calls/seconds`, or `off`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_LIMIT, **options)


class RateLimits(fields.Dict):
    """Limits by action, `section/action`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            keys=fields.String(validate=_ACTION),
            values=RateLimit(),
            validate=validate.Length(max=MOST),
            **options,
        )


class AddressRange(fields.String):
    """An IP address, or a range of them as CIDR, in its shortest form."""

    default_error_messages = {
        "no_range": "Not an IP address, nor a range such as 192.0.2.0/24.",
        "host_bits": "Has bits set beyond its prefix; the range is {range}.",
        "mapped": "Write IPv4 addresses as such.",
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            network = ip_network(text if _RANGE.fullmatch(text) else "", strict=False)
        except ValueError:
            raise self.make_error("no_range") from None
        if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
            raise self.make_error("mapped")
        try:
            ip_network(text)
        except ValueError:
            raise self.make_error("host_bits", range=network) from None
        return str(network) if network.num_addresses > 1 else str(network.network_address)

    def from_json(self, value: Any) -> Any:
        if type(value) is not str:
            raise ValueError
        return self._deserialize(value, None, None)


class AddressRanges(fields.List[str]):
    """Where calls may come from; null, and not an empty list, is anywhere."""

    def __init__(self, **options: Any) -> None:
        super().__init__(AddressRange(), validate=validate.Length(min=1, max=MOST), **options)
