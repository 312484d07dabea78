"""Which origins' pages may call, by an allow list."""

from collections.abc import Collection

Headers = tuple[tuple[str, str], ...]

_ASKED = (
    "Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-Timeout-Ms, Prefer, traceparent"
)
_SHOWN = (
    "X-Request-Id, Gateway-Status, Preference-Applied, Retry-After, Deprecation, Sunset, "
    "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy"
)
_DAY = 86_400


class Cors:
    """Allows `origins`; `*` among them stands for all. Without origins nothing is said."""

    def __init__(self, origins: Collection[str]) -> None:
        self.origins = frozenset(origins)

    def allow(self, origin: str | None) -> Headers:
        """The headers of an answer to a page of `origin`."""
        if not self.origins:
            return ()
        shown = ("Access-Control-Expose-Headers", _SHOWN)
        if "*" in self.origins:
            return (("Access-Control-Allow-Origin", "*"), shown)
        vary = ("Vary", "Origin")
        if origin not in self.origins:
            return (vary,)
        return (("Access-Control-Allow-Origin", str(origin)), shown, vary)

    def preflight(self, origin: str | None) -> Headers:
        """The headers of the answer to OPTIONS."""
        allowed = self.allow(origin)
        if len(allowed) < 2:  # noqa: PLR2004 - nothing but Vary
            return (("Allow", "POST, OPTIONS"), *allowed)
        return (
            *allowed,
            ("Access-Control-Allow-Methods", "POST"),
            ("Access-Control-Allow-Headers", _ASKED),
            ("Access-Control-Max-Age", str(_DAY)),
        )
