"""Questions about who did what in a team are told from orders, from states and from questions of another kind."""

from __future__ import annotations

import pytest

from actions.flows.partners.history_question import HistoryQuestion, read_history_question
from actions.flows.partners.list_partners import asks_if_somebody_is_in

ADDED, REMOVED, ANY = (HistoryQuestion(act) for act in ("added", "removed", "any"))
MINE = HistoryQuestion("added", mine=True)

QUESTIONS = [
    ("qui l'a ajouté ?", ADDED),
    ("qui est ce M. Boulanger et qui l’a ajouté !", ADDED),
    ("hier j'ai ajouté un kiné à un dossier, t'as une trace ?", MINE),
    ("depuis quand il est là", ANY),
    ("qui a retiré le Dr Bonnet", REMOVED),
    ("c'est qui qui l'a mis dans le dossier ?", ADDED),
    ("ki la ajouter", ADDED),
    ("par qui Mme Petit a été ajoutée ?", ADDED),
    ("Noël Boulanger a été associé par qui svp", ADDED),
    ("qui a enlevé thierry ??", REMOVED),
    ("on sait qui l'a enlevée du dossier Lamy ?", REMOVED),
    ("quand est-ce que Paul Martin a été ajouté au 137", ADDED),
    ("depuis quand Mme Caron a accès au dossier Durand ?", ANY),
    ("Depuis quand le docteur Bonnet fait-il partie de ce dossier ?", ANY),
    ("tu peux me dire qui lui a donné accès", ADDED),
    ("pouvez-vous me dire qui a donné l'accès à ce monsieur ?", ADDED),
    ("je voudrais savoir qui a ajouté cette infirmière", ADDED),
    ("sur quelle base il a été ajouté ?", ADDED),
    ("à quel titre Boulanger a-t-il été ajouté", ADDED),
    ("l'historique du dossier SPH-2024-000137", ANY),
    ("y a une trace des ajouts sur le dossier durand ?", ADDED),
    ("pourquoi le Dr Bonnet n'est plus dans le dossier ?", REMOVED),
    ("pourquoi Mme Petit a été retirée du 142 ?", REMOVED),
    ("qui a créé ce dossier ?", ADDED),
    ("j'ai bien ajouté Paul Martin hier ?", MINE),
    ("j’ai ajouté qqn mardi, c’était dans quel dossier", MINE),
    ("est-ce que j'ai déjà associé la kiné au dossier Lecoq ?", MINE),
    ("quand ai-je ajouté le Dr Coutteret", MINE),
    ("quel jour on a retiré Mme Lanmezac", REMOVED),
    ("et qui l'a invité ?", ADDED),
    ("Bonjour, qui a inscrit Karim Benali au 205 s'il vous plaît ?", ADDED),
    ("mais qui m'a ajoutée à ce dossier", ADDED),
    ("depuis quand ?", ANY),
    ("à quelle date elle est partie du dossier", REMOVED),
    ("ça fait combien de temps que Petit a accès ?", ANY),
    ("qui les a rajoutés", ADDED),
    ("qui est-ce qui a fait rentrer l'ostéo, et depuis quand elle voit ce qu'on y met ?", ADDED),
    ("c'est qui qui l'a mise ?", ADDED),
    ("on ne me dit pas qui l'a ajoutée", ADDED),
    ("l'auteur de l'ajout de l'ostéo svp, nom et date", ADDED),
    ("la date du retrait de M. Boulanger", REMOVED),
    ("qui est à l'origine de l'arrivée de la psy ?", ADDED),
    ("je veux pas ajouter d'ostéo ! je veux savoir QUI a ajouté Mme Caron", ADDED),
    ("mais je ne retire personne ! je demande QUI a retiré M. Boulanger, et quand", REMOVED),
    ("qui a fait sortir Noël Boulanger ?", REMOVED),
    ("l'historique du dossier : qui a retiré ou ajouté des gens récemment", ANY),
    ("annuler. qui a ajouté Luce Vidal au 391 ?", ADDED),
    ("par quel collègue a été ajoutée la kiné ?", ADDED),
    ("quelle personne a ajouté le kiné au 142", ADDED),
    ("jusqu'à quand Mme Caron a accès ?", ANY),
    ("elle participe jusqu'à quelle date", ANY),
    ("depuis quand l'infirmière voit le dossier de Mme Noël", ANY),
]

