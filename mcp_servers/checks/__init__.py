"""What is said of an MCP server before a person looks at it. Pure: values in, results out."""
