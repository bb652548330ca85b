"""Workers live, stand still, die and come back in any order: each update takes effect once.

A state machine plays a gateway and its workers on one Redis: updates come, some twice; workers are
given persons, take, commit, hand back, are not seen for long and go on late; calls and answers are
lost. No time passes: that a worker was not seen for long is said to Redis by XCLAIM's IDLE. After
each step Redis agrees with a plain model, and a refused call has left nothing.
That it would see a fault is shown by `tests/mutants`, which takes the protections out.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from sapp_bot.domain.ports import Commit
from sapp_bot.errors import WorkTaken
from sapp_bot.store.roles.scripts import GROUP
from sapp_bot.store.roles.worker_inbox import TakenUpdate, read_ticket
from tests.service.roles_model import PERSONS, Work, WorkerProcess, dump
from tests.service.roles_play import LOSSES, WORKERS, GatewayPlay
from tests.service.store_kit import commit, due, machine_settings, note, plain

LONG_MS = 3_600_000
"""How long a worker was not seen that is taken for dead: no test takes that long."""

WORKER = st.integers(0, WORKERS - 1)
MACHINE = machine_settings(examples=60, steps=40)


class Roles(GatewayPlay):
    """A gateway and its workers, which go on whatever they are taken for."""

    def __init__(self) -> None:
        """Begin with two persons whom two workers serve, one with a message more."""
        super().__init__()
        for person in (1, 2, 1):
            self.offer(person, "")
        for at in (0, 1):
            self.be_given(at, 1, "")
            (work,) = self.workers[at].work.values()
            self._take(self.workers[at], work, is_own=True, heard=True)

    @precondition(lambda self: self.model.unread() or not all(w.is_sure for w in self.workers))
    @rule(at=WORKER, most=st.integers(1, 2), loss=LOSSES)
    def be_given(self, at: int, most: int, loss: str) -> None:
        """Give a worker persons whom nobody serves; after a break all that are its own."""
        model, worker = self.model, self.workers[at]
        given = model.unread()[:most] if worker.is_sure else model.held_by(worker.name)
        if worker.is_sure and not given:
            return  # it would wait
        self.lose(loss, "XREADGROUP")
        found = self.run(worker.store.group.read(most))
        tickets = [read_ticket(*entry) for _, entry in found]
        assert [ticket.entry for ticket in tickets] == ([] if loss else given)
        if worker.is_sure and loss != "before":
            for entry in given:
                model.gives(entry, worker.name)
        worker.is_sure = not loss
        worker.believes(tickets)
        self.agree()

    @precondition(lambda self: self.has_work())
    @rule(data=st.data(), loss=LOSSES)
    def go_on(self, data: st.DataObject, loss: str) -> None:
        """Let a worker do what comes next for one of its persons: take, or commit."""
        self._go_on(data, loss, heard=True)

    @precondition(lambda self: self.has_work())
    @rule(data=st.data(), loss=LOSSES)
    def go_on_too(self, data: st.DataObject, loss: str) -> None:
        """Let it once more: most of what workers do is this."""
        self._go_on(data, loss, heard=True)

    @precondition(lambda self: self.has_work())
    @rule(data=st.data())
    def go_on_unheard(self, data: st.DataObject) -> None:
        """Let it, and the worker sees an error though it was done: it will do it again."""
        self._go_on(data, "", heard=False)

    def has_work(self) -> bool:
        """Return whether any worker believes to hold anything."""
        return any(worker.work for worker in self.workers)

    def _drawn(self, data: st.DataObject) -> tuple[WorkerProcess, Work]:
        """Choose a worker and something it believes to hold."""
        busy = [worker for worker in self.workers if worker.work]
        worker = data.draw(st.sampled_from(busy))
        return worker, data.draw(st.sampled_from(list(worker.work.values())))

    def _go_on(self, data: st.DataObject, loss: str, *, heard: bool) -> None:
        worker, work = self._drawn(data)
        is_own = self.model.holders.get(work.ticket.entry) == worker.name
        self.lose(loss)
        if work.taken is None:
            self._take(worker, work, is_own=is_own, heard=heard)
        else:
            self._finish(worker, work, self._end(work.taken), is_own=is_own, heard=heard)
        self.agree()

    def _take(self, worker: WorkerProcess, work: Work, *, is_own: bool, heard: bool) -> None:
        ticket = work.ticket
        inbox = worker.store.inboxes[ticket.lane]
        if not is_own:
            self.refused(lambda: inbox.take(ticket), WorkTaken)
            worker.drops(work)
            return
        found = self.run(inbox.take(ticket))
        self._is_next(found, ticket.person, worker)
        if heard:
            worker.begins(work, found)

    def _is_next(self, found: TakenUpdate | None, person: int, worker: WorkerProcess) -> None:
        """See that a worker got the person's oldest update, with their state and its starts."""
        starts = self.model.begins(person, worker.name)
        right = TakenUpdate(self.model.boxes[person][0], self.model.states[person], starts)
        assert found == right

    def _end(self, taken: TakenUpdate) -> Commit:
        """Make the end of an update: a state that counts, a timer, two replies, a kept value."""
        update, before = taken.update, taken.person_state
        person, generation = update.sender.id, before.profile.generation + 1
        after = replace(before, profile=replace(before.profile, generation=generation))
        replies = [plain(f"{update.key}/{number}", chat=person) for number in range(2)]
        later = due(f"{update.key}/later0", person=person)
        kept = note(person, str(generation))
        return commit(update, *replies, before=before, after=after, later=(later,), writes=(kept,))

    def _finish(
        self, worker: WorkerProcess, work: Work, end: Commit, *, is_own: bool, heard: bool
    ) -> None:
        model, ticket = self.model, work.ticket
        inbox = worker.store.inboxes[ticket.lane]
        if not is_own:
            self.refused(lambda: inbox.finish(end, ticket), WorkTaken)
            worker.drops(work)
            return
        is_last = False
        if end.update not in model.ended:
            model.commits(end)
            is_last = not model.boxes[ticket.person]
        try:
            found = self.run(inbox.finish(end, ticket))
        except WorkTaken:  # the answer to the last one was lost: what is asked again has ended
            assert is_last
            found = None
        if is_last:
            assert found is None
            model.drops(ticket.entry)
        else:
            self._is_next(found, ticket.person, worker)
        if not heard:
            return
        if found is None:
            worker.drops(work)
        else:
            worker.begins(work, found)

    @precondition(lambda self: self.has_work())
    @rule(data=st.data(), loss=LOSSES, again=st.booleans())
    def say_still_working(self, data: st.DataObject, loss: str, *, again: bool) -> None:
        """Send a notice before the commit: once for each update, and a zombie none."""
        worker, work = self._drawn(data)
        if work.taken is None:
            return
        notice = plain(f"{work.taken.update.key}/still", chat=work.ticket.person)
        model, outbox = self.model, worker.store.store.outbox
        self.lose(loss)
        if model.holders.get(work.ticket.entry) != worker.name:
            self.refused(lambda: outbox.push(notice), WorkTaken)
            return
        for _ in range(1 + again):
            self.run(outbox.push(notice))
        if notice.id not in model.pushed:
            model.pushed.add(notice.id)
            model.says(notice)
        self.agree()

    @rule(at=WORKER, loss=LOSSES)
    def beat(self, at: int, loss: str) -> None:
        """Show that a worker lives; it learns what is not its own any more."""
        self._beat(self.workers[at], loss)

    def _beat(self, worker: WorkerProcess, loss: str) -> None:
        model = self.model
        lost = {entry for entry in worker.work if model.holders.get(entry) != worker.name}
        self.lose(loss)
        assert self.run(worker.store.tickets.beat(tuple(worker.work))) == lost
        model.aged -= worker.work.keys() - lost
        self.agree()

    @precondition(lambda self: self.model.holders)
    @rule(data=st.data())
    def stand_still(self, data: st.DataObject) -> None:
        """Nothing is seen of a worker for long: it is dead, or will go on some time."""
        self._age(data.draw(st.sampled_from(sorted(set(self.model.holders.values())))))

    def _age(self, name: str) -> None:
        entries = self.model.held_by(name)
        if not entries:
            return
        place = (self.keys.ready, GROUP, name)
        self.run(self.redis.xclaim(*place, 0, [*entries], idle=LONG_MS, justid=True))
        self.model.aged.update(entries)
        self.agree()

    @rule(at=WORKER, loss=LOSSES)
    def take_over(self, at: int, loss: str) -> None:
        """Take over from workers that were not seen for long, and from nobody else."""
        self._take_over(self.workers[at], loss)

    def _take_over(self, worker: WorkerProcess, loss: str) -> None:
        model = self.model
        due_now = [entry for entry in model.lines if entry in model.aged]
        self.lose(loss)
        found = self.run(worker.store.tickets.reclaim(idle_ms=LONG_MS // 2, most=16))
        if loss == "after":  # they are young now: they age again, and are given to somebody else
            assert found == []
        else:
            assert [ticket.entry for ticket in found] == due_now
        for entry in due_now:
            model.gives(entry, worker.name)
        worker.believes([*found])
        self.agree()

    @precondition(lambda self: self.holders())
    @rule(data=st.data(), at=WORKER)
    def overtake(self, data: st.DataObject, at: int) -> None:
        """Let one stand still in its work and another take over: the first is a zombie now."""
        zombie = data.draw(st.sampled_from(self.holders()))
        self._age(zombie.name)
        self._take_over(self._another(zombie, at), "")

    @precondition(lambda self: self.holders())
    @rule(data=st.data(), at=WORKER)
    def show_life_in_time(self, data: st.DataObject, at: int) -> None:
        """Let one stand still, but show that it lives before another looks."""
        worker = data.draw(st.sampled_from(self.holders()))
        self._age(worker.name)
        self._beat(worker, "")
        self._take_over(self._another(worker, at), "")

    def holders(self) -> list[WorkerProcess]:
        """Return the workers that hold something, and know of it."""
        held = self.model.holders
        return [w for w in self.workers if any(held.get(entry) == w.name for entry in w.work)]

    def _another(self, worker: WorkerProcess, at: int) -> WorkerProcess:
        others = [found for found in self.workers if found is not worker]
        return others[at % len(others)]

    @precondition(lambda self: self.has_work())
    @rule(data=st.data(), loss=LOSSES)
    def hand_back(self, data: st.DataObject, loss: str) -> None:
        """Leave a person to others, as a worker that stops does; a zombie has nothing to leave."""
        (worker, work), model = self._drawn(data), self.model
        ticket, before = work.ticket, self.run(dump(self.redis, self.keys))
        self.lose(loss)
        self.run(worker.store.inboxes[ticket.lane].hand_back(ticket))
        worker.drops(work)
        if model.holders.get(ticket.entry) == worker.name:
            model.drops(ticket.entry)
            model.starts.pop(model.boxes[ticket.person][0].key, None)
            self.queue(ticket.person)
        else:
            assert self.run(dump(self.redis, self.keys)) == before
        self.agree()

    @rule(at=WORKER, loss=LOSSES)
    def take_off(self, at: int, loss: str) -> None:
        """Take workers off the list that have nothing: one that has keeps it."""
        self.lose(loss)
        self.run(self.workers[at].store.tickets.leave(idle_ms=-1))
        self.agree()

    @rule(at=WORKER)
    def die(self, at: int) -> None:
        """End a worker: what it held stays with its name, and another one comes."""
        self.workers[at] = self.run(self.another_worker())

    def teardown(self) -> None:
        """At the end somebody takes all over, and each update took effect once, in order."""
        try:
            self._settle()
            model = self.model
            if model.told:
                self.hear("")
            for person in PERSONS:
                numbers = [u.message_id for u in model.ended if u.sender.id == person]
                assert numbers == sorted(set(numbers))
                assert model.states[person].profile.generation == len(numbers)
                kept = self.run(self.gateway.store.plugin_storage.get("pets:Note", person))
                assert (kept.text if kept else "0") == str(len(numbers))
            assert len(model.ended) == self.number
            assert not model.lines
            self.agree()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    def _settle(self) -> None:
        """Let a last worker do what is left."""
        self.proxy.faults.clear()
        worker = self.run(self.another_worker())
        unread = self.model.unread()
        if unread:
            found = self.run(worker.store.group.read(len(unread)))
            worker.believes([read_ticket(*entry) for _, entry in found])
        found_left = self.run(worker.store.tickets.reclaim(idle_ms=0, most=16))
        worker.believes([*found_left])
        for entry in self.model.lines:
            self.model.gives(entry, worker.name)
        self.agree()
        for _ in range(2 * self.number):
            for work in list(worker.work.values()):
                if work.taken is None:
                    self._take(worker, work, is_own=True, heard=True)
                else:
                    self._finish(worker, work, self._end(work.taken), is_own=True, heard=True)


def test_each_update_takes_effect_once_whoever_holds_it() -> None:
    """Redis agrees with a plain model over zombies, deaths and lost answers."""
    run_state_machine_as_test(Roles, settings=settings(MACHINE, max_examples=3))


def test_the_same_on_a_real_redis_server(redis_url: str) -> None:
    """More of it, as that is the quicker one."""
    real = type("Real", (Roles,), {"url": redis_url})

    run_state_machine_as_test(real, settings=settings(MACHINE, max_examples=6))


@pytest.mark.long
def test_the_same_at_length(redis_url: str) -> None:
    """Enough runs for each fault that `tests.mutants` plants into the scripts to show."""
    real = type("Long", (Roles,), {"url": redis_url})

    run_state_machine_as_test(real, settings=MACHINE)
