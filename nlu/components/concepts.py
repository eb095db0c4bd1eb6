"""Concepts that words express: each groups words that mean the same in this domain, whatever their ending or spelling.

« rattacher », « associer », « relier » are one concept, so that a sentence never seen in training still holds known concepts. Like the
gazetteers they are features: what a word may mean, not what it does mean.
"""

from __future__ import annotations

from functools import lru_cache

from nlu.components.phonetics import phonetic_code

# A concept and its words, folded; `*` stands for any ending. A word may have several concepts, a concept several lines.
_TABLE = """
add: ajout* rajout* associ* rattach* relier relie reliez lier lie liez integr* inclu* invit* raccroch* rejoin* participe* participer
add: implique*
put: mets met mettre mettez place* inscri* figur*
give: donn* accord* autoris* permet* permettre octroi*
open: ouvr* ouvert* ouverture
share: partag*
remove: retir* retrait enlev* vire virer virez supprim* suppression ote oter otez exclu* desassoci* detach* dissoci* degag* revoqu*
remove: efface* sors sortir sortez debarrass*
close: ferm* clos clore clotur* fin finir fini finie termin* arret*
leave: quitt* parti partie part demenag* retraite
find: cherch* recherch* trouv* retrouv* localis* introuvable* dispose* connais connaissez existe existe-t-il
show: affich* montr* voir voit liste* lister consulter consulte regarde* visualis* parcour*
team: partenaire* intervenant* professionnel* pro pros soignant* correspondant* equipe cercle entourage
colleague: collegue* confrere* consoeur* associee remplacant* collaborat* stagiaire* binome salarie* recrue
patient: patient patiente patients patientes usager* resident residente residents beneficiaire* dame monsieur malade*
file: dossier dossiers doss dosier* dossié
follow: suit suivi suivre suivent suis intervien* occupe* accompagn* charge prise
create: cree creer creez creation creons initialis* enregistr* saisir saisis monter constituer demarr* debut* commenc*
new: nouveau nouvelle nouvel nouvo nouveaux entree admission arrive arrivee
account: compte comptes profil utilisateur
access: acces droits droit entrer rentrer acceder accede
codes: code codes mot-de-passe identifiant* login passe password carte cps lecteur
join: inscri* demande demander demandes inscription fiche formulaire
state: avance* etat statut suivi abouti* traite* valid* recu recue refus* accept* attente etape
stuck: bloqu* verrouill* perdu* oubli* egar* expir* rejet* desactiv* invalide incorrect* souviens rappelle
broken: plant* bug* beug* bogu* erreur* panne* rame* lent lente fige* blanc blanche grise* vide vides crash* dysfonction* anomalie
broken: incident deconne* freeze* marche fonctionne*
connect: connect* connexion identif* authentif* session reconnect* reconnai* logue* loguer
disconnect: deconnect* deconnexion delier delie logout deco
here: ici chat conversation discussion messagerie telephone assistant
notice: notif* alerte* notification* averti* prevenu* prevenir previens prevenez alertez
news: nouveau neuf nouveaute* nouvelles rate manque passe evenement* mouvement changement* actualite*
read: lu lue lues lus lire vu vue vues connaissance
mute: sourdine pause silenc* coup* suspen* stop* muet mute veille gel geler tranquille taire conges vacances
resume: reactiv* remets remet remettre relanc* rallum* reprend* reprise retabl* retour rentre rentree
setting: regl* parametr* prefer* frequence canal configur* modif* chang* gerer gestion option* bascul* passer regroup*
human: humain humaine quelqu' quelqu qqn conseiller conseillere agent technicien operateur interlocuteur responsable reel
support: support assistance hotline depannage aide
talk: parl* discut* echang* rappel* joindre joignable* contact* appel* telephon* communication relation
hours: heure heures horaire* ouverts joignables samedi dimanche midi ferie* permanence
how: comment procedure demarche etapes maniere facon methode tuto mode manip
what: quoi definition signifi* veut sert servir servent desig* correspond* presentation interet utilite
why: pourquoi raison
who: qui quelles quels quel quelle
howmany: combien nombre
cost: payant* gratuit* prix tarif* cout couts coute* abonnement payer paie finance* frais factur* cher
mobile: application applications appli mobile smartphone iphone android tablette ipad telecharg* install* store navigateur samsung portable
data: donnees rgpd cnil confidentiel* securis* heberg* serveur* stock* conserv* protection protege* secret vie privee hds
consent: accord consent* autorisation oppos* sign* signature informer obligatoire
delay: delai* longtemps duree temps jours semaines rapide long rapidement
repeat: repet* redi* redis redire redites reformul* reaffich* pardon hein
help: aide aider aidez besoin perdu fonctionnalite* capable servir
drop: annul* abandonn* laisse laissez tomber renonc* oublie oubliez interromp* tant-pis
greet: bonjour bonsoir salut coucou hello hey
bye: revoir bientot journee soiree adieu bye ciao
thank: merci merc* remerci* gentil aimable bravo sympa
bad: nul nulle con idiot* bete debile stupide inutile marre merde imbecile lamentable catastroph* pourri enerv* incompet* insupport* decu*
machine: robot robots machine ia programme ordinateur bot logiciel artificielle automatique chatbot
yes: oui ok accord parfait exact confirme valide volontiers
no: non pas jamais surtout refuse
fix: tromp* plutot finalement corrig* rectif* pardon oups erreur fausse faux remplac*
danger: respir* inconscient* malaise saign* suicid* convuls* urgence* samu pompiers mourir etouff* suffoqu* hemorragie infarctus avc arret
danger: cardiaque pouls effondr* connaissance secours ambulance overdose javel suicide
medicine: dose* posologie comprime* medicament* traitement fievre tension plaie* escarre* douleur* symptome* doliprane paracetamol
medicine: pansement* antibiotique* insuline morphine glycemie effets aspirine ibuprofene anticoagulant* tramadol vaccin* constipation
medicine: soigner traiter temperature saturation
errand: rendez-vous rendez rdv ordonnance* facture* prescri* commander commande livr* envoie envoyer envoyez ecris ecrire redige* courrier
errand: transmets reserv* acheter imprime* certificat remboursement
leisure: meteo pleut blague musique film recette match foot capitale president voiture train restaurant cuisine anniversaire noel salaire
leisure: chanson histoire pizza loto bourse
directory: annuaire ror repertoire coordonnees numero rpps finess adeli adresse
name: nom appelle prenom
pick: premier premiere deuxieme troisieme dernier derniere celui celle aucun aucune choix choisis prends option
me: je j' moi mon ma mes me m'
you: tu te toi vous vos votre ton ta tes t'
"""


