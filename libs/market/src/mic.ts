import { dataFile } from './data-file.ts';
import { readTable } from './read-table.ts';

/** What ISO 10383 says about a market. */
export interface MicFacts {
  readonly mic: string;
  /** MIC of the operator; its own for an operating MIC. */
  readonly operatingMic: string;
  readonly type: 'operating' | 'segment';
  /** In capitals, as published. */
  readonly name: string;
  /** Market category code, for example `RMKT` regulated market, `MLTF` multilateral trading facility. */
  readonly category: string;
  readonly acronym: string | null;
  /** ISO 3166-1 alpha-2; null for codes of no country, such as XOFF. */
  readonly country: string | null;
  /** In capitals, as published. */
  readonly city: string;
  readonly status: 'active' | 'updated' | 'expired';
  /** YYYYMMDD, also of an end that is announced. */
  readonly expired: string | null;
}

const columns = [
  ...(['mic', 'operatingMic', 'type', 'name', 'category'] as const),
  ...(['acronym', 'country', 'city', 'status', 'expired'] as const),
];

let list: ReadonlyMap<string, MicFacts> | undefined;

/** The published list by MIC, expired codes too, since facts of the past name them. Read once, on first use. */
export function mics(): ReadonlyMap<string, MicFacts> {
  list ??= new Map(
    readTable(dataFile('mic.csv'), 'mic.csv', columns).map(({ cells }) => [
      cells.mic,
      {
        mic: cells.mic,
        operatingMic: cells.operatingMic,
        type: cells.type === 'OPRT' ? 'operating' : 'segment',
        name: cells.name,
        category: cells.category,
        acronym: cells.acronym || null,
        country: cells.country === 'ZZ' ? null : cells.country,
        city: cells.city,
        status: cells.status.toLowerCase() as MicFacts['status'],
        expired: cells.expired || null,
      },
    ]),
  );
  return list;
}

/** Facts of a market identifier code (four capitals or digits); undefined when the list does not have it. */
export function micFacts(code: string): MicFacts | undefined {
  return mics().get(code);
}

/** True for a code of the ISO 10383 list, in capitals, expired ones included. */
export function isMic(code: string): boolean {
  return mics().has(code);
}
