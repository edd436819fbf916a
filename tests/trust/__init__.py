"""Trust: what strangers may hand in, and that nothing of it breaks or runs."""
