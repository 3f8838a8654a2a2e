import { BPS } from './fees.ts';

/** When prices speak against a mapping, and when they speak for it again. */
export interface PriceSanityLimits {
  /** Prices further apart than this disagree, basis points. */
  readonly limitBps: number;
  /** A listing that has disagreed for so long without a break is suspect. */
  readonly suspectAfterMs: number;
  /** A suspect listing that has agreed for so long without a break is believed again. */
  readonly confirmAfterMs: number;
  /** A price of this age is evidence no more. */
  readonly maxAgeMs: number;
  /** A listing silent for so long is forgotten, with what it was suspected of. At least `maxAgeMs`. */
  readonly forgetAfterMs: number;
}

/** One venue's listing of the instrument, with the last price it is known by. */
export interface SanityListing {
  readonly venue: string;
  readonly symbol: string;
  readonly midPrice: number;
  /** Distance from the median of the other venues, basis points; 0 when there is no other. */
  readonly deviationBps: number;
  readonly suspect: boolean;
}

/** A change in which listings of an instrument are suspect. */
export interface SanityChange {
  /** `suspect` while any listing is. */
  readonly state: 'confirmed' | 'suspect';
  /** Those that have a price now, and those that are suspect; by venue. */
  readonly listings: readonly SanityListing[];
  /** Venues whose listing changed with this step. */
  readonly turnedSuspect: readonly string[];
  readonly turnedConfirmed: readonly string[];
  /** Venues that were suspect and have been silent for `forgetAfterMs`. */
  readonly forgotten: readonly string[];
  /** When the disagreement that lasts began; of `confirmed`, when the agreement did. µs */
  readonly sinceTime: number;
}

/** What is kept of a listing. Plain JSON: it travels in checkpoints. */
interface Listing {
  readonly venue: string;
  symbol: string;
  mid: number;
  /** Receive time of the price, µs. */
  time: number;
  suspect: boolean;
  /** Since when prices say the opposite of `suspect`, µs; −1 while they do not. */
  since: number;
  /** When the disagreement began that made it suspect, µs; −1 while it is not. */
  suspectSince: number;
}

/** What happened in one step. */
interface Turned {
  readonly turnedSuspect: string[];
  readonly turnedConfirmed: string[];
  readonly forgotten: string[];
  /** Latest beginning of an agreement that confirmed a listing, µs; −1 when none did. */
  agreedSince: number;
}

/**
 * Judges by their prices whether the listings that are mapped to one instrument can be the same thing: a ticker is
 * not an identity, and two coins of one name differ by a factor, for as long as one looks.
 *
 * A venue disagrees when its mid price is further than the limit from the median of the other venues' (of two middle
 * prices, from the nearer). So of two venues both disagree or neither; of three the odd one does; and when no two
 * agree, all do. Distance is the larger over the smaller, less one, so that it does not matter which coin is dearer.
 *
 * Time is record time, as it is told; a judgement is made with each price. Without two prices that are alive nothing
 * is known, which ends what has lasted so far but leaves suspicion: silence proves nothing.
 * Invariant: what is judged does not hang on the order in which venues appeared.
 */
export class PriceSanity {
  readonly #limits: PriceSanityLimits;
  /** By venue, in order. */
  #listings: Listing[] = [];
  /** Nothing is suspect and nothing is about to be: agreement changes nothing. */
  #calm = true;
  readonly #maxAgeUs: number;
  /** The quick way: up to this time, µs, and with all prices this close to one another, calm stays calm. */
  #quickUntil = -1;
  #low = 0;
  #high = 0;
  readonly #quickFactor: number;

  constructor(limits: PriceSanityLimits) {
    this.#limits = limits;
    this.#maxAgeUs = limits.maxAgeMs * 1000;
    // A little less than the limit, so that rounding never makes the quick way accept what the other would not.
    this.#quickFactor = 1 + (limits.limitBps / BPS) * (1 - 1e-9);
  }

