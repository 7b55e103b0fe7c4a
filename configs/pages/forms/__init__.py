"""Forms that read and write the dataclasses of `configs.content`; both doors use them."""
