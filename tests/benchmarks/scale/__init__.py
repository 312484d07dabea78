"""Scale: what connections, actions, counters and bytes cost when there are many of them."""