def _parse(table: str) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return the concepts by whole word, by stem, and by the phonetic code of whole words of over three letters."""
    words: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    codes: dict[str, set[str]] = {}
    for line in table.strip().split("\n"):
        concept, _, patterns = line.partition(": ")
        for pattern in patterns.split():
            if pattern.endswith("*"):
                stems.setdefault(pattern[:-1], set()).add(concept)
            else:
                words.setdefault(pattern, set()).add(concept)
                if len(pattern) > 3:
                    codes.setdefault(phonetic_code(pattern), set()).add(concept)
    return tuple({key: frozenset(value) for key, value in entries.items()} for entries in (words, stems, codes))  # type: ignore[return-value]


_BY_WORD, _BY_STEM, _BY_CODE = _parse(_TABLE)
CONCEPTS = tuple(sorted(set().union(*_BY_WORD.values(), *_BY_STEM.values())))
"""The names of all concepts."""
# The vowel is added so that the stem's last consonant is not silent.
_BY_STEM_CODE = {phonetic_code(stem + "a")[:-1]: concepts for stem, concepts in _BY_STEM.items() if len(stem) > 3}
_STEM_LENGTHS = sorted({len(stem) for stem in _BY_STEM}, reverse=True)


@lru_cache(maxsize=16384)
def find_concepts(form: str, text: str) -> frozenset[str]:
    """Return the concepts of a folded `form`; where it has none, those of words that sound like `text`, the user's spelling."""
    found = set(_BY_WORD.get(form, ()))
    for length in _STEM_LENGTHS:
        found |= _BY_STEM.get(form[:length], frozenset())
    if not found and len(form) > 2:
        code = phonetic_code(text)
        found |= _BY_CODE.get(code, frozenset())
        for length in range(4, len(code) + 1):
            found |= _BY_STEM_CODE.get(code[:length], frozenset())
    return frozenset(found)
