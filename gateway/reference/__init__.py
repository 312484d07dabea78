"""A registry as data."""
