import type { Clock, Log, Net } from '@alphapulse/core';
import { createCsvProvider } from './csv-provider.ts';
import { openFigiConfig } from './open-figi/config.ts';
import { createOpenFigiProvider } from './open-figi/provider.ts';
import { ReferenceChain } from './reference-chain.ts';
import type { ReferenceProvider } from './reference-provider.ts';

export interface ReferenceDeps {
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends requests under way. */
  readonly signal: AbortSignal;
}

/**
 * The chain that the environment asks for: the files of REFERENCE_FILES (paths, comma-separated, the first believed
 * most), then OpenFIGI (see `openFigiConfig`). Null when it asks for none.
 * @throws FatalError `reference_file_invalid` or `config_invalid`.
 */
export async function referenceFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  { net, clock, log, signal }: ReferenceDeps,
): Promise<ReferenceChain | null> {
  const providers: ReferenceProvider[] = [];
  const paths = (env.REFERENCE_FILES ?? '').split(',').flatMap((path) => path.trim() || []);
  for (const path of paths) {
    // The name tells files apart in provenance, without saying where they lie.
    const name = paths.length === 1 ? 'csv' : `csv ${path.replace(/^.*[\\/]/, '')}`;
    const provider = await createCsvProvider(path, name);
    log.info({ file: path, rows: provider.rows, duplicates: provider.duplicates.length }, 'reference file read');
    if (provider.duplicates.length > 0)
      log.warn({ file: path, duplicates: provider.duplicates.slice(0, 20) }, 'rows that repeat others');
    providers.push(provider);
  }
  const openFigi = openFigiConfig(env);
  if (openFigi) providers.push(createOpenFigiProvider({ ...openFigi, net }));
  return providers.length === 0 ? null : new ReferenceChain({ providers, clock, log, signal });
}
