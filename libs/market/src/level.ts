/** A price level of an order book; the same shape as a level of a Book event. */
export interface Level {
  /** In units of the quote asset. */
  readonly price: number;
  /** In units of the base asset. */
  readonly size: number;
}
