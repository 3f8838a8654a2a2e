import { UsageError } from './usage-error.ts';

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a duration such as `30s`, `500ms`, `5m`, `1h`; a bare number is seconds. @throws UsageError */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (!match || Number(match[1]) <= 0)
    throw new UsageError(`not a duration: ${text} (write for example 30s, 5m or 1h)`);
  return Number(match[1]) * units[(match[2] ?? 's') as keyof typeof units];
}
