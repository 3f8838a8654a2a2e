import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { unreadableVersions } from '@alphapulse/app-cli/topics/compatibility.ts';
import { type AnyTopic, systemClock } from '@alphapulse/core';
import { registeredVersions, SchemaIds } from '@alphapulse/kafka';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import { type AvroRecord, avroCodec } from '@alphapulse/schemas';
import { repositoryRoot } from '@alphapulse/stack';
import { processedTrades, topics } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';

const run = promisify(execFile);

async function alphapulse(...args: string[]): Promise<string> {
  const { NODE_OPTIONS, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'apps/cli/src/main.ts', ...args], {
    cwd: repositoryRoot,
    env,
  });
  return stdout;
}

describe('topics are as declared', () => {
  let kafka: Kafka;

  beforeAll(async () => {
    kafka = await Kafka.connect();
  }, 60_000);

  afterAll(async () => {
    await kafka.close();
  });

  test('applying again changes nothing, and lint finds every schema able to read all that is registered', async () => {
    expect(await kafka.admin.apply(topics, { allowDestructive: false })).toEqual([]);
    expect(await alphapulse('topics', 'plan')).toContain(`all ${topics.length} topics are as declared`);
    expect(await alphapulse('topics', 'apply')).toContain('(0 changes)');
    expect(await alphapulse('topics', 'lint')).toContain(`${topics.length} topics, 0 problems`);
  }, 120_000);

  test('a change that loses records is refused, and nothing is changed', async () => {
    const shorter: AnyTopic = { ...processedTrades, retentionMs: 60_000 };
    const more: AnyTopic = { ...processedTrades, partitions: 8 };
    for (const topic of [shorter, more]) {
      const plan = await kafka.admin.plan([topic]);
      expect(plan.map(({ destructive }) => destructive)).toEqual([true]);
      await expect(kafka.admin.apply([topic], { allowDestructive: false })).rejects.toMatchObject({
        code: 'topic_change_destructive',
      });
    }
    expect(await kafka.admin.plan(topics)).toEqual([]);
  }, 60_000);

  test('a schema that cannot read what is there is refused, by the registry and by avsc’s own resolver', async () => {
    const schema = processedTrades.value.schema as AvroRecord;
    const changed = (fields: AvroRecord['fields'], name: string): AnyTopic => ({
      ...processedTrades,
      name,
      value: avroCodec({ ...schema, fields }),
    });
    const name = `compatibility.${systemClock.nowMs()}`;
    const register = (topic: AnyTopic) =>
      new SchemaIds({ url: schemaRegistryUrl(), clock: systemClock }).register([topic]);
    await register(changed(schema.fields, name));

    const withoutDefault = changed([...schema.fields, { name: 'fee', type: 'double', doc: 'Fee.' }], name);
    await expect(register(withoutDefault)).rejects.toMatchObject({ code: 'schema_incompatible' });
    const versions = await registeredVersions(schemaRegistryUrl(), `${name}-value`);
    expect(versions).toHaveLength(1);
    expect(unreadableVersions(withoutDefault, versions)).toHaveLength(1);

    const withDefault = changed(
      [...schema.fields, { name: 'fee', type: ['null', 'double'], doc: 'Fee.', default: null }],
      name,
    );
    await register(withDefault);
    expect(unreadableVersions(withDefault, await registeredVersions(schemaRegistryUrl(), `${name}-value`))).toEqual([]);
  }, 60_000);
});
