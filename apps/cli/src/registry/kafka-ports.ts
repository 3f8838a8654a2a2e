import { AlphaPulseError, RetriableError, systemClock } from '@alphapulse/core';
import { isOutage } from '@alphapulse/kafka';
import { createNet } from '@alphapulse/net';
import { referenceFromEnv } from '@alphapulse/reference';
import { createRegistrar, createRegistryView } from '@alphapulse/registry';
import { type Connection, commandLog, connection } from '../connection.ts';
import { OutageLog } from './outage-log.ts';
import { whileMoving } from './patience.ts';
import type { RegistryPorts } from './ports.ts';
import { processTerminal } from './terminal.ts';

/** How long closing connections may take once the work is done. */
const closingMs = 2_000;

/** The registry in Kafka: addresses from the environment or the running local stack. */
export const kafkaPorts: RegistryPorts = {
  clock: systemClock,
  terminal: processTerminal,

  async read(kinds, timeoutMs, use) {
    const log = new OutageLog(commandLog('registry'));
    const to = connection(log);
    const view = createRegistryView({
      config: to.kafka,
      schemaRegistryUrl: to.schemaRegistryUrl,
      clock: systemClock,
      kinds,
    });
    try {
      await whileMoving(view.start(), {
        clock: systemClock,
        timeoutMs,
        progress: () => view.revision,
        giveUp: () => outage(to, log, timeoutMs),
      });
      if (view.corrupt > 0)
        processTerminal.err(`${view.corrupt} records of the registry topics cannot be decoded and are left out\n`);
      return await use(view);
    } catch (error) {
      throw asOutage(error, to);
    } finally {
      await briefly(view.close());
    }
  },

  async write(timeoutMs, use) {
    const log = new OutageLog(commandLog('registry'));
    const to = connection(log);
    const registrar = createRegistrar({
      config: to.kafka,
      schemaRegistryUrl: to.schemaRegistryUrl,
      clock: systemClock,
    });
    try {
      return await use({
        state: (statements, options) =>
          whileMoving(registrar.state(statements, options), {
            clock: systemClock,
            timeoutMs,
            progress: () => registrar.view.revision,
            giveUp: () => outage(to, log, timeoutMs),
          }),
      });
    } catch (error) {
      throw asOutage(error, to);
    } finally {
      await briefly(registrar.close());
    }
  },

  reference: () => {
    const log = commandLog('registry');
    const { signal } = new AbortController();
    return referenceFromEnv(process.env, {
      net: createNet({ clock: systemClock, log }),
      clock: systemClock,
      log,
      signal,
    });
  },
};

/** Errors of the driver that pass with the outage are told as one, without their stack. */
function asOutage(error: unknown, { kafka }: Connection): unknown {
  if (error instanceof AlphaPulseError || !isOutage(error)) return error;
  const { message } = error as Error;
  const where = `Kafka at ${kafka.brokers.join(', ')} (KAFKA_BROKERS)`;
  return new RetriableError('broker_unavailable', `${where}: ${message}`, { cause: error });
}

/** Says what was away, in one sentence. */
function outage({ kafka, schemaRegistryUrl }: Connection, log: OutageLog, timeoutMs: number): RetriableError {
  const { code, message } = log.last ?? { code: 'broker_unavailable' as const, message: '' };
  const what =
    code === 'schema_registry_unavailable'
      ? `the schema registry at ${withoutUser(schemaRegistryUrl)} (SCHEMA_REGISTRY_URL)`
      : `Kafka at ${kafka.brokers.join(', ')} (KAFKA_BROKERS)`;
  // The client of the registry calls a refused connection status 400.
  const said = message.replace(/^schema registry: (Confluent_Schema_Registry - Error, status \d+: )?/, '');
  const why = /does not exist/.test(said) ? `${said}; alphapulse topics apply creates it` : said;
  return new RetriableError(code, `waited ${timeoutMs / 1_000} s for ${what}${why === '' ? '' : `: ${why}`}`);
}

function withoutUser(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}

/** What is closing has nothing to say any more: neither its errors nor its slowness matter to the result. */
async function briefly(closing: Promise<void>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([closing.catch(() => undefined), systemClock.sleep(closingMs, enough.signal)]);
  enough.abort();
}