  /**
   * Takes a venue's newest price and judges. The caller leaves out prices that mean nothing (a crossed quote's).
   * `now` never goes back; it is later than `receivedTime` where a record came late. Times in µs.
   */
  observe(
    venue: string,
    symbol: string,
    midPrice: number,
    receivedTime: number,
    now: number,
  ): SanityChange | undefined {
    const known = this.#find(venue);
    if (known !== undefined && now < this.#quickUntil && receivedTime >= known.time && this.#isAlive(known, now)) {
      // Bounds of all that is alive, or wider: the price that is replaced may have been one.
      const low = Math.min(midPrice, this.#low);
      const high = Math.max(midPrice, this.#high);
      if (midPrice > 0 && high <= low * this.#quickFactor) {
        this.#low = low;
        this.#high = high;
        known.symbol = symbol;
        known.mid = midPrice;
        known.time = receivedTime;
        return undefined;
      }
    }
    return this.#judgeWith(known, venue, symbol, midPrice, receivedTime, now);
  }

  isSuspect(venue: string): boolean {
    return !this.#calm && this.#find(venue)?.suspect === true;
  }

  /** True when forgetting all of it would change nothing that is to come. */
  isIdle(now: number): boolean {
    return !this.#listings.some((listing) => listing.suspect || this.#isAlive(listing, now));
  }

  toJSON(): unknown {
    return this.#listings;
  }

  static fromJSON(limits: PriceSanityLimits, json: unknown): PriceSanity {
    const sanity = new PriceSanity(limits);
    sanity.#listings = (json as Listing[]).map((listing) => ({ ...listing }));
    sanity.#calm = !sanity.#listings.some(isUnsettled);
    return sanity;
  }

  #judgeWith(
    known: Listing | undefined,
    venue: string,
    symbol: string,
    midPrice: number,
    receivedTime: number,
    now: number,
  ): SanityChange | undefined {
    if (!(midPrice > 0 && midPrice < Number.POSITIVE_INFINITY)) return undefined;
    if (known && receivedTime < known.time) return undefined;
    // It comes out of silence: what lasted before has not lasted through it. A dead price is as none.
    const before = known && this.#isAlive(known, now) ? undefined : this.#judge(now, undefined);
    this.#place(venue, symbol, midPrice, receivedTime);
    const turned = this.#judge(now, before);
    return turned && this.#describe(turned, now);
  }

  #find(venue: string): Listing | undefined {
    for (const listing of this.#listings) if (listing.venue === venue) return listing;
    return undefined;
  }

  #place(venue: string, symbol: string, mid: number, time: number): void {
    const known = this.#find(venue);
    if (known) {
      known.symbol = symbol;
      known.mid = mid;
      known.time = time;
      return;
    }
    const after = this.#listings.findIndex((listing) => listing.venue > venue);
    const listing = { venue, symbol, mid, time, suspect: false, since: -1, suspectSince: -1 };
    this.#listings.splice(after < 0 ? this.#listings.length : after, 0, listing);
  }

