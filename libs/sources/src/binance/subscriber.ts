import type { VenueConnection } from '@alphapulse/core';

/** Streams in one SUBSCRIBE message: keeps it below the 4 KiB the venue takes. */
const STREAMS_PER_MESSAGE = 100;

/**
 * Subscriptions of one connection. Symbols are subscribed in batches; when the venue refuses a batch, each of its
 * symbols is tried alone, so that one bad symbol does not stop the others.
 */
export class Subscriber {
  readonly #connection: VenueConnection;
  readonly #symbols: readonly (readonly string[])[];
  readonly #onRefused: (streams: readonly string[], reason: string) => void;
  /** Requests without an answer, oldest first. */
  readonly #waiting = new Map<number, readonly (readonly string[])[]>();
  #nextId = 1;

  constructor(
    connection: VenueConnection,
    symbols: readonly (readonly string[])[],
    onRefused: (streams: readonly string[], reason: string) => void,
  ) {
    this.#connection = connection;
    this.#symbols = symbols;
    this.#onRefused = onRefused;
  }

  /** Whether its connection still brings data of its own. */
  get live(): boolean {
    return this.#connection.open && !this.#connection.retired;
  }

  subscribe(): void {
    const perMessage = Math.max(1, Math.floor(STREAMS_PER_MESSAGE / (this.#symbols[0]?.length ?? 1)));
    for (let at = 0; at < this.#symbols.length; at += perMessage) {
      this.#request('SUBSCRIBE', this.#symbols.slice(at, at + perMessage));
    }
  }

  /** Takes a stream up anew after it has gone quiet. */
  again(stream: string): void {
    this.#request('UNSUBSCRIBE', [[stream]]);
    this.#request('SUBSCRIBE', [[stream]]);
  }

  /** An answer: `{"result":null,"id":1}`, `{"error":{"code":2,"msg":"…"},"id":1}` or `{"code":2,"msg":"…"}` without id. */
  answer(payload: Buffer): void {
    const answer = readAnswer(payload);
    if (answer === undefined) return;
    // Errors may come without the id; requests are answered in order, so it is the oldest.
    const id = answer.id ?? (answer.refused === undefined ? undefined : this.#waiting.keys().next().value);
    const symbols = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || symbols === undefined) return;
    this.#waiting.delete(id);
    if (answer.refused === undefined) return;
    if (symbols.length === 1) this.#onRefused(symbols[0] as readonly string[], answer.refused);
    else for (const streams of symbols) this.#request('SUBSCRIBE', [streams]);
  }

  #request(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', symbols: readonly (readonly string[])[]): void {
    const id = this.#nextId++;
    this.#waiting.set(id, symbols);
    this.#connection.send(JSON.stringify({ method, params: symbols.flat(), id }));
  }
}

function readAnswer(payload: Buffer): { id: number | undefined; refused: string | undefined } | undefined {
  let answer: { id?: unknown; code?: unknown; msg?: unknown; error?: { msg?: unknown } } | null;
  try {
    answer = JSON.parse(payload.toString('utf8'));
  } catch {
    // Raw has it, and the parse stage will reject it there.
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const refused = answer.error !== undefined || answer.code !== undefined;
  const reason = String(answer.error?.msg ?? answer.msg ?? 'no reason given').slice(0, 200);
  return { id: typeof answer.id === 'number' ? answer.id : undefined, refused: refused ? reason : undefined };
}
