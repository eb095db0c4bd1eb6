"""The reading of commands: the trained network, its words, and what it needs of the other models."""

from __future__ import annotations

import json
import re

import numpy as np
import numpy.typing as npt

from nlu.commands.clause_intents import ClauseIntents
from nlu.commands.command import NOTHING_ASKED, Asked, Command, Reading
from nlu.commands.decoding import Probabilities, Thresholds, decode, withhold
from nlu.commands.features import FeatureExtractor
from nlu.commands.labelled_messages import DATA
from nlu.commands.network import CLOSED, batch, run_network
from nlu.commands.word_vectors import load_word_vectors
from nlu.components.intent_model import IntentModel
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.pii.name_tagger import load_tagger

WEIGHTS_FILE, SETTINGS_FILE = "network{number}.npz", "reader.json"
MAX_CHARACTERS = 4000
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EMERGENCY = "start:emergency"


class CommandReader:
    """Reads messages.

    Args:
        networks: the weights of each trained network; what they say is averaged.
        labels: the labels of commands, by their numbers.
        tasks: tasks that may be under way, by their numbers less one.
        questions: questions that may be on the table, likewise.
        extractor: the features.
        thresholds: when a command is withheld.
    """

    def __init__(
        self,
        networks: list[dict[str, npt.NDArray[np.float32]]],
        labels: list[str],
        tasks: list[str],
        questions: list[str],
        extractor: FeatureExtractor,
        thresholds: Thresholds,
    ) -> None:
        self._networks, self._labels, self._extractor, self._thresholds = networks, labels, extractor, thresholds
        self._tasks = {name: number for number, name in enumerate(tasks, 1)}
        self._questions = {name: number for number, name in enumerate(questions, 1)}

    def read(self, text: str, asked: Asked = NOTHING_ASKED, lexicon: Lexicon = EMPTY_LEXICON) -> Reading:
        """Return the commands of a message, and those too doubtful to be carried out."""
        return withhold(self.read_all(text, asked, lexicon), self._thresholds)

    def read_all(self, text: str, asked: Asked, lexicon: Lexicon = EMPTY_LEXICON) -> list[Command]:
        """Return all that may be commands of a message, in its order; past `MAX_CHARACTERS` nothing is read."""
        return self.read_with_emergency(text, asked, lexicon)[0]

    def read_with_emergency(self, text: str, asked: Asked, lexicon: Lexicon = EMPTY_LEXICON) -> tuple[list[Command], float]:
        """Return all that may be commands of a message, and how likely it is, 0 to 1, that one of its words tells of an emergency."""
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text[:MAX_CHARACTERS])
        tokens = self._extractor.analyse(text)
        if not tokens:
            return [], 0.0
        numbers = (self._tasks.get(asked.task, 0), self._questions.get(asked.question, 0))
        inputs = batch([self._extractor.extract(text, tokens, lexicon)], [numbers])
        outputs = [run_network(np, weights, inputs) for weights in self._networks]
        found = Probabilities(
            np.mean([_softmax(one.anchors[0]) for one in outputs], axis=0),
            np.mean([_softmax(one.slots[0]) for one in outputs], axis=0),
            np.mean([one.attachment[0] for one in outputs], axis=0),
            {slot: np.mean([_softmax(one.closed[slot][0]) for one in outputs], axis=0) for slot in CLOSED},
            np.mean([weights["fits"] for weights in self._networks], axis=0),
            np.mean([weights["steps"] for weights in self._networks], axis=0),
        )
        emergency = float(found.anchors[:, self._labels.index(_EMERGENCY) + 1].max())
        return decode(text, tokens, found, self._labels, asked.question), emergency


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    values = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def load_reader(intent_model: IntentModel) -> CommandReader:
    """Return the reader whose files are committed beside this module, with the intent model that runs beside it."""
    settings = json.loads((DATA / SETTINGS_FILE).read_text(encoding="utf-8"))
    networks = []
    for path in sorted(DATA.glob(WEIGHTS_FILE.format(number="*"))):
        with np.load(path) as arrays:
            networks.append({name: arrays[name].astype(np.float32) for name in arrays.files})
    extractor = FeatureExtractor(settings["words"], load_tagger(), load_word_vectors(), ClauseIntents(intent_model, settings["intents"]))
    thresholds = Thresholds(**settings["thresholds"])
    return CommandReader(networks, settings["labels"], settings["tasks"], settings["questions"], extractor, thresholds)
