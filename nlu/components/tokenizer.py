"""The Rasa component that splits French text into words and publishes its normalised form."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.components.tokenization import normalise, tokenize

NORMALISED = "normalised"
"""The message attribute that holds the normalised text."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class FrenchTokenizer(Tokenizer):
    """Gives tokens with the user's own offsets, whose `lemma` is the folded full form, and sets `normalised` beside TEXT."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the options that Rasa requires of a tokenizer; intents are not split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the tokens of an attribute of `message`."""
        text = message.get(attribute)
        if attribute == "text":
            message.set(NORMALISED, normalise(text))
        return [Token(word.text, word.start, word.end, lemma=" ".join(word.forms)) for word in tokenize(text)]
