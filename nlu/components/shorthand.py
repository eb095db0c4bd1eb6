"""SMS and note-taking shorthand of French professionals, and the clitics that an apostrophe separates from the next word."""

from __future__ import annotations

from nlu.components.folding import fold_word

ELISIONS = frozenset(["l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"])
"""Clitics, folded, that are words of their own before an apostrophe (« l'», « j'»)."""

_FULL_FORMS = """
g: j' ai
jai: j' ai
jsuis: je suis
chui: je suis
chuis: je suis
jveux: je veux
jvx: je veux
jvoudrais: je voudrais
jvoudrai: je voudrais
jpeux: je peux
jarrive: j' arrive
jsp: je sais pas
jss: je suis
jte: je te
vx: veux
veu: veux
pr: pour
dc: donc
ds: dans
ac: avec
av: avec
ss: sans
sr: sur
ms: mais
mé: mais
pcq: parce que
pck: parce que
parcequ: parce que
parceque: parce que
psk: parce que
pq: pourquoi
pk: pourquoi
pkoi: pourquoi
prkoi: pourquoi
pquoi: pourquoi
koi: quoi
kan: quand
qd: quand
qand: quand
qq: quelque
qqs: quelques
qqn: quelqu' un
qqun: quelqu' un
qq1: quelqu' un
qqch: quelque chose
qqchose: quelque chose
qqchs: quelque chose
ki: qui
ke: que
kel: quel
kelle: quelle
kk1: quelqu' un
keske: qu' est ce que
keskon: qu' est ce qu' on
kestion: question
cmt: comment
cmnt: comment
coment: comment
cb: combien
cbien: combien
cbn: combien
tt: tout
tte: toute
ts: tous
tjs: toujours
tjrs: toujours
jms: jamais
lgtps: longtemps
tps: temps
bcp: beaucoup
bp: beaucoup
mtn: maintenant
mnt: maintenant
auj: aujourd'hui
ajd: aujourd'hui
aujourdhui: aujourd'hui
dem: demain
sem: semaine
nb: nombre
nv: nouveau
nvx: nouveau
nvl: nouvelle
nvlle: nouvelle
nouv: nouveau
pb: probleme
pbm: probleme
prob: probleme
pblm: probleme
pbs: problemes
msg: message
msgs: messages
mess: message
tel: telephone
tél: telephone
num: numero
rdv: rendez vous
rv: rendez vous
stp: s' il te plait
svp: s' il vous plait
siouplait: s' il vous plait
bjr: bonjour
bj: bonjour
bsr: bonsoir
slt: salut
cc: coucou
bn: bonne
bne: bonne
mci: merci
mrc: merci
mrci: merci
merki: merci
dsl: desole
dac: d' accord
dacc: d' accord
dak: d' accord
dacord: d' accord
daccord: d' accord
okay: ok
oki: ok
okk: ok
ouai: oui
ouais: oui
oué: oui
ui: oui
wi: oui
yep: oui
yes: oui
nn: non
nan: non
nop: non
nope: non
c: c' est
cest: c' est
cé: c' est
ct: c' etait
cetait: c' etait
t: tu es
ya: il y a
yaura: il y aura
vs: vous
ns: nous
dr: docteur
drs: docteurs
docteure: docteur
doc: docteur
mme: madame
mm: madame
mde: madame
mlle: mademoiselle
melle: mademoiselle
mr: monsieur
st: saint
ste: sainte
pro: professionnel
pros: professionnels
prof: professionnel
profs: professionnels
asso: association
dos: dossier
doss: dossier
dossié: dossier
parten: partenaire
notif: notification
notifs: notifications
notifes: notifications
mdp: mot de passe
mp: mot de passe
pwd: mot de passe
pass: mot de passe
cpte: compte
cptes: comptes
ordo: ordonnance
exam: examen
hopi: hopital
hosto: hopital
hop: hopital
urg: urgence
infos: informations
info: information
app: application
appli: application
applis: applications
resp: responsable
secu: securite
identif: identifiant
id: identifiant
cnx: connexion
co: connexion
deco: deconnexion
deconecte: deconnecte
ajt: ajoute
ajoutes: ajoute
suppr: supprime
rech: recherche
chrch: cherche
"""


def _parse(table: str) -> dict[str, tuple[str, ...]]:
    entries: dict[str, tuple[str, ...]] = {}
    for line in table.split("\n"):
        if not line.strip():
            continue
        short, _, full = line.partition(":")
        entries[fold_word(short.strip())] = tuple(full.split())
    return entries


SHORTHAND: dict[str, tuple[str, ...]] = _parse(_FULL_FORMS)
"""The folded words that each folded abbreviation stands for."""
