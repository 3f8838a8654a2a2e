/** The `alphapulse` command. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { applyConventions, exitOf } from './conventions.ts';
import { parseCommand } from './parse/parse-command.ts';
import { recordCommand } from './record/record-command.ts';
import { registryCommand } from './registry/registry-command.ts';
import { startCommand } from './start/start-command.ts';
import { topicsCommand } from './topics/topics-command.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('alphapulse')
  .description('Market data from every source that matters, clean, typed and identified, in your own Kafka.')
  .version(version)
  .addCommand(startCommand())
  .addCommand(parseCommand())
  .addCommand(recordCommand())
  .addCommand(topicsCommand())
  .addCommand(registryCommand());
applyConventions(program);

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
  process.exit(process.exitCode ?? 0);
} catch (error) {
  const { code, message } = exitOf(error);
  if (message !== undefined) console.error(message);
  process.exit(code);
}