  #isAlive(listing: Listing, now: number): boolean {
    return now - listing.time < this.#maxAgeUs;
  }

  #judge(now: number, before: Turned | undefined): Turned | undefined {
    const { limitBps, forgetAfterMs } = this.#limits;
    let alive = 0;
    let silent = false;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = 0;
    this.#quickUntil = -1;
    let changesAt = Number.POSITIVE_INFINITY;
    for (const listing of this.#listings) {
      if (this.#isAlive(listing, now)) {
        alive++;
        if (listing.mid < this.#low) this.#low = listing.mid;
        if (listing.mid > this.#high) this.#high = listing.mid;
        changesAt = Math.min(changesAt, listing.time + this.#maxAgeUs);
      } else if (now - listing.time >= forgetAfterMs * 1000) silent = true;
      else changesAt = Math.min(changesAt, listing.time + forgetAfterMs * 1000);
    }
    if (this.#calm && !silent && (alive < 2 || distanceBps(this.#low, this.#high) <= limitBps)) {
      this.#quickUntil = changesAt;
      return before;
    }
    const turned = silent ? this.#forget(now, before) : before;
    return this.#settle(now, alive < 2 ? undefined : this.#mids(now), turned);
  }

  /** Lets each listing's time run or begin anew; `mids` is absent where nothing can be compared. */
  #settle(now: number, mids: readonly number[] | undefined, before: Turned | undefined): Turned | undefined {
    const { limitBps, suspectAfterMs, confirmAfterMs } = this.#limits;
    let turned = before;
    for (const listing of this.#listings) {
      if (
        mids === undefined ||
        !this.#isAlive(listing, now) ||
        deviationBps(mids, listing.mid) > limitBps === listing.suspect
      ) {
        listing.since = -1;
        continue;
      }
      if (listing.since < 0) listing.since = now;
      if (now - listing.since < (listing.suspect ? confirmAfterMs : suspectAfterMs) * 1000) continue;
      turned ??= nothing();
      if (listing.suspect) {
        turned.turnedConfirmed.push(listing.venue);
        turned.agreedSince = Math.max(turned.agreedSince, listing.since);
        listing.suspectSince = -1;
      } else {
        turned.turnedSuspect.push(listing.venue);
        listing.suspectSince = listing.since;
      }
      listing.suspect = !listing.suspect;
      listing.since = -1;
    }
    this.#calm = !this.#listings.some(isUnsettled);
    return turned;
  }

  /** Drops listings nobody has heard of for long; the last one left has nothing to disagree with. */
  #forget(now: number, before: Turned | undefined): Turned | undefined {
    const limitUs = this.#limits.forgetAfterMs * 1000;
    const gone = this.#listings.filter((listing) => now - listing.time >= limitUs && listing.suspect);
    this.#listings = this.#listings.filter((listing) => now - listing.time < limitUs);
    const [last, other] = this.#listings;
    const alone = last?.suspect && other === undefined ? last : undefined;
    if (gone.length === 0 && !alone) return before;
    const turned = before ?? nothing();
    for (const { venue } of gone) turned.forgotten.push(venue);
    if (alone) {
      turned.turnedConfirmed.push(alone.venue);
      Object.assign(alone, { suspect: false, since: -1, suspectSince: -1 });
    }
    return turned;
  }

  #mids(now: number): number[] {
    return this.#listings
      .filter((listing) => this.#isAlive(listing, now))
      .map(({ mid }) => mid)
      .sort(ascending);
  }

  #describe({ agreedSince, ...turned }: Turned, now: number): SanityChange {
    const mids = this.#mids(now);
    const suspects = this.#listings.filter(({ suspect }) => suspect);
    const listings = this.#listings
      .filter((listing) => listing.suspect || this.#isAlive(listing, now))
      .map((listing) => {
        const { venue, symbol, mid, suspect } = listing;
        const sorted = this.#isAlive(listing, now) ? mids : [...mids, mid].sort(ascending);
        // Prices of absurd size may be infinitely far apart, which JSON cannot say.
        const apart = Math.min(deviationBps(sorted, mid), Number.MAX_VALUE);
        return { venue, symbol, midPrice: mid, deviationBps: apart, suspect };
      });
    const agreed = agreedSince < 0 ? now : agreedSince;
    const sinceTime = suspects.length > 0 ? Math.min(...suspects.map((each) => each.suspectSince)) : agreed;
    return { state: suspects.length > 0 ? 'suspect' : 'confirmed', listings, ...turned, sinceTime };
  }
}

function isUnsettled({ suspect, since }: Listing): boolean {
  return suspect || since >= 0;
}

function nothing(): Turned {
  return { turnedSuspect: [], turnedConfirmed: [], forgotten: [], agreedSince: -1 };
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** `(larger / smaller − 1) × 10,000`: the same from either side. */
function distanceBps(a: number, b: number): number {
  return ((a > b ? a / b : b / a) - 1) * BPS;
}

/** Distance of one of the sorted prices from the median of the others; of two middle prices, from the nearer one. */
function deviationBps(sorted: readonly number[], own: number): number {
  const others = sorted.length - 1;
  if (others < 1) return 0;
  const position = sorted.indexOf(own);
  const other = (n: number) => sorted[n < position ? n : n + 1] as number;
  const upper = distanceBps(own, other(Math.floor(others / 2)));
  return others % 2 === 1 ? upper : Math.min(upper, distanceBps(own, other(others / 2 - 1)));
}
