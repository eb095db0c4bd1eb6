import sys;sys.path.insert(0,'/tmp/cmd')
from data import *
import pycrfsuite, tempfile, os, math
from collections import Counter, defaultdict
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from nlu.components.phonetics import phonetic_code
from nlu.pii.name_tagger import load_tagger
SLOT_ORDER={s:i for i,s in enumerate(SPANS)}
def base(m):
    T=m.toks; n=len(T); F=[t.form for t in T]
    pii=None
    rows=[]
    first={}
    for i,t in enumerate(T):
        f=t.form
        r={"b":1.0,"w":f,"suf3":f[-3:],"pre4":f[:4],"pre3":f[:3],"ph":phonetic_code(t.text) if t.rule_entity is None and f.isalpha() else f,
           "cap":("up" if len(t.text)>1 and t.text.isupper() else "cap" if t.text[:1].isupper() else "low"),"glued":t.glued,
           "q":m.question or "-","t":m.task or "-","n":min(n//4,6),"pos":min(i,4),"end":min(n-1-i,3)}
        for c in t.classes: r["c:"+c]=True
        for o in (-4,-3,-2,-1,1,2,3,4):
            j=i+o
            r[f"w{o}"]=F[j] if 0<=j<n else "^$"
            if abs(o)<=2 and 0<=j<n:
                r[f"p{o}"]=F[j][:4]
                for c in T[j].classes: r[f"c{o}:{c}"]=True
                r[f"cap{o}"]=T[j].text[:1].isupper()
        r["w-1w"]=f"{r['w-1']}|{f}"; r["ww1"]=f"{f}|{r['w1']}"; r["w-2w-1"]=f"{r['w-2']}|{r['w-1']}"; r["w1w2"]=f"{r['w1']}|{r['w2']}"; r["w-1w1"]=f"{r['w-1']}|{r['w1']}"
        r["qw"]=f"{m.question}|{f}"; r["qn"]=f"{m.question}|{min(n,5)}"; r["qcap"]=f"{m.question}|{r['cap']}|{min(n,6)}"
        # last cues
        rows.append(r)
    # cue before: last 2 words of cue set
    last=["-","-"]
    for i,t in enumerate(T):
        rows[i]["cue"]=last[-1]; rows[i]["cue2"]="|".join(last[-2:])
        if t.form in CUES or t.form in ".,;:?!" : last=[*last,t.form][-2:]
    nxt="-"
    for i in range(n-1,-1,-1):
        rows[i]["ncue"]=nxt
        if T[i].form in CUES or T[i].form in ".,;:?!": nxt=T[i].form
    for i,t in enumerate(T):
        rows[i]["qm"]="?" in m.text[t.end:t.end+80]
    return rows
CUES=set("de du d' au a aux pour par chez dans sur dossier docteur madame monsieur patient patiente compte ajoute ajouter ajoutez mettre mets mettez enleve enlever retire retirer retirez remplace par que qui c' est ne pas non plutot mail tel telephone nom ne nee jusqu'au jusqu'a jusque depuis partir a des entre et mais avec sans si cherche trouve silence notifications demande fille fils femme mari famille collegue".split())
def bio(n,spans):
    y=["O"]*n
    for lab,a,b in spans:
        if any(y[i]!="O" for i in range(a,b+1)): continue
        for i in range(a,b+1): y[i]=("B-" if i==a else "I-")+lab
    return y
def spans_of(y):
    out=[];cur=None
    for i,l in enumerate(y):
        if l=="O": cur=None; continue
        p,lab=l[0],l[2:]
        if p=="I" and cur and out[-1][0]==lab and out[-1][2]==i-1: out[-1]=(lab,out[-1][1],i)
        else: out.append((lab,i,i))
        cur=True
    return out
class CRF:
    def __init__(s,it=70,c1=0.08,c2=0.02,minfreq=2): s.it,s.c1,s.c2,s.mf=it,c1,c2,minfreq
    def fit(s,X,Y):
        tr=pycrfsuite.Trainer(algorithm="lbfgs",verbose=False)
        tr.set_params({"c1":s.c1,"c2":s.c2,"max_iterations":s.it,"feature.minfreq":s.mf,"feature.possible_transitions":False})
        for x,y in zip(X,Y):
            if x: tr.append(pycrfsuite.ItemSequence(x),y)
        f=tempfile.mktemp(); tr.train(f); s.f=f; s.tag=pycrfsuite.Tagger(); s.tag.open(f); return s
    def predict(s,x):
        if not x: return [],[]
        s.tag.set(pycrfsuite.ItemSequence(x)); y=s.tag.tag()
        return y,[s.tag.marginal(l,i) for i,l in enumerate(y)]
def gold_slots(m): 
    sp=[(sl,a,b) for sl,a,b,_ in m.spans]
    sp.sort(key=lambda t:(t[0]=="reason", t[1]))
    return sp
class Understanding:
    def fit(s,M,it=70):
        X=[base(m) for m in M]
        s.slot=CRF(it).fit(X,[bio(len(m.toks),gold_slots(m)) for m in M])
        # cross-fitted slot features for anchors are costly: use gold with dropout
        s.anchor=CRF(it).fit([s.with_slots(m,x,gold_slots(m)) for m,x in zip(M,X)],[bio(len(m.toks),[(c.label,*a) for c,a in zip(m.cmds,m.anchors) if a]) for m in M])
        s.fit_attach(M); s.fit_special(M); return s
    def with_slots(s,m,x,slots):
        y=bio(len(m.toks),slots); rows=[]
        ks=Counter(l for l,_,_ in slots)
        for i,r in enumerate(x):
            r=dict(r); r["s"]=y[i][2:] or "O"
            for o in (-2,-1,1,2):
                j=i+o
                if 0<=j<len(y): r[f"s{o}"]=y[j][2:] or "O"
            bag=[]
            for l,a,b in slots:
                if a>i: bag.append(l); break
            r["nexts"]=bag[0] if bag else "-"
            r["ns"]=min(len(slots),3)
            for l in ks: r["has:"+l]=True
            r["only"]= len(slots)==1 and y[i]!="O" and sum(v!="O" for v in y)==len(y)
            rows.append(r)
        return rows
    # attachments
    def pair(s,m,slot,a,b,k,anch,labels):
        an=anch[k]; 
        before=[j for j,x in enumerate(anch) if x[0]<=a]; near=before[-1] if before else 0
        after=[j for j,x in enumerate(anch) if x[0]>b]
        txt=[t.form for t in m.toks[min(an[1],b)+1:max(an[0],a)]]
        f={"slot":slot,"lab":labels[k],"sl":slot+"|"+labels[k],"sh":slot+"|"+labels[k].split(':')[0],"near":near==k,"d":max(-3,min(3,k-near)),"inside":an[0]<=a and b<=an[1],
           "bef":an[0]>b,"dist":min(abs(an[0]-a)//2,8),"ncmd":len(anch),"first":k==0,"last":k==len(anch)-1,
           "sd":f"{slot}|{k-near}","snl":f"{slot}|{labels[k].split(':')[0]}|{k-near}","nearlab":f"{slot}|{labels[near].split(':')[0]}|{labels[k].split(':')[0]}|{k-near}",
           "prevw":m.toks[a-1].form if a else "^","comma":any(w in (".","!","?",";") for w in txt),"et":"et" in txt,
           "same":f"{slot}|{sum(l.split(':')[0]==labels[k].split(':')[0] for l in labels)}"}
        f["sln"]=f"{slot}|{labels[k]}|{near==k}"
        return f
    def fit_attach(s,M):
        R=[];Y=[]
        for m in M:
            anch=[a or (0,0) for a in m.anchors]; labels=[c.label for c in m.cmds]
            for slot,a,b,ks in m.spans:
                for k in range(len(m.cmds)):
                    R.append(s.pair(m,slot,a,b,k,anch,labels)); Y.append(k in ks)
        s.av=DictVectorizer(); Xv=s.av.fit_transform(R); s.at=LogisticRegression(C=3,max_iter=400).fit(Xv,Y)
    # specials
    def seg(s,m,k,anch,labels,slots_of):
        an=anch[k]; n=len(m.toks)
        lo=anch[k-1][1]+1 if k else 0; hi=anch[k+1][0] if k+1<len(anch) else n
        f={"lab":labels[k],"h":labels[k].split(':')[0],"q":m.question,"t":m.task,"ncmd":len(anch),"tq":labels[k].split(':')[0]+"|"+m.question}
        for i in range(an[0],hi): f["w:"+m.toks[i].form]=1
        for i in range(lo,an[0]): f["b:"+m.toks[i].form]=1
        for i in range(max(lo,0),hi-1): f["bi:"+m.toks[i].form+"|"+m.toks[i+1].form]=1
        for i in range(n): f["a:"+m.toks[i].form]=1
        for sl in slots_of: f["s:"+sl]=1; f["hs:"+labels[k]+"|"+sl]=1
        if k: 
            f["prev"]=labels[k-1]; f["pl"]=labels[k-1]+"|"+labels[k]
        return f
    def fit_special(s,M):
        s.sp={}
        rows=[];ys=defaultdict(list)
        for m in M:
            anch=[a or (0,0) for a in m.anchors]; labels=[c.label for c in m.cmds]
            for k,c in enumerate(m.cmds):
                so=[sl for sl,_,_,ks in m.spans if k in ks]
                rows.append(s.seg(m,k,anch,labels,so))
                ys["basis"].append(c.slots.get("basis","-"))
                ys["sex"].append(str(c.slots.get("sex","-"))[:1].upper())
                for sl,vals in SPECIAL.items():
                    v=[x for x in as_list(c.slots.get(sl,"-")) if str(x) in vals]
                    ys[sl].append(v[0] if v else "-")
        s.sv=DictVectorizer(); X=s.sv.fit_transform(rows)
        for k,y in ys.items():
            if len(set(y))>1: s.sp[k]=LogisticRegression(C=2,max_iter=300).fit(X,y)
    def read(s,m,thr=0.0):
        x=base(m); ys,ps=s.slot.predict(x); slots=spans_of(ys)
        ya,pa=s.anchor.predict(s.with_slots(m,x,slots)); anch=spans_of(ya)
        conf=[min(pa[a:b+1]) for _,a,b in anch]
        labels=[l for l,_,_ in anch]; A=[(a,b) for _,a,b in anch]
        cmds=[{"label":l,"slots":defaultdict(list),"conf":c} for l,c in zip(labels,conf)]
        if A and slots:
            R=[s.pair(m,sl,a,b,k,A,labels) for sl,a,b in slots for k in range(len(A))]
            P=s.at.predict_proba(s.av.transform(R))[:,1].reshape(len(slots),len(A))
            for (sl,a,b),p in zip(slots,P):
                ks=[k for k in range(len(A)) if p[k]>=.5] or [int(p.argmax())]
                v=m.text[m.toks[a].start:m.toks[b].end]
                for k in ks: cmds[k]["slots"][sl].append(v)
        if A:
            Xs=s.sv.transform([s.seg(m,k,A,labels,list(cmds[k]["slots"])) for k in range(len(A))])
            for sl,mod in s.sp.items():
                for k,v in enumerate(mod.predict(Xs)):
                    if v!="-" and not (sl in("dossier","partner") and cmds[k]["slots"].get(sl)) : cmds[k]["slots"][sl].append(v)
        return cmds
def norm_gold(m):
    return [(c.label,{k:tuple(sorted(fold(x) for x in as_list(v))) for k,v in c.slots.items() if k!="reason"}) for c in m.cmds]
def norm_pred(cs):
    return [(c["label"],{k:tuple(sorted(fold(x) for x in v)) for k,v in c["slots"].items() if k!="reason"}) for c in cs]
CHANGING={"add_partner","remove_partner","create_dossier","request_account","mute_notifications","manage_notifications","unlink_account"}
def evaluate(U,M,thr=0,verbose=0):
    ex=0;ht=hp=hg=0;st=sp=sg=0;dang=0;asked=0;perq=Counter();perqn=Counter();confus=Counter();okheads=0
    for m in M:
        p=U.read(m)
        if thr:
            w=[c for c in p if c["conf"]<thr and (c["label"]=="affirm" or (c["label"].startswith("start:") and c["label"][6:] in CHANGING))]
            if w: asked+=1; p=[c for c in p if c not in w]
        P=norm_pred(p);Gd=norm_gold(m)
        ok=P==Gd; ex+=ok; perq[m.question]+=ok; perqn[m.question]+=1; okheads+=[a for a,_ in P]==[a for a,_ in Gd]
        a=Counter(l for l,_ in P);b=Counter(l for l,_ in Gd); ht+=sum((a&b).values());hp+=sum(a.values());hg+=sum(b.values())
        for l in (a-b): confus["+"+l]+=1
        for l in (b-a): confus["-"+l]+=1
        sa=Counter((l.split(':')[0],k,x) for l,d in P for k,v in d.items() for x in v);sb=Counter((l.split(':')[0],k,x) for l,d in Gd for k,v in d.items() for x in v)
        st+=sum((sa&sb).values());sp+=sum(sa.values());sg+=sum(sb.values())
        d=0
        ga=[d_ for l,d_ in Gd if l=="affirm"]
        for l,sl in P:
            if l=="affirm" and "condition" not in sl and not any("condition" not in g for g in ga): d=1
            if l.startswith("start:") and l[6:] in CHANGING:
                same=[g for gl,g in Gd if gl==l]
                if not same or not any(g.get("partner",())==sl.get("partner",()) and (g.get("usager"),g.get("dossier"))==(sl.get("usager"),sl.get("dossier")) for g in same): d=1
        dang+=d
        if verbose and not ok: print(m.src,m.question,'|',m.text[:160]);print('   gold',Gd);print('   got ',[(c["label"],dict(c["slots"]),round(c["conf"],2)) for c in p])
    n=len(M)
    return dict(n=n,exact=round(ex/n,3),headlist=round(okheads/n,3),heads=round(2*ht/(hp+hg),3),slots=round(2*st/(sp+sg),3),dangerous=round(dang/n,3),asked=round(asked/n,3)),confus
