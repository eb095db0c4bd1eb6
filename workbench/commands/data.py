import re,sys,glob,unicodedata
from ruamel.yaml import YAML
sys.path.insert(0,'/work/main')
from nlu.components.analysis import analyse
from nlu.components.gazetteers import Gazetteers
HEADS=("start","forbid","set","correct","affirm","deny","unknown","choose","cancel","repeat","help")
SPANS=("partner","except","usager","dossier","profession","city","organization","email","phone","rpps","adeli","finess","birth_name","given_names","birth_date","from","until","by","channel","frequency","time","reason","condition","ordinal")
SPECIAL={"partner":("self","all","all_but_self","same"),"dossier":("same",),"except":("self",)}
def fold_map(s):
    out=[];pos=[]
    for i,c in enumerate(s):
        c={'’':"'",'‘':"'"}.get(c,c)
        for d in unicodedata.normalize("NFKD",c.lower()):
            if unicodedata.combining(d): continue
            if d.isspace():
                if out and out[-1]==' ': continue
                d=' '
            out.append(d);pos.append(i)
    return ''.join(out),pos
def fold(s): return fold_map(str(s))[0].strip()
def find_all(text,value):
    f,pos=fold_map(text);v=fold(value);r=[];i=f.find(v)
    while i>=0 and v:
        r.append((pos[i],pos[i+len(v)-1]+1)); i=f.find(v,i+1)
    # prefer word boundary
    b=[(s,e) for s,e in r if (s==0 or not text[s-1].isalnum()) and (e==len(text) or not text[e].isalnum())]
    return b or r
def as_list(v): return v if isinstance(v,list) else [v]
class Cmd:
    def __init__(s,d):
        s.head=next(h for h in HEADS if h in d); s.intent=d[s.head] if s.head in("start","forbid") else ""
        s.at=d.get("at"); s.slots={k:v for k,v in d.items() if k not in(s.head,"at")}
    @property
    def label(s): return f"{s.head}:{s.intent}" if s.intent else s.head
class Msg:
    def __init__(s,d,src):
        s.text=d["text"]; a=d.get("asked") or {}; s.task=a.get("task") or ""; s.question=a.get("question") or ""; s.src=src
        s.cmds=[Cmd(c) for c in d["commands"]]
G=Gazetteers.collect()
def load(paths):
    y=YAML(typ="safe",pure=False)
    out=[]
    for p in paths:
        for d in y.load(open(p,encoding="utf-8")): out.append(Msg(d,p.split('/')[-1].split('.')[0]))
    for m in out: m.toks=analyse(m.text,G)
    return out
def toks_in(m,s,e): return [i for i,t in enumerate(m.toks) if t.start<e and s<t.end]
def align(m):
    """anchor spans per command (token ranges) and slot spans: list (slot,tokens,cmd indexes)"""
    m.anchors=[None]*len(m.cmds); used=set()
    for k,c in enumerate(m.cmds):
        if c.at:
            for s,e in find_all(m.text,c.at):
                t=toks_in(m,s,e)
                if t and not used&set(t): m.anchors[k]=(t[0],t[-1]); used|=set(t); break
    spans={}
    for k,c in enumerate(m.cmds):
        for slot,v in c.slots.items():
            if slot not in SPANS: continue
            for x in as_list(v):
                if str(x) in SPECIAL.get(slot,()): continue
                occ=[toks_in(m,s,e) for s,e in find_all(m.text,x)]
                occ=[o for o in occ if o]
                if not occ: continue
                an=m.anchors[k][0] if m.anchors[k] else 0
                occ.sort(key=lambda o:(abs(o[0]-an)))
                spans.setdefault((slot,occ[0][0],occ[0][-1]),[]).append(k)
    # merge: same slot value for several commands may have chosen different occurrences
    m.spans=[(slot,a,b,ks) for (slot,a,b),ks in spans.items()]
