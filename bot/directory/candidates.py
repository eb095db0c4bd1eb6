"""What a search asks for, and the tantivy query that brings up whoever may be meant.

The query only chooses candidates, in an order near the final one; `ranking` decides. It is made of terms that the index is known to hold
(`Terms`), so that tantivy only has to walk their lists; constant scores, since a rare name is not a better one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import tantivy
from rapidfuzz.distance import OSA

from bot.core.text_folding import allowed_edits, digits, fold, without_particles
from bot.directory.index_terms import Terms
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

    @property
    def beside_name(self) -> bool:
        """Whether anything was asked for besides the name."""
        return bool(self.profession or self.place or self.organization)


def is_labelled(held: Collection[str], words: Iterable[str]) -> bool:
    """Return whether folded labels hold all of these words, or words near them."""
    return all(word in held or any(_same(word, other) for other in held) for word in words)


def _same(word: str, other: str) -> bool:
    edits = allowed_edits(len(word)) if len(word) > 4 else 0
    return OSA.distance(word, other, score_cutoff=edits) <= edits


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


def _is_no_given_name(words: Sequence[str], name: Typed) -> bool:
    """Return whether what was typed after a first word is nobody's given name, nor initials: it is one only by an error, or cut short."""
    return bool(words) and words[-1] not in name.known and len(words[-1]) > _LONGEST_INITIALS and words[-1] != name.words[0]


_LONGEST_INITIALS = 3
_FEW = 40
"""So many bearers of a family name are looked at whatever else was typed."""
_MOST_BEGINNINGS = 40
_SHORTEST_NAME_BEGINNING = 3


