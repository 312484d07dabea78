"""Rate limits: how much an account, an action and an address may do in a moving window."""
