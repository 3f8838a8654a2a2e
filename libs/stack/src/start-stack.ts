import { FatalError } from '@alphapulse/core';
import { containerStack, hasContainerEngine } from './container-stack.ts';
import { givenAddresses, givenStack } from './given-stack.ts';
import { localStack } from './local-stack.ts';
import { missingSentence } from './parts.ts';
import type { Stack, StackKind, StackOptions } from './stack.ts';

/**
 * Returns a stack that answers: the given one (KAFKA_BROKERS, SCHEMA_REGISTRY_URL and REDIS_URL), else containers,
 * else local processes. The caller stops it.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const report = options.report ?? ((line: string) => process.stderr.write(`${line}\n`));
  for (const kind of options.providers ?? allKinds) {
    if (kind === 'given') {
      const addresses = givenAddresses(options.env ?? process.env);
      if (addresses !== undefined) return givenStack(addresses);
    } else if (kind === 'local') {
      return localStack(options, report);
    } else if (await hasContainerEngine()) {
      return containerStack(options, report);
    }
  }
  throw new FatalError('stack_missing', missingSentence);
}

const allKinds: readonly StackKind[] = ['given', 'containers', 'local'];
