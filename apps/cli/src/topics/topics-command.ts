import { systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv, registeredVersions, SchemaIds, TopicAdmin } from '@alphapulse/kafka';
import { createLogger, schemaRegistryUrl } from '@alphapulse/runtime';
import { topics } from '@alphapulse/topics';
import { Command } from 'commander';
import { unreadableVersions } from './compatibility.ts';
import { lintTopic } from './lint.ts';

export function topicsCommand(): Command {
  const command = new Command('topics').description(
    'Create and check topics and their schemas (KAFKA_BROKERS, SCHEMA_REGISTRY_URL).',
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
        await new SchemaIds({ url: schemaRegistryUrl(), clock: systemClock }).register(topics);
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
        for (const topic of topics) {
          if (topic.value.schema !== null)
            problems.push(
              ...unreadableVersions(topic, await registeredVersions(schemaRegistryUrl(), `${topic.name}-value`)),
            );
        }
      }
      for (const problem of problems) console.log(problem);
      console.log(`${topics.length} topics, ${problems.length} problems`);
      if (problems.length > 0) process.exitCode = 1;
    });
  return command;
}

async function withAdmin(use: (admin: TopicAdmin) => Promise<void>): Promise<void> {
  const admin = new TopicAdmin(kafkaConfigFromEnv('alphapulse-cli', createLogger('topics')));
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}
