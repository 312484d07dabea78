"""Makes an access log with everything odd that real ones hold, and knows the path of each line."""

from random import Random
from typing import NamedTuple

PATHS = (
    "/",
    "/favicon.ico",
    "/blog/tags/puppet?flav=rss20",
    "/a%20path%20with%20escapes/%00%ff%2e%2e%2f",
    "/Straße/Übergrößenträger/日本語のとても長い道/そしてもっと長い道の続きがあります",
    "/emoji/🏴󠁧󠁢󠁳󠁣󠁴󠁿/👩‍👩‍👧‍👦",
    "/right-to-left/\u202e\u0645\u0631\u062d\u0628\u0627",
    "/no-break\u00a0space\u3000and\u2003more",
    "/" + "very-long/" * 400,
    "http://elsewhere.example/proxy?url=http://other.example/",
    "*",
    "-",
    "x",
    "/..//./../etc/passwd",
    "/?q=<script>alert(1)</script>&x=1;y='DROP",
    "//[::1]:80/%%%",
)
"""Paths as they stand in the log."""

RAW_PATHS = (b"/raw/\xff\xfe\x00/latin-\xe9", b"/raw/\x1b[31m\x07", b"/raw/\\x16\\x03\\x01")

QUOTED = b'/say?text=\\"hello\\"&more=\\\\'
"""A path with the server's own escapes of quotes and backslashes."""

WITHOUT_PATH = (b'"-"', b'""', b'"GET"', b'"   "', b"no quotes")
"""Request fields in which there is no path."""

BROKEN = (b"", b"\xff\x00 no log line", b'::1 - - [17/May/2015:10:05:03 +0000] "GET /never-closed')
"""Lines of another form."""

_USERS = (b"-", b"frank", b"a name with spaces")
_PREFIXES = (b"83.149.9.216", b"::1", b"host.example")


class Line(NamedTuple):
    """A line, and the path under which it is to be counted."""

    text: bytes
    path: bytes


def make_log(length: int, random: Random) -> list[Line]:
    """Each odd path at least once, the common ones often, in no order; `length` lines or more."""
    once = [*_known_paths(), *(_numbered(number) for number in range(length // 10))]
    lines = [_line(path, random) for path in once]
    lines += [Line(_wrap(field, random), b"-") for field in WITHOUT_PATH]
    lines += [Line(text, b"-") for text in BROKEN]
    while len(lines) < length:
        lines.append(_line(once[int(random.paretovariate(1)) % len(once)], random))
    random.shuffle(lines)
    return lines


def _known_paths() -> list[bytes]:
    return [*(path.encode() for path in PATHS), *RAW_PATHS, QUOTED]


def _numbered(number: int) -> bytes:
    return f"/articles/{number:05}?page={number % 7}".encode()


def _line(path: bytes, random: Random) -> Line:
    method = random.choice((b"GET", b"POST", b"HEAD", b"OPTIONS"))
    version = random.choice((b" HTTP/1.1", b" HTTP/1.0", b""))
    return Line(_wrap(b'"%b %b%b"' % (method, path, version), random), path)


def _wrap(request: bytes, random: Random) -> bytes:
    address, user = random.choice(_PREFIXES), random.choice(_USERS)
    size = b"%d" % random.randrange(10**6)
    return (
        b"%b - %b [17/May/2015:10:05:03 +0000] %b 200 %b" % (address, user, request, size)
        + b' "http://refer.example/?q=\\"x\\"" "Mozilla/5.0 (\\"odd\\"; \xc3\xa9)"'
    )
