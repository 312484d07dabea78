"""What each key is used for, by day and action."""
