import { systemClock } from '@alphapulse/core';
import {
  createRegistryView,
  idOf,
  type Registered,
  type RegistryView,
  type Statement,
  topicOf,
} from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';
import { Registrars } from '../harness/registering.ts';

const run = systemClock.nowMs().toString(36).toUpperCase();
const [holder, intruder, other] = [`HOLDER${run}`, `INTRUDER${run}`, `OTHER${run}`];
const venue = `collision-${run.toLowerCase()}`;
const [holderIdentity, intruderIdentity] = [`asset:${holder}`, `asset:${intruder}`];
const id = idOf(holderIdentity);

const listing = (base: string): Statement => ({
  kind: 'listings',
  facts: { venue, symbol: `${base}/USD`, instrument: `spot:${base}/USD`, status: 'trading' },
  provenance: 'scenario',
});
const statements: readonly Statement[] = [
  { kind: 'assets', facts: { code: holder, name: 'The one that has the id' }, provenance: 'scenario' },
  { kind: 'assets', facts: { code: intruder, name: 'The one that gets it too' }, provenance: 'scenario' },
  listing(intruder),
  listing(holder),
  listing(other),
];

describe('a collision is rejected and recorded', () => {
  let kafka: Kafka;
  let view: RegistryView;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    view = createRegistryView({
      ...{ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock },
      kinds: ['assets', 'instruments', 'venues', 'listings', 'collisions'],
    });
    await view.start();
  }, 60_000);

  afterAll(async () => {
    await view?.close();
    await kafka?.close();
  }, 30_000);

  test('once, with everything that needs the identity, whatever else is registered, also after a restart', async () => {
    const options = { sameId: { [intruderIdentity]: holderIdentity }, changeLeadMs: 0, batch: statements.length };
    const registrar = new Registrars([[statements, statements]], options);
    const collision = { outcome: 'rejected', problem: { code: 'identity_collision' } };

    const [first] = await registrar.round();
    expect(first?.outcomes).toMatchObject([
      { outcome: 'registered', id, identity: holderIdentity },
      { ...collision, id, identity: intruderIdentity },
      collision,
      { outcome: 'registered' },
      { outcome: 'registered' },
    ]);
    expect(first?.collisions).toBe(2);
    await check();

    const unchanged = ['unchanged', 'rejected', 'rejected', 'unchanged', 'unchanged'];
    const [again] = await registrar.round();
    expect(again?.outcomes.map(({ outcome }) => outcome)).toEqual(unchanged);
    expect(again?.collisions).toBe(4);
    const alarms = registrar
      .output()
      .split('\n')
      .filter(
        (line) => line.startsWith('{') && line.includes('"identity_collision"') && line.includes('identity rejected'),
      );
    // Told once, not each time a feed lists it again.
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toContain(`${intruderIdentity} has the id of ${holderIdentity}`);

    const restarted = new Registrars([[statements]], options);
    const [later] = await restarted.round();
    expect(later?.outcomes.map(({ outcome }) => outcome)).toEqual(unchanged);
    expect(later?.collisions).toBe(2);
    await check();
  }, 180_000);

  async function check(): Promise<void> {
    await view.catchUp();
    const recorded = await kafka.values<Registered['collisions']>(topicOf.collisions);
    expect(recorded.filter((each) => each.id === id)).toEqual([
      {
        ...{ id, existingIdentity: holderIdentity, rejectedIdentity: intruderIdentity, entity: 'assets' },
        detectedTime: expect.any(Number),
      },
    ]);
    expect(view.newest('assets', id)).toMatchObject({ code: holder, name: 'The one that has the id' });
    expect(view.superseded('assets', id)).toEqual([]);
    expect(view.listing(venue, `${intruder}/USD`, 0)).toBeUndefined();
    expect(view.newest('instruments', idOf(`spot:${intruder}/USD`))).toBeUndefined();
    for (const base of [holder, other])
      expect(view.listing(venue, `${base}/USD`, 0)).toMatchObject({ instrumentId: idOf(`spot:${base}/USD`) });
  }
});
