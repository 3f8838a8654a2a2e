import { systemClock, type WebSocketOptions } from '@alphapulse/core';
import { afterEach } from '@jest/globals';
import { createNet, type NetOptions } from '../net.ts';
import { LocalVenue } from './local-venue.ts';
import { ObservedFeed, silentLog } from './observed-feed.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs it when the test is over, last registered first. */
export function afterwards(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

export async function venueOf(options: Parameters<typeof LocalVenue.start>[0] = {}): Promise<LocalVenue> {
  const venue = await LocalVenue.start(options);
  afterwards(() => venue.stop());
  return venue;
}

/** A feed with its own Net and hardly any backoff. */
export function feedOf(
  options: Partial<WebSocketOptions> & Pick<WebSocketOptions, 'endpoints'>,
  net: Partial<NetOptions> = {},
): ObservedFeed {
  const feed = new ObservedFeed(createNet({ clock: systemClock, log: silentLog, random: () => 0.01, ...net }), options);
  afterwards(() => feed.stop());
  return feed;
}
