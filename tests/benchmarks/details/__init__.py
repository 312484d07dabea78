"""Details: where that goes which is no processor time of a call: a start, memory, a p99, Redis."""
