"""HTTP: the only rooms that speak aiohttp's server."""
