"""What can be done with a database from the command line; no server is needed, and no server's library loaded."""
