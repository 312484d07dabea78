"""Benchmarks: what the gateway costs, beside what else could be had."""
