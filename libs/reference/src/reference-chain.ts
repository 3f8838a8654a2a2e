import { type Clock, type Log, RetriableError } from '@alphapulse/core';
import { LRUCache } from 'lru-cache';
import { type ChainAnswer, Merge } from './merge.ts';
import type { ReferenceProvider } from './reference-provider.ts';
import type { FactName } from './security-facts.ts';
import { checkKey, keyText, type SecurityKey } from './security-key.ts';

export interface ChainOptions {
  /** In order of precedence: of two that state a fact the earlier is believed, and the later is not asked for it. */
  readonly providers: readonly ReferenceProvider[];
  /** Facts that are worth asking the next provider for. Default: those of an instrument in the registry. */
  readonly wanted?: readonly FactName[];
  readonly clock: Clock;
  readonly log: Log;
  /** Ends requests under way; a caller's own signal only ends its waiting. */
  readonly signal: AbortSignal;
  /** Answers remembered. Default 100,000. */
  readonly maxCached?: number;
  /** How long an answer is remembered. Default a day; an hour where all say unknown. */
  readonly foundMs?: number;
  readonly unknownMs?: number;
}

interface Remembered {
  readonly answer: ChainAnswer;
  readonly untilMs: number;
}

/** What the registry holds of an instrument (`enrichInstruments`). */
const instrumentFacts: readonly FactName[] = ['isin', 'cusip', 'figi', 'ticker', 'name', 'sector'];

/**
 * Asks providers one after the other, each only for what is still missing, and remembers the answers.
 * The same key asked for twice at once is looked up once. Answers that a failing provider made incomplete are not
 * remembered, so that the next lookup tries again.
 */
export class ReferenceChain {
  readonly #options: ChainOptions;
  readonly #wanted: readonly FactName[];
  readonly #remembered: LRUCache<string, Remembered>;
  readonly #underWay = new Map<string, Promise<ChainAnswer>>();

  constructor(options: ChainOptions) {
    this.#options = options;
    this.#wanted = options.wanted ?? instrumentFacts;
    this.#remembered = new LRUCache({ max: options.maxCached ?? 100_000 });
  }

  /**
   * Facts by `keyText`, an answer for every key.
   * @throws RejectedRecordError for a key that is none (see `checkKey`), before anything is asked.
   * @throws RetriableError `reference_unavailable` when the signal aborts.
   */
  async lookUp(keys: readonly SecurityKey[], signal: AbortSignal): Promise<ReadonlyMap<string, ChainAnswer>> {
    for (const key of keys) checkKey(key);
    const answers = new Map<string, ChainAnswer | Promise<ChainAnswer>>();
    const fresh = new Map<string, SecurityKey>();
    for (const key of keys) {
      const text = keyText(key);
      const known = this.#known(text) ?? this.#underWay.get(text);
      if (known) answers.set(text, known);
      else fresh.set(text, key);
    }
    for (const [text, answer] of this.#start(fresh)) answers.set(text, answer);
    const texts = [...answers.keys()];
    const settled = await unlessAborted(Promise.all(answers.values()), signal);
    return new Map(settled.map((answer, at) => [texts[at] as string, answer]));
  }

  #known(text: string): ChainAnswer | undefined {
    const remembered = this.#remembered.get(text);
    return remembered && remembered.untilMs > this.#options.clock.nowMs() ? remembered.answer : undefined;
  }

  /** One batch for all fresh keys, shared by whoever asks for one of them meanwhile. */
  #start(fresh: ReadonlyMap<string, SecurityKey>): Map<string, Promise<ChainAnswer>> {
    const started = new Map<string, Promise<ChainAnswer>>();
    if (fresh.size === 0) return started;
    const batch = this.#ask(fresh);
    for (const text of fresh.keys()) {
      const answer = batch
        .then((answers) => {
          const found = answers.get(text) as ChainAnswer;
          this.#remember(text, found);
          return found;
        })
        .finally(() => this.#underWay.delete(text));
      // Callers hear of a failure from the promise they wait for; one that has left must not end the process.
      answer.catch(() => undefined);
      this.#underWay.set(text, answer);
      started.set(text, answer);
    }
    return started;
  }

  async #ask(keys: ReadonlyMap<string, SecurityKey>): Promise<Map<string, ChainAnswer>> {
    const { providers, signal, log } = this.#options;
    const merges = new Map([...keys].map(([text, key]) => [text, new Merge(key)]));
    for (const provider of providers) {
      const missing = [...keys].filter(([text]) => merges.get(text)?.lacks(this.#wanted, provider.gives));
      if (missing.length === 0) continue;
      const answers = await provider.lookUp(
        missing.map(([, key]) => key),
        signal,
      );
      let failed = 0;
      for (const [text] of missing) {
        const answer = answers.get(text) ?? notAnswered;
        if (answer.outcome === 'failed' && failed++ === 0)
          log.warn({ provider: provider.name, code: answer.code, error: answer.message }, 'reference lookup failed');
        merges.get(text)?.add(provider.name, answer);
      }
    }
    return new Map([...merges].map(([text, merge]) => [text, merge.answer()]));
  }

  #remember(text: string, answer: ChainAnswer): void {
    if (answer.failures.length > 0) return;
    const { clock, foundMs = 86_400_000, unknownMs = 3_600_000 } = this.#options;
    const untilMs = clock.nowMs() + (answer.outcome === 'found' ? foundMs : unknownMs);
    this.#remembered.set(text, { answer, untilMs });
  }
}

const notAnswered = {
  outcome: 'failed',
  code: 'reference_unavailable',
  message: 'the provider gave no answer for the key',
} as const;

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new RetriableError('reference_unavailable', 'lookup of reference data: aborted'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
