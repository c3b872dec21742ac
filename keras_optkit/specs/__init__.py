"""What may be said: specs as data. Nothing in here imports keras or tensorflow."""
