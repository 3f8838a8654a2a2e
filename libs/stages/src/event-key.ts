/** Key of events between stages: what a venue calls the instrument, so that its order holds. */
export function eventKey(event: { readonly venue: string; readonly symbol: string }): string {
  return `${event.venue}:${event.symbol}`;
}
