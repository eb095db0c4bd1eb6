"""Words have the user's own offsets and the full forms of their shorthand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from strategies import TEXTS

from nlu.components.tokenization import normalise, tokenize


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("G pas reçu mes codes, stp", "j' ai pas recu mes codes , s' il te plait"),
        ("bjr c pr qq1 dc rdv", "bonjour c' est pour quelqu' un donc rendez vous"),
        ("combien en reste-t-il", "combien en reste t il"),
        ("t là ?", "tu es la ?"),
        ("Pr Martin", "professeur martin"),
        ("pr Martin", "professeur martin"),
        ("M. Durand, m. Roux et Dr. Petit.", "monsieur durand , monsieur roux et docteur petit ."),
        ("le pr dupont", "le professeur dupont"),
        ("un compte pr Martin", "un compte pour martin"),
        ("c pr mme Durand", "c' est pour madame durand"),
        ("L’infirmière d'Orléans", "l' infirmiere d' orleans"),
        ("aujourd'hui à Saint-Cyr", "aujourd'hui a saint cyr"),
        ("merciiiii", "merci"),
    ],
)
def test_shorthand_stands_for_full_forms(text: str, full: str) -> None:
    assert normalise(text) == full


@settings(max_examples=300)
@given(TEXTS)
def test_words_of_any_text_have_their_offsets_and_forms(text: str) -> None:
    end = 0
    for word in tokenize(text):
        assert end <= word.start < word.end <= len(text)
        assert text[word.start : word.end] == word.text
        assert word.forms
        assert all(word.forms)
        end = word.end
