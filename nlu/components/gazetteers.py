"""Word lists that the models use as *features*: what a word may be, never what it is.

First and last names come from Faker's French and neighbouring locales when the model is trained, and are stored with it; the other
lists are in this module.
"""

from __future__ import annotations

from importlib import import_module

from nlu.components.phonetics import phonetic_code
from nlu.components.tokenization import normalise

# Towns of Centre-Val de Loire and the larger ones of the rest of France.
_CITIES = """
Tours|Joué-lès-Tours|Saint-Cyr-sur-Loire|Saint-Pierre-des-Corps|Saint-Avertin|Chambray-lès-Tours|Amboise
Montlouis-sur-Loire|Fondettes|La Riche|Ballan-Miré|Veigné|Monts|Chinon|Loches|Montbazon|Vouvray|Bourgueil|Langeais
Château-Renault|Luynes|Bléré|Descartes|Azay-le-Rideau|Sainte-Maure-de-Touraine|L'Île-Bouchard|Richelieu|Esvres|Larçay
Truyes|Cormery|Ligueil|Preuilly-sur-Claise|Blois|Vendôme|Romorantin-Lanthenay|Romorantin|Vineuil|Mer|Contres|Salbris
Montrichard|Lamotte-Beuvron|Saint-Aignan|Selles-sur-Cher|La Chaussée-Saint-Victor|Onzain|Bracieux|Montoire-sur-le-Loir
Mondoubleau|Cour-Cheverny|Noyers-sur-Cher|Saint-Gervais-la-Forêt|Orléans|Fleury-les-Aubrais|Olivet|Saint-Jean-de-Braye
Saint-Jean-de-la-Ruelle|Saran|Montargis|Gien|Pithiviers|Beaugency|Meung-sur-Loire|Châteauneuf-sur-Loire
Sully-sur-Loire|Ingré|Chécy|La Ferté-Saint-Aubin|Briare|Malesherbes|Amilly|Châlette-sur-Loing|Jargeau
Neuville-aux-Bois|Artenay|Patay|Courtenay|La Chapelle-Saint-Mesmin|Saint-Denis-en-Val|Bellegarde|Lorris
Cléry-Saint-André|Bourges|Vierzon|Saint-Amand-Montrond|Saint-Doulchard|Mehun-sur-Yèvre|Saint-Florent-sur-Cher
Aubigny-sur-Nère|Sancerre|Dun-sur-Auron|La Guerche-sur-l'Aubois|Saint-Germain-du-Puy|Trouy|Sancoins|Châteaumeillant
Lignières|Henrichemont|La Chapelle-Saint-Ursin|Graçay|Châteauroux|Issoudun|Déols|Le Blanc|Argenton-sur-Creuse
Buzançais|La Châtre|Valençay|Levroux|Le Poinçonnet|Ardentes|Vatan|Châtillon-sur-Indre|Chartres|Dreux|Lucé|Vernouillet
Châteaudun|Nogent-le-Rotrou|Mainvilliers|Épernon|Maintenon|Luisant|Bonneval|Auneau|Cloyes-sur-le-Loir|Lèves|Gallardon
Illiers-Combray|Brou|Anet|Janville|Voves|La Loupe|Courville-sur-Eure|Toury|Saint-Rémy-sur-Avre|Nogent-le-Roi|Paris
Lyon|Marseille|Toulouse|Nice|Nantes|Strasbourg|Montpellier|Bordeaux|Lille|Rennes|Reims|Le Havre|Saint-Étienne|Toulon
Grenoble|Dijon|Angers|Nîmes|Clermont-Ferrand|Le Mans|Brest|Limoges|Amiens|Perpignan|Metz|Besançon|Poitiers|Rouen|Caen
Nancy|Châtellerault|Nevers|Saumur|Niort|La Rochelle|Angoulême|Montluçon|Moulins|Auxerre|Cosne-Cours-sur-Loire|Étampes
Rambouillet|Versailles|Laval|Cholet|Indre-et-Loire|Loir-et-Cher|Loiret|Cher|Indre|Eure-et-Loir|Touraine|Berry|Sologne
Beauce|Sarthe|Vienne|Nièvre|Centre-Val de Loire
"""
_PROFESSIONS = """
médecin|généraliste|médecin généraliste|médecin traitant|docteur|toubib|infirmier|infirmière|infirmiers|ide|idel|idec
kiné|kinés|kinésithérapeute|masseur-kinésithérapeute|masseur kiné|mk|cardiologue|cardio|dermatologue
dermato|gynécologue|gynéco|pédiatre|psychiatre|psy|psychologue|psychomotricien|psychomotricienne|neuropsychologue
neurologue|neuro|gériatre|ophtalmo|ophtalmologue|ophtalmologiste|orl|pneumologue|pneumo|rhumatologue|rhumato|urologue
néphrologue|endocrinologue|endocrino|diabétologue|gastro|gastro-entérologue|oncologue|onco|cancérologue|radiologue
chirurgien|chirurgienne|chirurgien-dentiste|dentiste|orthodontiste|anesthésiste|urgentiste|hématologue|allergologue
angiologue|sage-femme|sage femme|maïeuticien|orthophoniste|ortho|orthoptiste|ergothérapeute|ergo|podologue|pédicure
pédicure-podologue|diététicien|diététicienne|nutritionniste|pharmacien|pharmacienne|préparateur|opticien
audioprothésiste|prothésiste|ambulancier|aide-soignant|aide-soignante|aide soignante|as|ash|auxiliaire de vie
auxiliaire|avs|aide à domicile|aide ménagère|aes|amp|assistante sociale|assistant social|assistant de service social
as|travailleur social|éducateur|éducatrice|éducateur spécialisé|moniteur éducateur|cesf
conseillère en économie sociale|mandataire judiciaire|tuteur|curateur|mjpm|coordinateur|coordinatrice
infirmière coordinatrice|infirmier coordinateur|cadre de santé|cadre|directeur|directrice|secrétaire
secrétaire médicale|gestionnaire de cas|référent|référente|ostéopathe|ostéo|psychothérapeute|manipulateur radio|ipa
infirmière puéricultrice|puéricultrice|médecin coordonnateur|algologue|addictologue|infectiologue|interne|remplaçant
biologiste
"""
_ORGANIZATIONS = """
ehpad|chru|chu|ch|hôpital|hopital|clinique|centre hospitalier|pharmacie|ssiad|spasad|had|cabinet|cabinet médical
maison de santé|msp|maison médicale|maison de retraite|résidence|résidence autonomie|foyer|centre de santé|cpts|dac
pta|clic|mdph|mdpm|ccas|cias|esms|ime|itep|sessad|savs|samsah|esat|mas|fam|cmp|cmpp|camsp|csapa|laboratoire|labo
réseau|service|association|admr|croix-rouge|département|conseil départemental|ssr|usld|urgences|samu|pass
équipe mobile|accueil de jour|centre|institut|polyclinique|officine|dispositif|plateforme|pmi|mission locale|mutuelle
groupe
"""
_CHANNELS = "telegram|teams|mail|mails|email|e-mail|courriel|courriels|sms|texto|textos|sphere|mel|messagerie|notification push"
_FREQUENCIES = (
    "immédiat|immédiatement|tout de suite|direct|temps réel|en temps réel|instantané|quotidien|quotidienne|hebdomadaire|hebdo|mensuel"
    "|jamais|résumé|récap|récapitulatif|synthèse|digest|par jour|par semaine|par mois|chaque jour|chaque semaine|tous les jours"
    "|toutes les semaines|une fois|deux fois|au fil de l'eau|à chaque fois|toutes les heures"
)
_TIMES = (
    "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|soir|midi|minuit|nuit|après-midi|week-end|weekend|demain|semaine|heure|heures|h"
    "|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|jours|jour|vacances|mois|noël|soirée|matinée|ouvrés|fériés"
)
_CIVILITIES = "docteur|madame|monsieur|mademoiselle|m|professeur|maître|me|mmes|mm|messieurs|mesdames"
_PATIENT = "patient|patiente|usager|usagère|résident|résidente|bénéficiaire|né|née|dossier|dossiers|famille|prise en charge|suivi"

