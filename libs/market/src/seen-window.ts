/**
 * Tells new sequence numbers from duplicates, however many collectors send the same feed.
 * Numbers above the highest seen are new; those below are new only where they were skipped before (a gap that is
 * back-filled), and then once. Skipped ranges beyond `maxRanges` are forgotten, oldest first.
 */
export class SeenWindow {
  highest = -1;
  /** Skipped ranges, ascending, inclusive. */
  readonly missing: [from: number, to: number][] = [];
  readonly maxRanges: number;

  constructor(maxRanges = 64) {
    this.maxRanges = maxRanges;
  }

  /** True when `id` is seen for the first time. */
  take(id: number): boolean {
    if (this.highest < 0) {
      this.highest = id;
      return true;
    }
    if (id > this.highest) {
      if (id > this.highest + 1) {
        this.missing.push([this.highest + 1, id - 1]);
        if (this.missing.length > this.maxRanges) this.missing.shift();
      }
      this.highest = id;
      return true;
    }
    for (let at = this.missing.length - 1; at >= 0; at--) {
      const [from, to] = this.missing[at] as [number, number];
      if (id > to) return false;
      if (id < from) continue;
      if (from === to) this.missing.splice(at, 1);
      else if (id === from) this.missing[at] = [from + 1, to];
      else if (id === to) this.missing[at] = [from, to - 1];
      else this.missing.splice(at, 1, [from, id - 1], [id + 1, to]);
      return true;
    }
    return false;
  }

  toJSON(): { highest: number; missing: [number, number][] } {
    return { highest: this.highest, missing: this.missing };
  }

  static fromJSON(json: { highest: number; missing: [number, number][] }): SeenWindow {
    const window = new SeenWindow();
    window.highest = json.highest;
    window.missing.push(...json.missing);
    return window;
  }
}
