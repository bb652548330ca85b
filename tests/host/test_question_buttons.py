"""What becomes of a question's buttons: they go when it is answered, left, or out of time."""

from __future__ import annotations

from sapp_bot.testing import Actor, Stage


def question(ann: Actor, text: str) -> tuple[str, bool]:
    """Return the newest message that begins with a text, and whether it has buttons."""
    found = [shown for shown in ann.chat if shown.by_bot and shown.text.plain.startswith(text)]
    return found[-1].text.plain, bool(found[-1].rows)


async def test_a_typed_answer_takes_the_buttons_off(ann: Actor) -> None:
    """The question stays, and nothing can be pressed under it any more."""
    await ann.says("/adopt")
    assert question(ann, "What is its name?") == ("What is its name?", True)
    await ann.says("Rex")

    assert question(ann, "What is its name?") == ("What is its name?", False)
    assert question(ann, "Cat or dog?")[1]


async def test_a_pressed_answer_stays_in_the_question(ann: Actor) -> None:
    """A press leaves no message, so the question says what was answered."""
    await ann.says("/adopt")
    await ann.says("Rex")
    await ann.presses("cat")

    assert question(ann, "Cat or dog?") == ("Cat or dog?\n\ncat", False)


async def test_the_result_comes_below_the_last_question(ann: Actor) -> None:
    """Pressed or typed, the order is the same: question, then what the handler says."""
    orders = []
    for answer in (ann.presses, ann.says):
        await ann.says("/adopt")
        await ann.says("Rex")
        await ann.says("cat")
        await answer("anything" if answer == ann.presses else "/skip")
        told = [shown.text.plain.split("\n")[0] for shown in ann.chat if shown.by_bot]
        orders.append(told[-2:])

    assert orders[0] == orders[1] == ["What does it eat?", "Rex the cat eats anything"]


async def test_a_skipped_answer_stays_in_the_question(ann: Actor) -> None:
    """The default that was pressed is written down, too."""
    await ann.says("/adopt")
    await ann.says("Rex")
    await ann.says("cat")
    await ann.presses("anything")

    assert question(ann, "What does it eat?")[0].endswith("\n\nanything")


async def test_cancel_takes_the_buttons_off(ann: Actor) -> None:
    """Nothing is left to press of a form that was left, by a button or by a command."""
    for way in (ann.presses, ann.says):
        await ann.says("/adopt")
        await way("Cancel" if way == ann.presses else "/cancel")

        assert not question(ann, "What is its name?")[1]


async def test_a_question_asked_again_has_the_only_buttons(ann: Actor) -> None:
    """A wrong answer and /continue ask below: the older question loses its buttons."""
    await ann.says("/adopt")
    await ann.says("a name with far more than twenty characters")
    await ann.says("/continue")
    with_buttons = [shown for shown in ann.chat if "name?" in shown.text.plain and shown.rows]

    assert len(with_buttons) == 1


async def test_a_question_out_of_time_loses_its_buttons(stage: Stage, ann: Actor) -> None:
    """The form is closed by then, and its buttons would do nothing."""
    await ann.says("/adopt")
    await stage.passes(3601)
    await ann.says("Rex")

    assert ann.sees("I waited a while")
    assert not question(ann, "What is its name?")[1]


async def test_the_buttons_go_after_a_restart_too(stage: Stage, ann: Actor) -> None:
    """Which message asks is known from Redis then."""
    await ann.says("/adopt")
    await stage.restart()
    await ann.says("Rex")

    assert not question(ann, "What is its name?")[1]


async def test_a_form_that_failed_keeps_one_offer(ann: Actor) -> None:
    """[Retry] stands under the newest text only."""
    await ann.says("/adopt")
    await ann.says("Away")
    await ann.says("cat")
    await ann.says("fish")
    await ann.presses("Retry")
    offers = [shown for shown in ann.chat if shown.rows]

    assert len(offers) == 1
