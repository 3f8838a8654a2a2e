import { systemClock } from '@alphapulse/core';
import { registeredVersions, SchemaIds, TopicAdmin } from '@alphapulse/kafka';
import { createLogger } from '@alphapulse/runtime';
import { topics } from '@alphapulse/topics';
import { Command } from 'commander';
import { connection } from '../connection.ts';
import { unreadableVersions } from './compatibility.ts';
import { lintTopic } from './lint.ts';

export function topicsCommand(): Command {
  const command = new Command('topics').description(
    'Create and check topics and their schemas (KAFKA_BROKERS, SCHEMA_REGISTRY_URL; else the local stack that runs).',
  );
  command
    .command('plan')
    .description('Say what would change for the cluster to match the declarations.')
    .action(async () => {
      await withAdmin(async (admin) => {
        const changes = await admin.plan(topics);
        for (const { topic, what, destructive } of changes) console.log(`${destructive ? '!' : '+'} ${topic}: ${what}`);
        console.log(
          changes.length === 0
            ? `all ${topics.length} topics are as declared`
            : `${changes.length} changes${changes.some(({ destructive }) => destructive) ? '; those marked ! need --allow-destructive' : ''}`,
        );
      });
    });
  command
    .command('apply')
    .description('Create and alter topics, and register their schemas. Running it again changes nothing.')
    .option('--allow-destructive', 'also make changes that lose records or move keys', false)
    .action(async (options: { allowDestructive: boolean }) => {
      await withAdmin(async (admin) => {
        const changes = await admin.apply(topics, options);
        for (const { topic, what } of changes) console.log(`${topic}: ${what}`);
        await new SchemaIds({ url: connect().schemaRegistryUrl, clock: systemClock }).register(topics);
        console.log(`${topics.length} topics and their schemas are as declared (${changes.length} changes)`);
      });
    });
  command
    .command('lint')
    .description('Check declarations, and that the schemas read everything registered before.')
    .option('--offline', 'only the declarations', false)
    .action(async (options: { offline: boolean }) => {
      const problems = topics.flatMap(lintTopic);
      if (!options.offline) {
        const url = connect().schemaRegistryUrl;
        for (const topic of topics) {
          if (topic.value.schema !== null)
            problems.push(...unreadableVersions(topic, await registeredVersions(url, `${topic.name}-value`)));
        }
      }
      for (const problem of problems) console.log(problem);
      console.log(`${topics.length} topics, ${problems.length} problems`);
      if (problems.length > 0) process.exitCode = 1;
    });
  return command;
}

function connect() {
  return connection(createLogger('topics'));
}

async function withAdmin(use: (admin: TopicAdmin) => Promise<void>): Promise<void> {
  const admin = new TopicAdmin(connect().kafka);
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}
