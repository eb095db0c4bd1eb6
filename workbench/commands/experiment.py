import sys,glob,time;sys.path.insert(0,'/tmp/cmd')
from model import *
M=load(sorted(glob.glob('/work/keep/commands/*.checked.yml')))
for m in M: align(m)
dev={"w06","w08"}
tr=[m for m in M if m.src not in dev]; dv=[m for m in M if m.src in dev]
t=time.time(); U=Understanding().fit(tr,it=int(sys.argv[1]) if len(sys.argv)>1 else 60); print('train',round(time.time()-t))
r,c=evaluate(U,dv); print(r); print(c.most_common(30))
for th in (.5,.7,.8,.9): print(th,evaluate(U,dv,th)[0])
if len(sys.argv)>2: evaluate(U,dv,0,1)
