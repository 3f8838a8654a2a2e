import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

/** Default directory of the stack's data, logs and parts. */
export const defaultDirectory = join(repositoryRoot, '.alphapulse');

/** Declares what Maven fetches for the local stack. */
export const pomFile = join(repositoryRoot, 'libs', 'stack', 'pom.xml');

/** The stack for container engines. */
export const composeFile = join(repositoryRoot, 'docker-compose.kafka.yml');
