import type { Fields } from './cells.ts';

/** A fact that differs between two versions. */
export interface FactChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Fields that say when and whence, not what. */
const circumstances = ['validFrom', 'validTo', 'recordedTime', 'provenance'];

/** What changed from one version to the next, in the order of the fields. */
export function changesBetween(before: Fields, after: Fields): FactChange[] {
  return Object.keys(after)
    .filter((field) => !circumstances.includes(field))
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, from: before[field], to: after[field] }));
}
