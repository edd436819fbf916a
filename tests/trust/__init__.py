"""Attacks: what breaks the engine, the files, the pages and the command line, tried."""
