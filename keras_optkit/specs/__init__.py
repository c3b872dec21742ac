"""What you can describe: specs as plain data. Nothing in here imports keras or tensorflow."""
