"""Reading CAO servers: their database, their snapshot files, their HTTP server."""
