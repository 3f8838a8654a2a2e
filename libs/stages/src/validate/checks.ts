import { RejectedRecordError } from '@alphapulse/core';

/** Bitcoin’s first block; no feed of ours is older. Microseconds. */
const earliestUs = 1_230_768_000_000_000;
const sides = new Set(['buy', 'sell', 'unknown']);

export function checkPrice(price: number, field: string): void {
  checkFinite(price, field);
  if (price <= 0)
    throw new RejectedRecordError('price_not_positive', `${field} is ${price}`, { details: { field, value: price } });
}

/** A size that must be there: above zero. */
export function checkTradedSize(size: number, field: string): void {
  checkFinite(size, field);
  if (size <= 0)
    throw new RejectedRecordError('size_negative', `${field} is ${size}`, { details: { field, value: size } });
}

/** A resting size: zero is allowed, where it removes a level or nothing rests. */
export function checkRestingSize(size: number, field: string): void {
  checkFinite(size, field);
  if (size < 0)
    throw new RejectedRecordError('size_negative', `${field} is ${size}`, { details: { field, value: size } });
}

export function checkFinite(value: number, field: string): void {
  if (!Number.isFinite(value))
    throw new RejectedRecordError('number_not_finite', `${field} is ${value}`, {
      details: { field, value: String(value) },
    });
}

export function checkSide(side: string): void {
  if (!sides.has(side)) throw new RejectedRecordError('side_unknown', `side is ${side}`, { details: { side } });
}

/** The event time is a time, and not ahead of the receive time by more than `maxAheadMs`: clocks differ, but not so much. */
export function checkEventTime(eventTime: number, receivedTime: number, maxAheadMs: number): void {
  if (!Number.isFinite(eventTime) || eventTime < earliestUs) {
    throw new RejectedRecordError('event_time_invalid', `event time is ${eventTime} µs`, {
      details: { eventTime: String(eventTime) },
    });
  }
  const aheadMs = (eventTime - receivedTime) / 1000;
  if (aheadMs > maxAheadMs) {
    throw new RejectedRecordError(
      'event_time_ahead',
      `event time is ${Math.round(aheadMs)} ms ahead of the receive time, more than ${maxAheadMs} ms`,
      { details: { aheadMs, maxAheadMs } },
    );
  }
}
