import { makeLog } from "./bench/made_log.ts";
import { openReplica } from "../adapters/sqlite/mod.ts";
import { Replay, isDivergence } from "../core/mod.ts";
import { machineDigest } from "../adapters/host/mod.ts";
const folder = "/tmp/hw/log";
try { Deno.statSync(folder) } catch { Deno.mkdirSync(folder,{recursive:true}); console.log(await makeLog(folder, 60000)); }
const r = await openReplica(folder);
const rows = [...r.rows()];
r.close();
console.log(rows.length, (rows[100] as any).bytes.length, (rows[100] as any).data.length);
const sizes = rows.reduce((s:any,x:any)=>s+x.bytes.length+x.data.length,0)/rows.length; console.log("avg bytes+data", sizes);
for (let k=0;k<3;k++){ const t=performance.now(); const rp=new Replay(machineDigest.sha256);
for (const row of rows){ const x=rp.take(row); if(isDivergence(x)) throw 1;} console.log("replay rows/s", (rows.length*1e3/(performance.now()-t)).toFixed(0)); }
const t2=performance.now(); let n=0; for (const row of rows as any[]) { machineDigest.sha256(new TextEncoder().encode(row.bytes)); n++;} console.log("sha rows/s",(n*1e3/(performance.now()-t2)).toFixed(0));
const lines = (rows as any[]).map(({bytes,data,salt,hash})=>JSON.stringify({bytes,data,salt,hash}));
const t3=performance.now(); for (const l of lines){const o=JSON.parse(l);} console.log("parse line/s",(n*1e3/(performance.now()-t3)).toFixed(0));
const t4=performance.now(); for (const r of rows as any[]){JSON.parse(r.bytes);} console.log("parse bytes/s",(n*1e3/(performance.now()-t4)).toFixed(0));
console.log(lines[5000]);
