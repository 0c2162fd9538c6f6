"""The time of a punch: when it was read, within which bounds it truly happened, whether it may count."""
