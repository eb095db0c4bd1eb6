"""What is said in passing, as patterns over canonical text: it is no part of what is requested, whatever words it holds."""

from __future__ import annotations

from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.dates import PART

_SPHERE = r"(?:sphere|(?:l )?appli(?:cation)?|le site)"
_LIST = rf"(?:(?:la |ma |votre )?(?:liste|cloche) (?:de |dans |sur |du )(?:la |les )?{_SPHERE})"

NO_MUTE = (
    r"(?:non )*(?:surtout )?(?:(?:je|j|on|elle|il) )?(?:ne |n )?(?:(?:veux|veut|voulais|demande|ai|souhaite|faut|fallait|"
    r"desire) )?(?:surtout )?"
    r"(?:pas|jamais|aucune?)(?: (?:demande|voulu|dit|besoin))?(?: (?:de|la|une|d une|cette|votre|mettre|mettez))*"
    r"(?: mise en)? sourdines?"
)
"""« je ne veux pas de sourdine », « pas la sourdine »: no mute is wanted; what else is said stands."""

_AS_IT_WAS = (
    r"(?:comme (?:avant|d hab(?:itude)?|maintenant|actuellement|c est|ca)|pareil|tel quel|inchangee?s?|identiques?|tranquille|en l etat)"
)
REST_STAYS = (
    rf"(?:(?:et |mais )?(?:tout )?le reste|(?:et |mais )?(?:toutes |tous )?les autres(?: notif)?) "
    rf"(?:(?:est|reste|restent|demeure) )?{_AS_IT_WAS}|"
    r"(?:et |mais )?(?:tout )?le reste (?:ne |n )?(?:change|bouge)(?:nt|ra)? pas|(?:et )?rien d autre (?:ne )?(?:change|bouge)|"
    r"(?:et )?(?:ne |n )?(?:touche|change)[rz]? (?:pas |rien )(?:au reste|le reste|d autre|aux autres)|sans toucher (?:au reste|aux autres)"
)
"""« le reste ne bouge pas », « ne touchez pas au reste »: nothing else is changed."""

PASSING: tuple[tuple[Kind, str], ...] = (
    (Kind.BREAK, r"merci (?:de |d )avoir\b[a-z ]*"),
    (Kind.REST, r"(?:tout )?le reste du temps(?=[^,;.!?]*\b(?:\d{1,2} h|nuits?|soirs?|weekend)\b)"),
    (Kind.OUTSIDE, r"(?:tout )?le reste (?:du temps|de la semaine)"),
    (Kind.BREAK, r"(?:non )?(?:mais )?pas (?:a|pour) (?:des |une |certaines )heures?(?: fixes?| precises?)?"),
    (Kind.BREAK, NO_MUTE),
    (Kind.BREAK, r"sans (?:arret|cesse|relache)"),
    (Kind.BREAK, r"que j avais (?:mis(?:es?)?|suspendu(?:e?s?)|coupees?)(?: en (?:sourdine|silence|pause|veille))?"),
    (Kind.BREAK, r"a cause (?:de |du |des |d )(?:vos |tes |ces |mes )?(?:notif|mail|messages?|bruit)"),
    (
        Kind.THEN,
        r"(?:(?:a|pendant|durant) )?(?:ce|ces|cet|cette)(?: (?:deux|trois|\d))? (?:jours?|moments?|heures?|periodes?|creneaux?|instants?|"
        r"temps|semaines?) la",
    ),
    (Kind.BREAK, r"(?:mais )?(?:surtout )?pas (?:jusqu a (?:nouvel ordre|ce que (?:je|j) [a-z]+)|indefiniment|pour toujours|sans fin)"),
    (
        Kind.OWN_LIST,
        r"(?:je|j|on) (?:la |les |l |y )?(?:regarde|consulte|lis|vais|verifie|ouvre|verrai|vois|irai|suis)(?: tout| deja| moi meme)? "
        rf"(?:sur |dans |voir )?(?:{_LIST}|{_SPHERE})(?: (?:direct|directement|moi meme))?"
        r"(?: (?:tous les|chaque|le|les) (?:jours?|matins?|soirs?|midis?))?",
    ),
    (Kind.OWN_LIST, rf"(?:{_LIST}|{_SPHERE}) (?:me |m |nous )?(?:suffi(?:t|ra|sent)|convient)(?: (?:bien|largement|amplement))?"),
    (Kind.BREAK, r"(?:je suis|je travaille|jtravaille|je bosse|poste|infirmiere?|equipe) de nuit"),
    (
        Kind.BREAK,
        r"je (?:ne )?(?:dors|me repose|me leve|me couche)(?: (?:pas|plus|mal|peu|bien|deja|que))* "
        rf"(?:le |la |l )?(?:{PART})|je (?:ne )?(?:travaille pas|bosse pas)|"
        r"s il (?:te|vous) plait|pas (?:grave|de souci|de probleme)|temps partiel|mi temps",
    ),
)
"""Kind and pattern. SPHERE's own list (`OWN_LIST`) and « ce jour-là » (`THEN`) are settled by the rest of the text (`settled.py`)."""
