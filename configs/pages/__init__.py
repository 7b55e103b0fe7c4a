"""The pages on which people configure, for two doors: the admin and the plain editor at /configure/."""