class Candidates:
    """Builds tantivy queries over one schema, for the terms of one index."""

    def __init__(self, schema: tantivy.Schema, terms: Terms | None = None) -> None:
        self._schema, self._terms = schema, terms or Terms(None)

    def number(self, number: str) -> tantivy.Query:
        """Whoever has this key, RPPS or ADELI number."""
        return self._any("number", (number, f"8{number}", f"0{number}"))

    def named(self, asked: Asked) -> Iterator[tuple[int, tantivy.Query]]:
        """Whoever may bear the name, those who meet more of the rest first, with the number of errors that are forgiven.

        As it was typed, then with one error or cut short, then with two; each query holds the one before it. Two errors take ten times as
        long to look for, and are rare.
        """
        words = asked.name.words
        forms = typed_forms(words)
        # Words glued together are mistyped within one name (« legof »), not across a given and a family name.
        given_name = next((word for word in (words[0], words[-1]) if word in asked.name.usual), None)
        whole = [form for form in forms if form in words or given_name is None or given_name not in form]
        initials = [word for word in (words[0], words[-1]) if len(word) == 1 and word not in forms]  # « D. Robert »: no particle
        said = [*forms, *initials] if len(words) > 1 else []
        before = 0
        for edits in range(3):
            if edits > 1 and all(allowed_edits(len(word)) < edits for word in words):
                return
            clauses = [(SHOULD, clause) for clause in self._criteria(asked)]
            given = [clause for form in said for clause in self._given(form, edits, glued=form not in words)]
            if len(words) > 1:
                clauses.append((SHOULD, self._best(given)))
            named = list(self._bearing(asked.name, forms, whole, edits))
            # A query is that of before and more: one that is no longer finds nobody else.
            if named and len(named) + len(given) > before:
                yield edits, tantivy.Query.boolean_query([(MUST, self._best(named)), *clauses])
            before = len(named) + len(given)

    def _bearing(self, name: Typed, forms: Sequence[str], whole: Sequence[str], edits: int) -> Iterator[tantivy.Query]:
        """Yield what the typed words may be as a name: a family name with something else, or a given name alone.

        `whole` are the forms that may hold an error; two are looked for in what is no given name, where anything is left.
        """
        words = name.words
        families = [word for word in words if word not in name.usual] or words
        head, *others = without_particles(list(words))
        inner = {word for word in others[:-1] if word in name.usual}
        for form in forms:
            if form in inner and form != head:
                continue  # the second of several given names
            errors = edits if form in whole else 0
            borne = self._family(form, errors, typed=form in families, glued=form not in words)
            if form == head and _is_no_given_name(others, name) and self._bearers(form, errors) > _FEW:
                # « Robert Zwartkowski »: of the many whose family name is Robert only those who may be called so.
                given = [tantivy.Query.const_score_query(clause, 0.0) for word in others for clause in self._given(word, edits)]
                yield from (self._all(pair) for pair in product(borne, given))
            else:
                yield from borne
        given = [self._term("given", form) for form in forms if form in words and self._terms.frequency("given", form)]
        if given and len(given) == len(words):
            yield tantivy.Query.const_score_query(self._all(given), 0.5)
        glued = "".join(words)
        if len(words) > 1 and self._terms.frequency("given", glued):
            yield self._scored("given", glued, 0.5)

    def unnamed(self, asked: Asked) -> Sequence[tantivy.Query]:
        """Return the queries to try in turn until one finds somebody: all criteria, then all but one, and so on."""
        clauses = [(SHOULD, clause) for clause in self._criteria(asked)]
        return [tantivy.Query.boolean_query(clauses, minimum_number_should_match=least) for least in range(len(clauses), 0, -1)]

    def _criteria(self, asked: Asked) -> list[tantivy.Query]:
        clauses = []
        if asked.trades:
            clauses.append((PROFESSION, self._any("trade", sorted(asked.trades))))
        if asked.labels:
            clauses.append((PROFESSION, self._any("label", self._labels(asked.labels))))
        if asked.place:
            clauses.append((PLACE, self._place(asked.place)))
        if asked.organization:
            clauses.append((ORGANIZATION, self._organization(asked.organization)))
        return [tantivy.Query.const_score_query(clause, _BOOST[kind]) for kind, clause in clauses]

    def _family(self, form: str, most_edits: int, *, typed: bool, glued: bool) -> Iterator[tantivy.Query]:
        """Yield the family names that a form may stand for; of words glued together (not `typed`) with one error at the most.

        `glued`: two words that are one name say more than either of them, even with an error.
        """
        more = 1.5 if glued else 0.0
        if self._terms.frequency("family", form):
            yield self._scored("family", form, 4.0 + more)
        edits = min(most_edits, allowed_edits(len(form)))
        if not edits:
            return
        if near := self._terms.near("family", form):
            yield tantivy.Query.const_score_query(self._any("family", near), 3.0 + more)
        if len(form) >= _SHORTEST_NAME_BEGINNING and (begun := self._terms.begun("family", form, _MOST_BEGINNINGS)):
            yield tantivy.Query.const_score_query(self._any("family", begun), 1.5 + more)
        if edits > 1 and typed and (far := self._two_errors("family", form)):
            yield tantivy.Query.const_score_query(far, 2.0)

    def _bearers(self, form: str, edits: int) -> int:
        """Return how many people bear a family name that a form may stand for."""
        frequency = self._terms.frequency
        near = (*self._terms.near("family", form), *self._terms.begun("family", form, _MOST_BEGINNINGS)) if edits else ()
        return sum(frequency("family", term) for term in (form, *near))

    def _given(self, form: str, most_edits: int, *, glued: bool = False) -> Iterator[tantivy.Query]:
        """Yield the given names that a form may stand for; two words (`glued`) say more than one."""
        boost = _BOOST[GIVEN]
        known = self._terms.frequency("given", form)
        if known:
            yield self._scored("given", form, boost + 2 if glued else boost)
        if glued:
            return  # as they are, or not at all
        if most_edits and allowed_edits(len(form)) and (near := self._terms.near("given", form)):
            yield tantivy.Query.const_score_query(self._any("given", near), boost - 2)
        if (len(form) == 1 or (len(form) > 2 and not known)) and (begun := self._terms.begun("given", form, _MOST_BEGINNINGS)):
            yield tantivy.Query.const_score_query(self._any("given", begun), boost - 4)
        if most_edits > 1 and allowed_edits(len(form)) > 1 and not known and (far := self._two_errors("given", form)):
            yield tantivy.Query.const_score_query(far, boost - 6)

    def _two_errors(self, field: str, form: str) -> tantivy.Query | None:
        """Return who has a term two errors away; None where there is none: a query with nothing to find would be walked all the same."""
        query = tantivy.Query.fuzzy_term_query(self._schema, field, form, 2)
        return query if self._terms.finds(query) else None

    def _labels(self, words: tuple[str, ...]) -> Sequence[str]:
        """Return the labels of the index that hold these words or words near them: an index has some hundreds of labels."""
        return [label for label in self._terms.begun("label", "", None) if is_labelled(label.split(), words)]

    def _place(self, place: Place) -> tantivy.Query:
        towns = [self._term("town", town) for town in place.towns]
        if place.nearness is Nearness.NEAR:
            for town in place.towns:
                towns.append(self._near("town", town))
                if len(town) >= SHORTEST_BEGINNING:
                    towns.append(tantivy.Query.fuzzy_term_query(self._schema, "town", town, 0, prefix=True))
        in_area = self._any("area", sorted(place.areas))
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
            named.append(self._any("organization", kinds))
        return self._best([self._all(named), self._term("site", digits(text))])

    def _near(self, field: str, word: str) -> tantivy.Query:
        """Return who has a word or, of a longer one, a word near it; with two errors only where there is nothing nearer."""
        edits = allowed_edits(len(word)) if len(word) > 4 else 0
        terms = (word, *(self._terms.near(field, word) if edits else ()))
        if edits < 2 or any(self._terms.frequency(field, term) for term in terms):
            return self._any(field, terms)
        return tantivy.Query.fuzzy_term_query(self._schema, field, word, edits)

    def _any(self, field: str, values: Sequence[str]) -> tantivy.Query:
        if len(values) == 1:
            return self._term(field, values[0])
        return tantivy.Query.boolean_query([(SHOULD, self._term(field, value)) for value in values])

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
