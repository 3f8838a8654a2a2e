import { SeenWindow } from '@alphapulse/market';
import { BookLines, type SavedLines } from './book-lines.ts';
import { RecentContents, RecentIds } from './recent.ts';

const RECENT_QUOTES = 16;
const RECENT_BARS = 16;
const RECENT_UNNUMBERED_TRADES = 512;

interface Saved {
  readonly trades: { highest: number; missing: [number, number][] };
  readonly unnumbered: ReturnType<RecentContents['toJSON']>;
  readonly quotes: readonly string[];
  readonly untimedQuote: string;
  readonly bars: readonly string[];
  readonly books: SavedLines;
}

/** What the parser remembers of a symbol. */
export class SymbolState {
  trades = new SeenWindow();
  /** Trades of the v1 feed, which have no id. */
  unnumbered = new RecentContents(RECENT_UNNUMBERED_TRADES);
  /** Quotes by the venue's time and all their values. */
  quotes = new RecentIds(RECENT_QUOTES);
  /** Values of the last quote that came without a time of the venue. */
  untimedQuote = '';
  bars = new RecentIds(RECENT_BARS);
  books = new BookLines();

  save(): Uint8Array {
    const { trades, unnumbered, quotes, untimedQuote, bars, books } = this;
    const saved: Saved = {
      trades: trades.toJSON(),
      unnumbered: unnumbered.toJSON(),
      quotes: quotes.ids,
      untimedQuote,
      bars: bars.ids,
      books: books.toJSON(),
    };
    return Buffer.from(JSON.stringify(saved));
  }

  static load(state: Uint8Array): SymbolState {
    const saved = JSON.parse(Buffer.from(state).toString('utf8')) as Saved;
    const loaded = new SymbolState();
    loaded.trades = SeenWindow.fromJSON(saved.trades);
    loaded.unnumbered = new RecentContents(RECENT_UNNUMBERED_TRADES, saved.unnumbered);
    loaded.quotes = new RecentIds(RECENT_QUOTES, saved.quotes);
    loaded.untimedQuote = saved.untimedQuote;
    loaded.bars = new RecentIds(RECENT_BARS, saved.bars);
    loaded.books = BookLines.fromJSON(saved.books);
    return loaded;
  }
}