LISTS = {
    "city": _CITIES, "job": _PROFESSIONS, "org": _ORGANIZATIONS, "channel": _CHANNELS, "freq": _FREQUENCIES,
    "time": _TIMES, "civ": _CIVILITIES, "usager": _PATIENT,
}  # fmt: skip
_NAME_LOCALES = [
    "fr_FR",
    "fr_CH",
    "fr_BE",
    "fr_CA",
    "fr_QC",
    "es_ES",
    "pt_PT",
    "it_IT",
    "de_DE",
    "en_GB",
    "pl_PL",
    "tr_TR",
    "nl_NL",
    "ro_RO",
    "hr_HR",
]
# Lists whose words are also recognised by their phonetic code.
_PHONETIC_LISTS = ("city", "job", "org", "channel", "freq", "time")


class Gazetteers:
    """Word lists to look words up in; within a list the longest entry wins."""

    def __init__(self, entries: dict[str, list[str]]) -> None:
        """Index `entries`: folded entries by the name of their list (« city », « first »…)."""
        self.entries = entries
        self._sets = {name: frozenset(values) for name, values in entries.items()}
        # By first word, so that most words are dismissed at once: (list, number of words of its longest entry that begins so).
        longest: dict[str, dict[str, int]] = {}
        self._phonetic_codes: dict[str, set[str]] = {"~" + name: set() for name in _PHONETIC_LISTS}
        for name, values in entries.items():
            for value in values:
                first, *rest = value.split()
                lengths = longest.setdefault(first, {})
                lengths[name] = max(lengths.get(name, 0), 1 + len(rest))
            for value in values if name in _PHONETIC_LISTS else ():
                self._phonetic_codes["~" + name].update(phonetic_code(word) for word in value.split() if len(word) > 4)
        self._longest = {first: tuple(lengths.items()) for first, lengths in longest.items()}

    @classmethod
    def collect(cls) -> Gazetteers:
        """Return the lists of this module and the names that Faker knows; deterministic. Needs Faker, so it is for training only."""
        entries = {name: sorted({normalise(item) for item in _split(table)}) for name, table in LISTS.items()}
        first, last = _collect_names()
        entries["first"], entries["last"] = sorted(first), sorted(last)
        return cls(entries)

    def lookup(self, forms: list[str]) -> list[frozenset[str]]:
        """Return, for each folded form of a sentence, the names of the lists that it is in (« city », « first »…).

        A word in none of them gets « ~city », « ~job »… where it sounds like a word of that list.
        """
        found: list[set[str]] = [set() for _ in forms]
        free: dict[str, int] = {}  # where the list's next entry may begin
        for position, form in enumerate(forms):
            for name, longest in self._longest.get(form.split(" ", 1)[0], ()):
                length = min(longest, len(forms) - position) if free.get(name, 0) <= position else 0
                while length and " ".join(forms[position : position + length]) not in self._sets[name]:
                    length -= 1
                for index in range(position, position + length):
                    found[index].add(name)
                if length:
                    free[name] = position + length
        for form, names in zip(forms, found, strict=True):
            if len(form) > 4 and form.isalpha() and not names:
                code = phonetic_code(form)
                names.update(name for name, codes in self._phonetic_codes.items() if code in codes)
        return [frozenset(names) for names in found]


def _split(table: str) -> list[str]:
    return [item.strip() for line in table.strip().split("\n") for item in line.split("|") if item.strip()]


def _collect_names() -> tuple[set[str], set[str]]:
    """Return the first and the last names of Faker's locales, folded, word by word."""
    from faker.config import AVAILABLE_LOCALES

    first: set[str] = set()
    last: set[str] = set()
    for locale in _NAME_LOCALES:
        if locale not in AVAILABLE_LOCALES:
            continue
        try:
            provider = import_module(f"faker.providers.person.{locale}").Provider
        except ModuleNotFoundError:
            continue
        for attribute, names in (("first_names", first), ("last_names", last)):
            for name in getattr(provider, attribute, ()):
                names.update(word for word in normalise(str(name)).split() if len(word) > 2 and word.isalpha())
    return first, last
