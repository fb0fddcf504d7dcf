"""What must be true of recipes for others, of what was deleted or mended, and of many who change them at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from support import pictures
from support.acts.recipe_exchange import CLIMBED_OUT
from support.expect.expectation import Expectation
from support.expect.recipe_settings import ExpectSettings
from support.recipe_terms import said
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# What a book's recipe keeps of itself in another studio; its number and its moments are that studio's.
OWN = ("id", "version", "created_at", "modified_at", "size_bytes", "format", "confidence")


# What a job calls otherwise than a recipe.
JOB_WORDS = {"steps": "num_inference_steps"}


class ExpectExchange(Expectation):
    """Checks on links, words for a prompt, jobs, and the book."""

    def link_shows(self, picture: bool) -> None:
        answer = self._world.recipes.exchange.opened or self._open()
        if not picture:
            self._hold(not answer.accepted, "the link shows nothing", "it shows something")
            self._hold(answer.status in (404, 410), "the link is told to lead nowhere", f"told is {answer.status}")
            self._hold(not self._is_picture(answer.content), "the link shows nothing", "it shows a picture")
            return
        self._hold(answer.accepted, "the link shows the picture", f"it shows none: {answer.reason}")
        name = self._world.recipes.current or ""
        same = pictures.same_pixels(answer.content, self._world.recipes.drafts[name].picture)
        self._hold(same, "the link shows the recipe's own picture", "it shows another one")

    def _open(self) -> Any:
        self._world.recipes.exchange.open_link()
        return self._world.recipes.exchange.opened

    @staticmethod
    def _is_picture(content: bytes) -> bool:
        try:
            pictures.decode(content)
        except pictures.NoPicture:
            return False
        return True

    def syntax_is(self, wanted: str) -> None:
        told = self._world.answered.must().body["syntax"]
        self._hold(told == wanted, f"the words for a prompt are “{wanted}”", f"they are “{told}”")

    def painted_with(self) -> None:
        """The job was asked with the recipe's settings, and its picture says so itself.

        A negative prompt is asked for, and has no part in a picture whose painter needs none.
        """
        job_id = self._world.recipes.exchange.job
        client, hand = self._world.client.generation, self._world.recipes.in_hand
        until(lambda: client.get(job_id).must().body["state"] in ("completed", "failed", "cancelled"))
        view = client.get(job_id).must().body
        self._hold(view["state"] == "completed", "a picture is painted", f"the job is {view['state']}: {view}")
        picture = client.image(job_id).must().content
        read = self._world.client.recipes.analyse(picture).must().body
        asked = {JOB_WORDS.get(field, field): value for field, value in view["request"].items()}
        ExpectSettings(self._world, {"settings": asked}).are(hand.settings)
        ExpectSettings(self._world, read).are({w: v for w, v in hand.settings.items() if w != "negative prompt"})
        size, wanted = "×".join(map(str, pictures.decode(picture).size)), hand.settings["size"]
        self._hold(size == wanted, f"the picture measures {wanted}", f"it measures {size}")

    def told_what_was_left_out(self) -> None:
        """What the painter cannot take is named, with the reason."""
        adapted = self._world.answered.must().body["adapted"]
        named = [one["name"] for one in adapted if one["why"]]
        self._hold("sampler" in named, "it is told that the sampler was left out, and why", f"told is {adapted}")

    # The book

    def added(self, count: int, *, passed_over: int | None = None) -> None:
        told = self._world.answered.must().body
        self._hold(told["added"] == count, f"{count} recipes are told to be added", f"{told['added']} are")
        self._hold(not told["failed"], "no page of the book is told to be bad", f"told are {told['failed']}")
        if passed_over is not None:
            found = told["skipped"]
            self._hold(found == passed_over, f"{passed_over} are told to be passed over", f"{found} are")

    def book_is_whole(self) -> None:
        """Each recipe by its name, with all that was known of it, its own picture included."""
        before = {kept.view["name"]: kept for kept in self._world.recipes.kept.values()}
        now = {item["name"]: item for item in self._world.recipes.lists.listed()}
        self._hold(now.keys() == before.keys(), f"the book holds {sorted(before)}", f"it holds {sorted(now)}")
        for name, kept in before.items():
            look = self._world.recipes.look(now[name]["id"])
            differ = {k: (v, look.view[k]) for k, v in kept.view.items() if k not in OWN and look.view[k] != v}
            self._hold(not differ, f"everything that was known of “{name}” is there", f"it differs in {differ}")
            given = self._world.recipes.drafts[name].picture
            picture = self._world.client.recipes.picture(now[name]["id"]).must().content
            self._hold(pictures.same_pixels(picture, given), f"“{name}” has its own picture", "it has another")

    def took_nothing(self, why: str) -> None:
        """Refused as a whole, or that page alone; told why in either case."""
        answer = self._world.answered
        reasons = answer.reason if not answer.accepted else " ".join(str(page) for page in answer.body["failed"])
        added = answer.body["added"] if answer.accepted else 0
        self._hold(added == 0, "nothing harmful is taken in", f"{added} recipes were added")
        self._hold(answer.status < 500, "a bad book is refused", "the studio failed")
        self._hold(why.lower() in reasons.lower(), f"the reason told is “{why}”", f"it is “{reasons}”")

    def wrote_nothing_outside(self) -> None:
        exchange = self._world.recipes.exchange
        found = exchange.files_outside() - exchange.outside
        found |= {str(CLIMBED_OUT)} if CLIMBED_OUT.exists() else set()
        self._hold(not found, "nothing is written outside the book", f"there lies {', '.join(sorted(found))}")

    # Several editors

    def one_editor_succeeds(self, told: int) -> None:
        statuses = sorted(answer.status for answer in self._world.recipes.changes.answers)
        wanted = [200, *[412] * told]
        self._hold(statuses == wanted, f"one editor succeeds, and {told} are told", f"they were answered {statuses}")

    def prompt_is_the_winners(self, name: str) -> None:
        won = [answer.body for answer in self._world.recipes.changes.answers if answer.accepted]
        now = self._world.recipes.view(name)
        self._hold(said(now, "prompt") == said(won[0], "prompt"), "the winner's prompt stays", said(now, "prompt"))
        listed_now = [i for i in self._world.recipes.lists.listed() if i["id"] == now["id"]]
        self._hold(listed_now == [now], "the list tells the same", f"it tells {listed_now}")

    # Deleting

    def can_be_taken_back_for(self, seconds: int) -> None:
        body = self._world.answered.must().body
        left = (datetime.fromisoformat(body["undo_until"]) - self._world.clock.now()).total_seconds()
        near = abs(left - seconds) < 1
        self._hold(near or bool(self._world.environment.studio_url), f"it can be taken back for {seconds} s", f"{left}")

    def told_back(self, count: int) -> None:
        restored = self._world.answered.must().body["restored"]
        self._hold(len(restored) == count, f"{count} recipes are told to be back", f"told are {restored}")

    # Matching and repairing

    def matched(self, changed: str, lora: str, recipe: str) -> None:
        body, recipes = self._world.answered.must().body, self._world.recipes
        self._hold(body["changed"] == [recipes.id(changed)], f"“{changed}” is told as changed", f"{body['changed']}")
        told = [(one["recipe_id"], one["lora"]) for one in body["unmatched"]]
        wanted = [(recipes.id(recipe), lora)]
        self._hold(told == wanted, f"“{lora}” of “{recipe}” is told as unmatched", f"told are {told}")

    def repaired(self, done: list[str], left: str, failed: list[str]) -> None:
        body, recipes = self._world.answered.must().body, self._world.recipes
        told = (body["repaired"], body["unchanged"], [one["id"] for one in body["failed"]])
        wanted = ([recipes.id(name) for name in done], 1, [recipes.id(name) for name in failed])
        self._hold(told == wanted, f"repaired are {done}, failed {failed}, “{left}” left", f"told is {body}")
        reasons = [one["why"] for one in body["failed"]]
        self._hold(all(reasons), "each that failed is told with its reason", f"told are {reasons}")

    # Reading and keeping

    def not_kept_because(self, why: str) -> None:
        """The studio's disk is at fault, not the caller: told as such, and as what it is."""
        answer = self._world.answered
        self._hold(answer.status == 503, "what cannot be kept now is told as such", f"told is {answer.status}")
        self._hold(
            why in answer.reason.lower(), f"it is not kept because of “{why}”", f"the reason is: {answer.reason}"
        )
        self._hold(answer.is_problem, "a refusal is told as a problem document", "it is told in another form")

    def told_nothing_of_the_disk(self) -> None:
        told = self._world.answered.content.decode("utf-8", "replace")
        home = str(self._world.home)
        found = [word for word in ("SQLite", "root:", "lighthouse") if word in told]
        found += [home] if f"{home}/studio.db" in told and "file:" in told else []
        self._hold(not found, "nothing of the studio's disk is told", f"told is {found}: {told[:300]}")


def exchange(world: World) -> ExpectExchange:
    """Checks on what leaves the studio and comes in."""
    return ExpectExchange(world)
