/** A request for a scaffold that cannot be met; the message is one sentence for people. */
export class ScaffoldError extends Error {}
