/** The user asked for something that cannot be: one sentence, exit code 2. */
export class UsageError extends Error {}
