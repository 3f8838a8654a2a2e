/** Serves the page, its data and `/metrics`, from what the system writes about itself. */
import { FatalError, systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { runApp, schemaRegistryUrl } from '@alphapulse/runtime';
import { dashboardConfig } from './config.ts';
import { Feed } from './feed.ts';
import { createServer } from './server.ts';
import { DashboardState } from './state.ts';

await runApp('dashboard', async (log, signal) => {
  const config = dashboardConfig();
  const clock = systemClock;
  const startedAtMs = clock.nowMs();
  const historyFromMs = startedAtMs - config.historyMs;
  const state = new DashboardState({ startedAtMs, historyFromMs, recorded: config.recorded });
  const kafka = kafkaConfigFromEnv('alphapulse-dashboard', log);
  const feed = new Feed({
    state,
    kafka,
    schemaRegistryUrl: schemaRegistryUrl(),
    clock,
    log,
    historyFromMs,
    groupSuffix: process.env.GROUP_SUFFIX ?? '',
  });
  const server = await createServer({ state, clock, readiness: () => feed.readiness() });
  try {
    log.info({ address: await listen(server, config) }, 'dashboard');
    await feed.run(signal);
  } finally {
    await server.close();
  }
});

/** @throws FatalError `config_invalid` when the address cannot be had. */
async function listen(
  server: Awaited<ReturnType<typeof createServer>>,
  { host, port }: { host: string; port: number },
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new FatalError(
        'config_invalid',
        `DASHBOARD_PORT: ${port} is taken by another process on ${host}; choose another, or 0 for a free one`,
        { cause },
      );
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new FatalError(
        'config_invalid',
        `DASHBOARD_HOST, DASHBOARD_PORT: cannot listen on ${host}:${port} (${code})`,
        {
          cause,
        },
      );
    throw cause;
  }
}
