"""The steps of a call, one file each."""
