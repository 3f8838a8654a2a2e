/** Runs a local stack in the directory of the first argument until it is killed; for the test of crashed starters. */
import { startStack } from '@alphapulse/stack';

const [directory = ''] = process.argv.slice(2);
await startStack({ directory, providers: ['local'], ports: { kafka: 0, registry: 0, redis: 0 } });
console.log('holding the stack');
setInterval(() => process.stdout.write(''), 60_000);
