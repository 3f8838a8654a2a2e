import { RetriableError } from '@alphapulse/core';

/** All versions of a subject in the schema registry; empty when it has none. */
export async function registeredVersions(
  registryUrl: string,
  subject: string,
): Promise<{ version: number; schema: string }[]> {
  const get = async <T>(path: string): Promise<T | undefined> => {
    let response: Response;
    try {
      response = await fetch(`${registryUrl}/subjects/${encodeURIComponent(subject)}${path}`, {
        signal: AbortSignal.timeout(10_000),
      });
    } catch (cause) {
      throw new RetriableError('schema_registry_unavailable', `schema registry: ${(cause as Error).message}`, {
        cause,
      });
    }
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new RetriableError(
        'schema_registry_unavailable',
        `schema registry answers ${response.status} for ${subject}`,
      );
    return (await response.json()) as T;
  };
  const versions = (await get<number[]>('/versions')) ?? [];
  const found: { version: number; schema: string }[] = [];
  for (const version of versions) {
    const entry = await get<{ schema: string }>(`/versions/${version}`);
    if (entry) found.push({ version, schema: entry.schema });
  }
  return found;
}
