from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Review policies and votes: one engine for everything that needs more than one person."""

    name = "reviews"

    def ready(self) -> None:
        from events.append_only import keep_append_only, keep_rows

        keep_append_only("reviews.Vote")
        keep_rows("reviews.ReviewPolicy")
