"""Details: what stands behind a figure: of a start, memory, the p99, Redis, keys."""
