/** The `alphapulse` command. */
import { readFileSync } from 'node:fs';
import { AlphaPulseError } from '@alphapulse/core';
import { Command, CommanderError } from 'commander';
import { parseCommand } from './parse/parse-command.ts';
import { recordCommand } from './record/record-command.ts';
import { startCommand } from './start/start-command.ts';
import { topicsCommand } from './topics/topics-command.ts';
import { UsageError } from './usage-error.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('alphapulse')
  .description('Market data from every source that matters, clean, typed and identified, in your own Kafka.')
  .version(version)
  .showHelpAfterError('(see --help)')
  .addCommand(startCommand())
  .addCommand(parseCommand())
  .addCommand(recordCommand())
  .addCommand(topicsCommand());
for (const command of program.commands) command.exitOverride();
program.exitOverride();

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
  process.exit(process.exitCode ?? 0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  if (error instanceof UsageError) {
    console.error(error.message);
    process.exit(2);
  }
  if (error instanceof AlphaPulseError) console.error(`${error.message} (${error.code})`);
  else console.error(error);
  process.exit(1);
}
