import type { Clock } from '@alphapulse/core';
import type { ReferenceChain } from '@alphapulse/reference';
import type { Kind, RegistryMap } from '@alphapulse/registry';
import type { Outcome, Statement } from '@alphapulse/registry/statement.ts';
import type { Terminal } from './terminal.ts';

/** What the commands ask of a registry that has been read to its end; a `RegistryMap` fits. */
export type RegistryReader = Pick<
  RegistryMap,
  | 'asOf'
  | 'newest'
  | 'history'
  | 'superseded'
  | 'ids'
  | 'collisions'
  | 'mapping'
  | 'mappings'
  | 'instrumentByIsin'
  | 'listingsOf'
  | 'syntheticsUsing'
>;

export interface RegistryWriter {
  /** @throws RetriableError when what it needs stays away for longer than the timeout. */
  state(
    statements: readonly Statement[],
    options: { readonly source: string; readonly atomic: boolean },
  ): Promise<Outcome[]>;
}

/** Facts of securities, from files and services. */
export type ReferenceLookup = Pick<ReferenceChain, 'lookUp'>;

/** What the commands work on, so that tests need no broker. */
export interface RegistryPorts {
  /**
   * Gives the registry of these kinds, read to its end.
   * @throws RetriableError when nothing moves for `timeoutMs`.
   */
  read<T>(kinds: readonly Kind[], timeoutMs: number, use: (reader: RegistryReader) => Promise<T>): Promise<T>;
  write<T>(timeoutMs: number, use: (writer: RegistryWriter) => Promise<T>): Promise<T>;
  /** What the environment says to ask; null when it says nothing. */
  reference(): Promise<ReferenceLookup | null>;
  readonly clock: Clock;
  readonly terminal: Terminal;
}
