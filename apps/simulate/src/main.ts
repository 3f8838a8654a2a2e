/** Local venue servers: a simulated market or recordings, for `npm start` and the tests. Nothing here is a real venue. */
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { systemClock } from '@alphapulse/core';
import { runApp } from '@alphapulse/runtime';
import { parseSimulateOptions, simulateUsage } from './options.ts';
import { startRecordedMarket } from './recorded-market.ts';
import { startSimulatedMarket } from './simulated-market.ts';
import { startStatusServer } from './status-server.ts';

await runApp('simulate', async (log, signal) => {
  const options = parseSimulateOptions(process.argv.slice(2), process.env);
  if (!options) {
    process.stdout.write(simulateUsage);
    return;
  }
  const simulation =
    options.recording === undefined
      ? await startSimulatedMarket(options, systemClock)
      : await startRecordedMarket(options.recording, options, systemClock);
  try {
    const { mode, label, endpoints, tasks, skipped } = simulation;
    const startedUs = systemClock.nowUs();
    const status = await startStatusServer(options.statusPort, () => ({
      mode,
      label,
      speed: options.speed,
      seconds: (systemClock.nowUs() - startedUs) / 1e6,
      ...simulation.status(),
    }));
    for (const { file, reason } of skipped) log.warn({ mode, file, reason }, `${mode}: not played`);
    for (const { venue, wsUrl, httpUrl } of endpoints) log.info({ mode, venue, wsUrl, httpUrl }, `${mode} venue`);
    log.info({ mode, speed: options.speed, statusUrl: status.url }, label);
    if (options.portFile !== undefined) {
      const ready = {
        mode,
        label,
        speed: options.speed,
        pid: process.pid,
        statusUrl: status.url,
        endpoints,
        tasks,
        skipped,
      };
      writeWhole(options.portFile, `${JSON.stringify(ready, null, 2)}\n`);
    }
    if (!signal.aborted) await once(signal, 'abort');
    await status.close();
  } finally {
    await simulation.stop();
  }
});

/** A reader sees the whole file or none. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}
