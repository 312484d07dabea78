"""The command line: thin, and without any knowledge of which actions are shipped."""
