"""The shipped API: behaviour and rows, the engine's first customer."""
