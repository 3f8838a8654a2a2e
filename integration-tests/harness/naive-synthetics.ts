import type { Quote } from '@alphapulse/schemas';

/** What a leg stands at. */
export interface NaiveLeg {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

/** A synthetic as a person would write it down: in plain arithmetic, by leg in order. */
export interface NaiveSynthetic {
  readonly id: string;
  readonly name: string;
  readonly legs: readonly { readonly instrumentId: string; readonly venue?: string }[];
  /** Newest last; each holds from its time on. */
  readonly versions: readonly {
    readonly validFrom: number;
    readonly quote: (first: NaiveLeg, second: NaiveLeg, third: NaiveLeg, fourth: NaiveLeg) => NaiveLeg;
  }[];
}

export interface NaiveOptions {
  readonly maxLegAgeUs: number;
  readonly refreshUs: number;
}

/**
 * Quotes of synthetics over leg quotes in the order of their times, by looking at everything again at every time.
 * Those that others are made of come first in the list.
 */
export function naiveSynthetics(
  synthetics: readonly NaiveSynthetic[],
  quotes: readonly Quote[],
  { maxLegAgeUs, refreshUs }: NaiveOptions,
): Map<string, Quote[]> {
  const said = new Map(synthetics.map(({ id }) => [id, [] as Quote[]]));
  const times = [...new Set(quotes.map(({ receivedTime }) => receivedTime))].sort((a, b) => a - b);
  for (const now of times) {
    for (const synthetic of synthetics) {
      const known = [...quotes, ...[...said.values()].flat()].filter(
        ({ receivedTime }) => receivedTime <= now && receivedTime > now - 2 * maxLegAgeUs,
      );
      const ofLegs = known.filter(({ instrumentId, venue }) =>
        synthetic.legs.some((leg) => leg.instrumentId === instrumentId && (leg.venue ?? venue) === venue),
      );
      const mover = ofLegs.filter(({ receivedTime }) => receivedTime === now).at(-1);
      const before = said.get(synthetic.id) as Quote[];
      const legs = synthetic.legs.map((leg) =>
        standing(
          known.filter(
            (quote) => quote.instrumentId === leg.instrumentId && (leg.venue ?? quote.venue) === quote.venue,
          ),
          now - maxLegAgeUs,
        ),
      );
      if (!mover || !legs.every((leg) => leg !== null)) continue;
      const version = synthetic.versions
        .filter(({ validFrom }) => validFrom <= now)
        .at(-1) as NaiveSynthetic['versions'][0];
      const { bid, ask, bidSize, askSize } = version.quote(...(legs as [NaiveLeg, NaiveLeg, NaiveLeg, NaiveLeg]));
      const last = before.at(-1);
      const isSame =
        last && last.bidPrice === bid && last.askPrice === ask && last.bidSize === bidSize && last.askSize === askSize;
      if (isSame && now - last.receivedTime < refreshUs) continue;
      before.push({
        ...{ eventId: `synthetic:quote:${synthetic.name}:${now}`, source: 'synthetic', venue: 'synthetic' },
        ...{ instrumentId: synthetic.id, instrument: `synthetic:${synthetic.name}`, symbol: synthetic.name },
        ...{
          eventTime: mover.eventTime,
          eventTimeSource: mover.eventTimeSource,
          receivedTime: now,
          origin: mover.origin,
        },
        ...{ bidPrice: bid, bidSize, askPrice: ask, askSize, sequence: null, crossed: bid >= ask },
        ...{ tickSize: null, lotSize: null, takerFeeBps: null },
        listingVersion: `${synthetic.id}@${version.validFrom}`,
      });
    }
  }
  return said;
}

/** The best bid and ask over venues, the one below the other; null where no quote counts. */
function standing(quotes: readonly Quote[], since: number): NaiveLeg | null {
  const newest = new Map(quotes.map((quote) => [quote.venue, quote]));
  const usable = [...newest.values()].filter(({ crossed, receivedTime }) => !crossed && receivedTime > since);
  if (usable.length === 0) return null;
  const bid = Math.max(...usable.map(({ bidPrice }) => bidPrice));
  const ask = Math.min(...usable.map(({ askPrice }) => askPrice));
  return {
    bid: Math.min(bid, ask),
    ask: Math.max(bid, ask),
    bidSize: Math.max(...usable.filter(({ bidPrice }) => bidPrice === bid).map(({ bidSize }) => bidSize)),
    askSize: Math.max(...usable.filter(({ askPrice }) => askPrice === ask).map(({ askSize }) => askSize)),
  };
}
