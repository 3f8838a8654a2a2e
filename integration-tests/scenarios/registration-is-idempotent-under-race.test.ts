import { systemClock } from '@alphapulse/core';
import {
  createRegistryView,
  type EntityKind,
  entityKinds,
  identityOf,
  type Registered,
  type RegistryView,
  type Statement,
  topicOf,
} from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';
import { Registrars } from '../harness/registering.ts';

const processes = 8;
/** Identities that all of them state, and that each of them states alone. */
const shared = 60;
const own = 40;
/** Identities of which each states another fact, so that they change while others change them. */
const changing = 6;
const registryTopics = entityKinds.map((kind) => topicOf[kind].name);
const run = systemClock.nowMs().toString(36);

const index = (code: string, facts: { ticker?: string } = {}): Statement => ({
  kind: 'instruments',
  facts: { identity: `index:race:${run}-${code}`, ...facts },
  provenance: 'scenario',
});

describe('registration is idempotent under race', () => {
  let kafka: Kafka;
  let view: RegistryView;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    view = createRegistryView({
      ...{ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock },
      kinds: [...entityKinds, 'collisions'],
    });
    await view.start();
  }, 60_000);

  afterAll(async () => {
    await view?.close();
    await kafka?.close();
  }, 30_000);

  test('of 8 processes, with identities that are the same, different, and of one id', async () => {
    const same = Array.from({ length: shared }, (_, at) => index(`s${at}`));
    const statements = Array.from({ length: processes }, (_, process) => {
      const mine = Array.from({ length: own }, (_, at) => index(`p${process}-${at}`));
      const changes = Array.from({ length: changing }, (_, at) => index(`s${at}`, { ticker: `T${process}` }));
      // Each begins elsewhere, so that they meet in different states.
      const all = [...same, ...mine];
      const turned = [...all.slice(process * 11), ...all.slice(0, process * 11)];
      return [[...turned, ...changes], turned];
    });
    const registrars = new Registrars(statements, { idDigits: 3, changeLeadMs: 0, batch: 5 });
    const first = await registrars.round();
    await view.catchUp();
    const ends = await kafka.ends([...registryTopics, topicOf.collisions.name]);
    const second = await registrars.round();

    // A second round says nothing new: not one record is written, not even a collision.
    expect(await kafka.ends([...registryTopics, topicOf.collisions.name])).toEqual(ends);
    const identities = new Set(statements.flat(2).map(({ facts }) => (facts as { identity: string }).identity));
    const rejected = new Set<string>();
    for (const { outcomes } of second) {
      for (const { outcome, identity, problem } of outcomes) {
        expect(outcome === 'rejected' ? problem?.code : outcome).toMatch(/^(?:unchanged|identity_collision)$/);
        if (outcome === 'rejected' && identity !== null) rejected.add(identity);
      }
    }
    expect(identities.size).toBe(shared + processes * own);
    expect(rejected.size).toBeGreaterThan(3);

    // Each identity was registered by exactly one process, or rejected by all that stated it.
    const registeredBy = new Map<string, number>();
    for (const { outcomes } of first) {
      const stated = outcomes.slice(0, shared + own);
      for (const { outcome, identity } of stated) {
        expect(rejected.has(identity ?? '')).toBe(outcome === 'rejected');
        if (outcome === 'registered') registeredBy.set(identity ?? '', (registeredBy.get(identity ?? '') ?? 0) + 1);
      }
    }
    expect([...registeredBy.values()].filter((times) => times !== 1)).toEqual([]);
    expect(registeredBy.size).toBe(identities.size - rejected.size);

    // No id has two identities, in any record that was ever written.
    const holders = await holdersOfIds(kafka);
    expect([...holders].filter(([, names]) => names.size !== 1)).toEqual([]);

    // Each collision is recorded once, with the identity that has the id.
    const collisions = (await kafka.values<Registered['collisions']>(topicOf.collisions)).filter(
      ({ rejectedIdentity }) => identities.has(rejectedIdentity),
    );
    expect(collisions.map(({ rejectedIdentity }) => rejectedIdentity).sort()).toEqual([...rejected].sort());
    for (const { id, existingIdentity } of collisions) expect(holders.get(id)).toEqual(new Set([existingIdentity]));
    const counted = second.reduce((sum, result) => sum + result.collisions, 0);
    const told = [...first, ...second].flatMap(({ outcomes }) =>
      outcomes.filter(({ outcome }) => outcome === 'rejected'),
    );
    expect(counted).toBe(told.length);

    // Facts that all of them changed at once: one version after the other, none of them empty.
    let versions = 0;
    for (const id of view.ids('instruments')) {
      const history = view.history('instruments', id);
      if (!identities.has(history[0]?.identity ?? '')) continue;
      versions += history.length;
      expect(history.map(({ validTo }) => validTo)).toEqual([
        ...history.slice(1).map(({ validFrom }) => validFrom),
        null,
      ]);
      expect(history.every(({ validFrom, validTo }) => validTo === null || validTo > validFrom)).toBe(true);
    }
    expect(versions).toBeGreaterThan(registeredBy.size + changing);
  }, 300_000);
});

/** Identities of every id in the log. */
async function holdersOfIds(kafka: Kafka): Promise<Map<string, Set<string>>> {
  const holders = new Map<string, Set<string>>();
  for (const kind of entityKinds) {
    const identify = identityOf[kind] as (entity: Registered[EntityKind]) => string;
    for (const entity of await kafka.values<Registered[EntityKind]>(topicOf[kind])) {
      const names = holders.get(entity.id) ?? new Set();
      holders.set(entity.id, names.add(identify(entity)));
    }
  }
  return holders;
}
