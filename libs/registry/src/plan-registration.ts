import { type AnyTopic, codeOf, type ErrorCode, type ListingSeen, RejectedRecordError } from '@alphapulse/core';
import {
  aliasesOf,
  assetIdentity,
  assetKind,
  instrumentIdentityOf,
  listingIdentity,
  venueIdentity,
} from '@alphapulse/market';
import type { Asset, Collision, Instrument, Listing, Venue } from '@alphapulse/schemas';
import type { IdOf } from './ids.ts';
import { type Entities, type EntityKind, topicOf } from './kinds.ts';
import { versionKey } from './record-key.ts';
import { curatedVenues, unknownVenue } from './venues.ts';

/** What is registered already; a `RegistryView` fits. */
export interface Known {
  newest<K extends EntityKind>(kind: K, id: string): Entities[K] | undefined;
  identityOf(id: string): string | undefined;
  collided(id: string, rejectedIdentity: string): boolean;
}

export interface PlannedRecord {
  readonly topic: AnyTopic;
  readonly key: string;
  readonly value: Asset | Instrument | Venue | Listing | Collision;
}

export interface Rejection {
  readonly venue: string;
  readonly symbol: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface RegistrationPlan {
  /** What to append, in order; empty when nothing is new. */
  readonly records: readonly PlannedRecord[];
  /** Listings that are new or have changed. */
  readonly registered: number;
  readonly unchanged: number;
  readonly rejected: readonly Rejection[];
}

export interface PlanOptions {
  readonly listings: readonly ListingSeen[];
  /** Feed that lists them. */
  readonly source: string;
  readonly known: Known;
  readonly idOf: IdOf;
  readonly nowUs: number;
  /** Microseconds from now to when changed facts start to hold. */
  readonly changeLeadUs: number;
}

type Facts = Pick<
  Listing,
  'instrumentId' | 'instrument' | 'tickSize' | 'lotSize' | 'minNotional' | 'makerFeeBps' | 'takerFeeBps' | 'status'
>;

/** Works out which records say what the listings say and the registry does not yet. Pure. */
export function planRegistration(options: PlanOptions): RegistrationPlan {
  return new Planner(options).plan();
}

class Planner {
  readonly #options: PlanOptions;
  readonly #records = new Map<string, PlannedRecord>();
  /** Entities this plan adds or changes, and ids it gives away. */
  readonly #planned = new Map<string, Entities[EntityKind]>();
  readonly #claimed = new Map<string, string>();
  /** Statements that many listings make alike, such as of their venue: made once. */
  readonly #said = new Set<string>();

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  plan(): RegistrationPlan {
    let registered = 0;
    let unchanged = 0;
    const rejected: Rejection[] = [];
    for (const listing of this.#options.listings) {
      try {
        if (this.#register(listing)) registered++;
        else unchanged++;
      } catch (error) {
        if (!(error instanceof RejectedRecordError) && !(error instanceof RangeError)) throw error;
        const code = error instanceof RangeError ? 'value_invalid' : codeOf(error);
        rejected.push({ venue: listing.venue, symbol: listing.symbol, code, message: error.message });
      }
    }
    return { records: [...this.#records.values()], registered, unchanged, rejected };
  }

  #register(seen: ListingSeen): boolean {
    const instrument = instrumentIdentityOf(seen);
    if (instrument === null) {
      throw new RejectedRecordError('value_invalid', `${seen.type} without its settlement asset or expiry`);
    }
    // All ids before the first record: a listing whose instrument was rejected must not be registered.
    const assets = [
      { code: seen.base, venueCode: seen.venueBase },
      { code: seen.quote, venueCode: seen.venueQuote },
      ...(seen.settle === undefined ? [] : [{ code: seen.settle, venueCode: undefined }]),
    ].map((asset) => ({ ...asset, id: this.#claim('assets', assetIdentity(asset.code)) }));
    const venueId = this.#claim('venues', venueIdentity(seen.venue));
    const instrumentId = this.#claim('instruments', instrument);
    const listingId = this.#claim('listings', listingIdentity(seen.venue, seen.symbol));

    for (const { id, code, venueCode } of assets) {
      this.#putAsset(id, code, venueCode === undefined ? undefined : `${seen.venue}:${venueCode}`, seen.provenance);
    }
    this.#putVenue(venueId, seen.venue);
    this.#putInstrument(instrumentId, instrument, seen);
    return this.#putListing(listingId, { instrumentId, instrument }, seen);
  }

  /** The id of an identity. @throws RejectedRecordError `identity_collision` when another identity has it. */
  #claim(kind: EntityKind, identity: string): string {
    const { idOf, known, nowUs } = this.#options;
    const id = idOf(identity);
    const claimed = this.#claimed.get(id);
    if (claimed === identity) return id;
    const holder = claimed ?? known.identityOf(id) ?? identity;
    if (holder !== identity) {
      if (!known.collided(id, identity)) {
        this.#records.set(`collision ${id} ${identity}`, {
          topic: topicOf.collisions,
          key: id,
          value: { id, existingIdentity: holder, rejectedIdentity: identity, entity: kind, detectedTime: nowUs },
        });
      }
      throw new RejectedRecordError('identity_collision', `${identity} has the id of ${holder}: ${id}`);
    }
    this.#claimed.set(id, identity);
    return id;
  }

  #putAsset(id: string, code: string, alias: string | undefined, provenance: string): void {
    if (this.#repeats(`asset ${code} ${alias}`)) return;
    const now = this.#newest('assets', id);
    const aliases = [...new Set([...(now?.aliases ?? []), ...aliasesOf(code), ...(alias ? [alias] : [])])].sort();
    this.#correct(
      'assets',
      now,
      { code, kind: assetKind(code), aliases, name: now?.name ?? null, tokens: now?.tokens ?? [] },
      { id, provenance },
    );
  }

  #putVenue(id: string, name: string): void {
    if (this.#repeats(`venue ${name}`)) return;
    const facts = Object.hasOwn(curatedVenues, name) ? curatedVenues[name] : undefined;
    const provenance = facts ? 'curated table' : 'not in the curated table';
    this.#correct('venues', this.#newest('venues', id), { name, ...(facts ?? unknownVenue) }, { id, provenance });
  }

  #putInstrument(id: string, identity: string, { type, base, quote, settle, provenance }: ListingSeen): void {
    if (this.#repeats(`instrument ${identity}`)) return;
    const unknown = {
      ...{ expiry: null, strike: null, right: null, isin: null, cusip: null, figi: null, ticker: null, name: null },
      ...{ sector: null, provider: null, code: null, chain: null, address: null },
    };
    const facts = { ...unknown, identity, type, base, quote, settle: settle ?? null };
    this.#correct('instruments', this.#newest('instruments', id), facts, { id, provenance });
  }

  /**
   * Assets, venues and instruments have no facts that change with time, only facts we learn or correct: a difference
   * replaces the record.
   */
  #correct<K extends 'assets' | 'venues' | 'instruments'>(
    kind: K,
    now: Entities[K] | undefined,
    facts: Omit<Entities[K], 'id' | 'validFrom' | 'validTo' | 'recordedTime' | 'provenance'>,
    { id, provenance }: { id: string; provenance: string },
  ): void {
    if (now && holds(now, facts)) return;
    const validity = { validFrom: now?.validFrom ?? 0, validTo: null, recordedTime: this.#options.nowUs };
    this.#put(kind, id, { id, ...facts, ...validity, provenance } as Entities[K]);
  }

  #putListing(id: string, instrument: Pick<Facts, 'instrumentId' | 'instrument'>, seen: ListingSeen): boolean {
    const { source, nowUs, changeLeadUs } = this.#options;
    const now = this.#newest('listings', id);
    const facts: Facts = {
      ...instrument,
      // What a feed does not state is not a change: another feed may know it.
      tickSize: stated(seen.tickSize) ?? now?.tickSize ?? null,
      lotSize: stated(seen.lotSize) ?? now?.lotSize ?? null,
      minNotional: stated(seen.minNotional) ?? now?.minNotional ?? null,
      makerFeeBps: stated(seen.makerFeeBps) ?? now?.makerFeeBps ?? null,
      takerFeeBps: stated(seen.takerFeeBps) ?? now?.takerFeeBps ?? null,
      status: seen.status,
    };
    if (now && holds(now, facts)) return false;
    const { venue, symbol, provenance } = seen;
    const version = {
      id,
      venue,
      symbol,
      ...facts,
      source,
      recordedTime: nowUs,
      validTo: null,
      provenance,
      mapping: 'rule',
    };
    // Said twice in one call: the later statement stands, no version of zero length is made.
    if (now === undefined || this.#planned.has(`listings/${id}`)) {
      this.#put('listings', id, { ...version, validFrom: now?.validFrom ?? 0 });
      return true;
    }
    const validFrom = Math.max(nowUs + changeLeadUs, now.validFrom + 1);
    const closed: Listing = { ...now, validTo: validFrom };
    const key = versionKey(id, now.validFrom);
    this.#records.set(`listings/${key}`, { topic: topicOf.listings, key, value: closed });
    this.#put('listings', id, { ...version, validFrom });
    return true;
  }

  #repeats(statement: string): boolean {
    if (this.#said.has(statement)) return true;
    this.#said.add(statement);
    return false;
  }

  #newest<K extends EntityKind>(kind: K, id: string): Entities[K] | undefined {
    return (this.#planned.get(`${kind}/${id}`) as Entities[K] | undefined) ?? this.#options.known.newest(kind, id);
  }

  #put<K extends 'assets' | 'venues' | 'instruments' | 'listings'>(kind: K, id: string, value: Entities[K]): void {
    this.#planned.set(`${kind}/${id}`, value);
    this.#records.set(`${kind}/${id}`, { topic: topicOf[kind], key: id, value });
  }
}

function stated(fact: number | undefined): number | undefined {
  return fact !== undefined && Number.isFinite(fact) && fact >= 0 ? fact : undefined;
}

function holds(entity: object, facts: object): boolean {
  return Object.entries(facts).every(([name, fact]) => {
    const held = (entity as Record<string, unknown>)[name];
    return held === fact || (Array.isArray(held) && Array.isArray(fact) && String(held) === String(fact));
  });
}
