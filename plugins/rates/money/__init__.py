"""Currencies and sums of money: what people write, what it is in other money. Knows no chat."""
