"""What can be wrong with an amount: the place in the text, and a message to translate."""

from enum import StrEnum

from sapp_bot import NextStep
from sapp_bot.services import UserError

HOME_STEP = NextStep("start", "‹ Home")


class RatesError(UserError):
    """Something cannot be done; the rates, and home, are a press away."""

    next_steps = (NextStep("rates", "‹ Rates"), HOME_STEP)


class Fault(StrEnum):
    """The message ids, in English; their places are filled from the error's values."""

    TOO_LONG = "That is longer than {most} characters. Please send one sum."
    TOO_DEEP = "Brackets can be nested {most} deep."
    UNEXPECTED = "“{text}” does not belong here."
    NO_CURRENCY = "“{text}” is no currency that I know."
    SIMILAR = "“{text}” is no currency that I know. Did you mean {codes}?"
    SEVERAL = "“{text}” may be {codes}. Please write the code."
    NO_NUMBER = "A number is missing here."
    NO_TARGET = "A currency is missing here."
    OTHER_COIN = "“{text}” is no part of {code}. Please put a + between two sums."
    BAD_NUMBER = "“{text}” can be read in several ways. Please write it as 1000.50."
    WHICH = "Which currency is {text}? Please write it beside the number."
    OPEN_BRACKET = "This bracket is not closed."
    CLOSING_BRACKET = "This bracket closes nothing."
    ZERO_DIVISION = "Nothing can be divided by zero."
    MONEY_BY_MONEY = "Money can be multiplied and divided by numbers only."
    NEGATIVE = "An amount cannot be below zero."
    TOO_LARGE = "That is more than I can count: at most 10 to the power of {most}."
    EXPONENT = "Please write it in full, or as 1k, 1m or 1bn."
    TOO_MANY = "I convert into at most {most} currencies at once."


class AmountError(RatesError):
    """A text is about money and cannot be understood.

    `start` and `end` are the place in the text, in characters: what a screen points at. Without
    anything at the place (the text ends too early) both are equal.
    """

    def __init__(self, fault: Fault, start: int, end: int, **values: object) -> None:
        super().__init__(str(fault), **values)
        self.fault = fault
        self.start = start
        self.end = end
