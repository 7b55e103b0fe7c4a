"""MCP servers as other programs write them down: read into contents, and written from them."""