NO_QUESTIONS = [
    "ajoute celui qui a été retiré hier",
    "retire le kiné qui a été ajouté hier",
    "retirez la personne que Bonnet a ajoutée",
    "enlève celle qui a été mise par erreur",
    "remettez la psy qui a été enlevée",
    "ajoute Paul Martin au dossier Durand",
    "ajouter le docteur qui a été associé au 142",
    "il faut retirer ceux qui ont été ajoutés hier",
    "je veux que tu retires l'infirmière qui a été ajoutée",
    "mettez le kiné qui a remplacé Petit",
    "qui est dans le dossier Lamy ?",
    "qui suit ce dossier",
    "qui a accès au dossier 137 ?",
    "qui est associé à ce dossier ?",
    "qui peut ajouter un partenaire ?",
    "qui dois-je ajouter ?",
    "qui a ajouté ce document ?",
    "qui a mis une note hier",
    "qui a supprimé le compte rendu",
    "qui a été mis au courant",
    "depuis quand SPHERE existe",
    "depuis quand mes notifications sont coupées",
    "depuis quand j'ai plus de codes",
    "quand est-ce que je serai prévenu",
    "quand ouvre le support",
    "sur quelle base dois-je l'ajouter ?",
    "faut-il l'accord du patient ?",
    "j'ai ajouté Paul Martin hier, retire-le",
    "j'ai ajouté le mauvais kiné, annule",
    "j'ai mis Paul Martin dans le dossier Lemaitre mais c'était pour Durand, vous pouvez annuler ?",
    "j'ai ajouté Paul Martin",
    "celui qui l'a ajouté s'est trompé",
    "c'est Bonnet qui m'a demandé d'ajouter Boulanger",
    "le Dr Bonnet a été retiré, remets-le",
    "qui a retiré ses médicaments ?",
    "remplacez Durand par celle qui a été ajoutée hier",
    "donne accès à ma collègue qui a été ajoutée au 142",
    "pourquoi je ne peux pas ajouter Bonnet ?",
    "je veux pas que tu retires Paul, ajoute Luce",
    "je ne veux plus de Petit dans le dossier, retirez-le",
    "on ne retire pas Paul qui a été ajouté hier",
    "ajoutez Mme Caron, je ne sais pas qui l'a retirée",
    "jusqu'à quand puis-je ajouter un partenaire ?",
    "annulez l'ajout de Paul Martin",
    "mets la date de sortie au 15",
    "merci",
    "",
]


@pytest.mark.parametrize(("text", "expected"), QUESTIONS)
def test_a_question_about_the_past_of_a_team(text: str, expected: HistoryQuestion) -> None:
    assert read_history_question(text) == expected


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_no_such_question(text: str) -> None:
    assert read_history_question(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "coupez-lui l’accès, qui l’a ajouté ?",
        "excluez-le. qui l'a ajouté ?",
        "bloquez son accès. qui l'a ajouté ?",
        "désinscrivez-le. qui l'a ajouté ?",
        "Prolongez-la jusqu'au 15. Qui l'a ajoutée ?",
        "rendez-lui son accès, qui l'a retiré ?",
        "Je voudrais Caron dans le dossier. Qui l'a retirée ?",
        "j'ai ajouté Benali par erreur, c'est possible de revenir en arrière ?",
        "j'ai ajouté la mauvaise personne ?! défaites ça",
        "Oui c'est bon, confirmez. qui l'a ajouté ?",
        "c'est bon validez. qui l'a ajoutée ?",
    ],
)
def test_an_order_or_a_yes_beside_the_question_is_not_lost(text: str) -> None:
    assert read_history_question(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour, M. Petit est sur le dossier 142 et il faudrait aussi Mme Caron, vous pouvez ?",
        "Le Dr Durand est sur le dossier, pouvez-vous inscrire aussi Caron ?",
        "il est déjà sur le dossier ? sinon inscrivez-le",
        "elle est bien dedans ? invitez-la sinon",
        "Mme Lamy est dans le dossier 142 ? il me faut le kiné Boulanger avec",
        "c'est bon validez. elle est bien dedans ?",
        "elle est bien dedans ? " + "je ne sais plus du tout " * 10 + "retirez-la",
    ],
)
def test_an_order_or_a_yes_beside_whether_somebody_is_in_is_not_lost(text: str) -> None:
    assert not asks_if_somebody_is_in(text)


@pytest.mark.parametrize("text", ["elle est bien dedans ?", "attendez, il est déjà sur le dossier ?", "est-elle ajoutée ?"])
def test_whether_somebody_is_in_is_still_asked(text: str) -> None:
    assert asks_if_somebody_is_in(text)
