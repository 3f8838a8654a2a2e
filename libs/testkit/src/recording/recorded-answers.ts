import type { RecordedFrame } from '@alphapulse/recording';
import type { PlayableFile, RecordedAnswer } from './describe-playback.ts';
import { playbackListings } from './playback-listings.ts';

const listingPaths = ['/api/v3/exchangeInfo', '/fapi/v1/exchangeInfo', '/0/public/AssetPairs'];

/** REST answers of one played file: each kind of request gets the recorded ones in order, the last one again and again. */
export class RecordedAnswers {
  readonly #file: PlayableFile;
  readonly #all: readonly PlayableFile[];
  readonly #asked = new Map<string, number>();
  /** Each symbol's first book snapshot, while nobody has asked for it; the stream waits for it. */
  readonly #awaited: Set<RecordedAnswer>;
  #listings: string | undefined;

  constructor(file: PlayableFile, all: readonly PlayableFile[]) {
    this.#file = file;
    this.#all = all;
    const first = new Map<string | undefined, RecordedAnswer>();
    for (const answer of file.answers)
      if (answer.path.endsWith('/depth') && !first.has(answer.symbol)) first.set(answer.symbol, answer);
    this.#awaited = new Set(first.values());
  }

  answer(path: string, query: URLSearchParams): { readonly status: number; readonly body: string } | undefined {
    const symbol = (query.get('symbol') ?? query.get('pair') ?? undefined)?.toUpperCase();
    const recorded = this.#file.answers.filter((one) => one.path === path && one.symbol === symbol);
    const key = `${path} ${symbol}`;
    const asked = this.#asked.get(key) ?? 0;
    this.#asked.set(key, asked + 1);
    const found = recorded[Math.min(asked, recorded.length - 1)];
    if (found) {
      this.#awaited.delete(found);
      return found;
    }
    if (!listingPaths.includes(path)) return undefined;
    this.#listings ??= playbackListings(this.#file, this.#all);
    return { status: 200, body: this.#listings };
  }

  /** A snapshot that had been recorded when this frame came, and that nobody has asked for yet. */
  awaitedBefore(frame: RecordedFrame, framesBefore: number): RecordedAnswer | undefined {
    for (const answer of this.#awaited) {
      const earlier =
        answer.framesBefore === undefined
          ? answer.t !== null && frame.t !== null && answer.t < frame.t
          : answer.framesBefore <= framesBefore;
      if (earlier) return answer;
    }
    return undefined;
  }

  /** Nobody will ask: the stream waits for it no longer. */
  giveUp(answer: RecordedAnswer): void {
    this.#awaited.delete(answer);
  }

  isAwaited(answer: RecordedAnswer): boolean {
    return this.#awaited.has(answer);
  }
}
