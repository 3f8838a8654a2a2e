import { Kafka } from './harness/kafka.ts';
import { startApp } from './harness/processes.ts';
import { registerSimulatedListings } from './harness/registered.ts';
import { appendRaw, simulatedRaw } from './harness/simulated-raw.ts';
import { systemClock } from '@alphapulse/core';
import { opsBatches } from '@alphapulse/topics';
const kafka = await Kafka.connect();
const { rows } = simulatedRaw({ seed: 7, seconds: 200, eventsPerSecond: 150 });
const names = ['processed.trades','processed.quotes','processed.books','dlq.enrich','ops.batches','state.parse'];
const suffix='-k'+Date.now();
const env = { GROUP_SUFFIX: suffix, PROCESS_SESSION_TIMEOUT_MS: '1500' };
const before = await kafka.ends(names);
const t0 = Date.now();
const out: string[] = [];
const ps=[startApp('process',[],env),startApp('process',[],env)];
for (let k=0;k<8;k++){ await appendRaw(kafka, rows.slice(Math.floor(k*rows.length/8),Math.floor((k+1)*rows.length/8))); await systemClock.sleep(2000+Math.random()*1000); if (k<6) { const i=k%2; out.push(`--- p${i} killed at ${Date.now()}\n`+ps[i]!.output()); await ps[i]!.kill('SIGKILL'); ps[i]=startApp('process',[],env);} }
try { await kafka.drained('parse-validate-enrich'+suffix, ['raw.binance','raw.kraken'], 60000); console.log('drained'); } catch (e) { console.log(e); }
for (let i=0;i<3;i++) { for (const n of names) console.log(n, (await kafka.records(n, before)).length, [...await kafka.admin.ends(n)].map(([p,e])=>p+':'+e), [...await kafka.reader.ends(n)].map(([p,e])=>p+':'+e)); await systemClock.sleep(1500); }
console.log(out.join('\n'), ps[0]!.output(), ps[1]!.output());
const acc = (await kafka.values<any>(opsBatches, before)).filter(a => a.topic.startsWith('raw.'));
const by: Record<string, [number, number][]> = {};
for (const a of acc) (by[`${a.topic}-${a.partition}`] ??= []).push([a.fromOffset, a.toOffset]);
for (const [k, v] of Object.entries(by)) { v.sort((a,b)=>a[0]-b[0]); const bad=[]; for (let i=1;i<v.length;i++) if (v[i]![0] !== v[i-1]![1]+1) bad.push(JSON.stringify([v[i-1],v[i]])); console.log(k, v.length, v[0], v.at(-1), bad.join(' ')); }
for (const n of ['raw.binance','raw.kraken']) console.log([...(await kafka.admin.committed('parse-validate-enrich'+suffix,[n])).get(n)!], [...await kafka.admin.ends(n)]);
await ps[0]!.kill('SIGTERM'); await ps[1]!.kill('SIGTERM');
await kafka.close();
process.exit(0);
