"""What a search asks for, and the tantivy query that brings up whoever may be meant.

The query only chooses candidates, in an order near the final one; `ranking` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import tantivy

from bot.core.text_folding import allowed_edits, digits, fold
from bot.directory.names import Typed, typed_forms, typed_words
from bot.directory.organizations import kind_words, organization_words, telling_words
from bot.directory.places import SHORTEST_BEGINNING, Nearness, Place, parse_place
from bot.directory.professions import trades_by_text

MUST, SHOULD = tantivy.Occur.Must, tantivy.Occur.Should

NAME, GIVEN, PROFESSION, PLACE, ORGANIZATION, RPPS = "name", "given_name", "profession", "place", "organization", "rpps"
"""The criteria, as `Match.matched` names them."""

# Far apart, so that a better name never outweighs one more criterion; see `ranking.WEIGHTS`.
_BOOST = {GIVEN: 60.0, PROFESSION: 20.0, PLACE: 15.0, ORGANIZATION: 15.0}


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of the person looked for, each as the user wrote it; None or "" is not asked.

    `rpps` also takes an ADELI number or a whole national identification.
    """

    name: str | None = None
    profession: str | None = None
    place: str | None = None
    organization: str | None = None
    rpps: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, understood. `labels` are the words of a profession that is in no table."""

    name: Typed
    trades: frozenset[str]
    labels: tuple[str, ...]
    place: Place
    organization: str
    number: str

    @property
    def profession(self) -> bool:
        """Whether a profession was asked for."""
        return bool(self.trades or self.labels)


Frequency = Callable[[str, str], int]
"""How many people have a term (second) in a field of the index (first)."""


def understand(query: Query, frequency: Frequency) -> Asked:
    """Read a query in the light of the names and towns that the index holds."""
    trades = trades_by_text(query.profession or "")
    organization = query.organization or ""
    return Asked(
        name=_typed(query.name or "", frequency),
        trades=trades,
        labels=() if trades else tuple(fold(query.profession or "").split()[:6]),
        place=parse_place(query.place or "").resolved(lambda town: frequency("town", town) > 0),
        organization=organization if organization_words(organization) else "",
        number=digits(query.rpps or ""),
    )


def _typed(name: str, frequency: Frequency) -> Typed:
    words = tuple(typed_words(name))
    given = {word: frequency("given", word) for word in words}
    known = frozenset(word for word, count in given.items() if count or len(word) == 1)
    usual = frozenset(word for word, count in given.items() if count > frequency("family", word))
    return Typed(words, known, usual)


class Candidates:
    """Builds tantivy queries over one schema."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema

    def number(self, number: str) -> tantivy.Query:
        """Whoever has this key, RPPS or ADELI number."""
        return self._term("number", number)

    def named(self, asked: Asked) -> Iterator[tantivy.Query]:
        """Whoever may bear the name, those who meet more of the rest first; then the same with two typing errors.

        Two errors take several times as long to look for, and are rare.
        """
        forms = typed_forms(asked.name.words)
        for edits in (1, 2):
            if edits > 1 and all(allowed_edits(len(form)) < edits for form in forms):
                return
            name = tantivy.Query.boolean_query([(SHOULD, self._family(form, edits)) for form in forms])
            clauses = [(MUST, name), *((SHOULD, clause) for clause in self._criteria(asked))]
            if len(asked.name.words) > 1:
                clauses.append((SHOULD, self._best(self._given(form) for form in forms)))
            yield tantivy.Query.boolean_query(clauses)

    def unnamed(self, asked: Asked) -> Sequence[tantivy.Query]:
        """Return the queries to try in turn until one finds somebody: all criteria, then all but one, and so on."""
        clauses = [(SHOULD, clause) for clause in self._criteria(asked)]
        return [tantivy.Query.boolean_query(clauses, minimum_number_should_match=least) for least in range(len(clauses), 0, -1)]

    def _criteria(self, asked: Asked) -> list[tantivy.Query]:
        clauses = []
        if asked.trades:
            clauses.append((PROFESSION, tantivy.Query.term_set_query(self._schema, "trade", sorted(asked.trades))))
        if asked.labels:
            clauses.append((PROFESSION, self._all(self._near("label", word) for word in asked.labels)))
        if asked.place:
            clauses.append((PLACE, self._place(asked.place)))
        if asked.organization:
            clauses.append((ORGANIZATION, self._organization(asked.organization)))
        return [tantivy.Query.const_score_query(clause, _BOOST[kind]) for kind, clause in clauses]

    def _family(self, form: str, most_edits: int) -> tantivy.Query:
        alternatives = [self._scored("family", form, 4.0), self._scored("given", form, 0.5)]
        edits = min(most_edits, allowed_edits(len(form)))
        if edits:
            begun = tantivy.Query.fuzzy_term_query(self._schema, "family", form, 0, prefix=True)
            alternatives.append(tantivy.Query.const_score_query(begun, 1.5))
        for distance in range(1, edits + 1):
            near = tantivy.Query.fuzzy_term_query(self._schema, "family", form, distance)
            alternatives.append(tantivy.Query.const_score_query(near, 4.0 - distance))
        return self._best(alternatives)

    def _given(self, form: str) -> tantivy.Query:
        boost = _BOOST[GIVEN]
        alternatives = [self._scored("given", form, boost)]
        if allowed_edits(len(form)):
            near = tantivy.Query.fuzzy_term_query(self._schema, "given", form, 1)
            alternatives.append(tantivy.Query.const_score_query(near, boost - 2))
        if len(form) > 2 or len(form) == 1:
            begun = tantivy.Query.fuzzy_term_query(self._schema, "given", form, 0, prefix=True)
            alternatives.append(tantivy.Query.const_score_query(begun, boost - 4))
        return self._best(alternatives)

    def _place(self, place: Place) -> tantivy.Query:
        towns = [self._term("town", town) for town in place.towns]
        if place.nearness is Nearness.NEAR:
            for town in place.towns:
                towns.append(self._near("town", town))
                if len(town) >= SHORTEST_BEGINNING:
                    towns.append(tantivy.Query.fuzzy_term_query(self._schema, "town", town, 0, prefix=True))
        in_area = tantivy.Query.term_set_query(self._schema, "area", sorted(place.areas))
        if place.postal_code and not towns:
            return self._term("postal", place.postal_code)
        if not towns:
            return in_area
        in_town = self._best(towns)
        if not place.areas:
            return in_town
        return self._best([in_town, in_area]) if place.either else self._all([in_town, in_area])

    def _organization(self, text: str) -> tantivy.Query:
        words = organization_words(text)
        named = [self._near("organization", word) for word in telling_words(words)]
        kinds = kind_words(words)
        if kinds:
            named.append(tantivy.Query.term_set_query(self._schema, "organization", list(kinds)))
        return self._best([self._all(named), self._term("site", digits(text))])

    def _near(self, field: str, word: str) -> tantivy.Query:
        edits = allowed_edits(len(word)) if len(word) > 4 else 0
        if not edits:
            return self._term(field, word)
        return tantivy.Query.fuzzy_term_query(self._schema, field, word, edits)

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option="basic")

    def _scored(self, field: str, value: str, score: float) -> tantivy.Query:
        return tantivy.Query.const_score_query(self._term(field, value), score)

    @staticmethod
    def _best(queries: Iterable[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query(list(queries))

    @staticmethod
    def _all(queries: Iterable[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(MUST, query) for query in queries])
