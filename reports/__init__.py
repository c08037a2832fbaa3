"""Reads recorded trials and answers how many imports fit under a limit; measures nothing and needs no network."""
