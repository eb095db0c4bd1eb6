"""python3 /work/keep/commands/check.py FILE — checks a file of labelled messages."""
import sys, re, unicodedata
import yaml
INT = set("add_partner list_partners remove_partner find_professional create_dossier find_dossier list_dossiers request_account check_request lost_access link_account unlink_account who_am_i list_notifications mark_notifications_read manage_notifications mute_notifications resume_notifications contact_support report_problem support_hours greet goodbye thank complain bot_challenge emergency medical_question out_of_scope help".split()) | {"faq/"+x for x in "what_is_sphere what_is_ror how_add_partner how_create_dossier partner_not_found who_has_access consent account_delay how_notifications_work data_protection mobile cost".split()}
HEADS = {"start","forbid","set","correct","affirm","deny","unknown","choose","cancel","repeat","help"}
SLOTS = set("partner except usager dossier profession city organization email phone rpps adeli finess birth_name given_names birth_date sex basis from until by channel frequency time reason condition ordinal".split())
FREE = {"basis","sex"}
SPECIAL = {"partner":{"self","all","all_but_self","same"},"dossier":{"same"},"except":{"self"}}
def fold(s): return re.sub(r"\s+"," ","".join(c for c in unicodedata.normalize("NFKD",str(s).lower().replace("’","'")) if not unicodedata.combining(c)))
def check(path):
    data = yaml.safe_load(open(path, encoding="utf-8")); bad = []
    for i, m in enumerate(data):
        def err(t): bad.append(f"#{i} {m.get('text','')[:60]!r}: {t}")
        if set(m) - {"text","asked","commands"}: err(f"keys {set(m)}")
        a = m.get("asked")
        if a is not None and (not isinstance(a, dict) or set(a) - {"task","question"}): err("asked")
        if a and a.get("task") not in INT: err(f"task {a.get('task')}")
        cs = m.get("commands")
        if not isinstance(cs, list): err("commands"); continue
        text = fold(m["text"])
        if path.endswith(".checked.yml") and any("at" not in c for c in cs): err("command without at")
        for c in cs:
            hs = [k for k in c if k in HEADS]
            if len(hs) != 1: err(f"heads {hs}"); continue
            h = hs[0]
            if h in ("start","forbid") and c[h] not in INT: err(f"intent {c[h]}")
            if h not in ("start","forbid") and c[h] is not True: err(f"{h} must be true")
            for k, v in c.items():
                if k == h: continue
                if k == "at":
                    if not isinstance(v, str) or fold(v) not in text: err(f"at {v!r} does not stand in the text")
                    continue
                if k not in SLOTS: err(f"slot {k}"); continue
                for x in v if isinstance(v, list) else [v]:
                    if k == "basis":
                        if x not in ("care_team","consent","refused"): err(f"basis {x}")
                    elif k == "sex":
                        pass
                    elif str(x) in SPECIAL.get(k, ()): pass
                    elif not isinstance(x, str): err(f"{k} {x!r} must be a quoted string")
                    elif fold(x) not in text: err(f"{k} {x!r} does not stand in the text")
    texts = [fold(m["text"]) for m in data]
    if len(set(texts)) != len(texts): bad.append("doubled texts")
    print(len(data), "messages,", len(bad), "faults"); print("\n".join(bad[:40]))
if __name__ == "__main__": check(sys.argv[1])
