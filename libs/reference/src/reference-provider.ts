import type { FactName, SecurityFacts } from './security-facts.ts';
import type { SecurityKey } from './security-key.ts';

/** What a provider says of one key. `failed` says that it could not tell: the security may well exist. */
export type ProviderAnswer =
  | { readonly outcome: 'found'; readonly facts: SecurityFacts }
  | { readonly outcome: 'unknown' }
  | Failure;

export interface Failure {
  readonly outcome: 'failed';
  readonly code: 'reference_unavailable' | 'reference_refused';
  readonly message: string;
}

/** A source of facts about securities: a file, a service. */
export interface ReferenceProvider {
  /** In provenance and logs. */
  readonly name: string;
  /** Facts it may give; it is not asked for others. */
  readonly gives: readonly FactName[];
  /**
   * Looks keys up at once. Every key has an answer, by `keyText`; trouble with the provider is an answer, not an
   * exception, so that one bad batch does not take the others with it.
   */
  lookUp(keys: readonly SecurityKey[], signal: AbortSignal): Promise<ReadonlyMap<string, ProviderAnswer>>;
}
