import type { Stack } from '@alphapulse/stack';
import { stackEnvironment, startTestStack } from './stack.ts';

/** Setup and teardown are loaded apart and share nothing but the global object. */
export interface HarnessGlobal {
  alphapulseTestStack?: Stack;
}

/** Starts the stack that all scenarios share and tells them where it is, through the environment. */
export default async function globalSetup(): Promise<void> {
  const stack = await startTestStack();
  (globalThis as HarnessGlobal).alphapulseTestStack = stack;
  Object.assign(process.env, stackEnvironment(stack));
  // Jest skips the teardown when it is told to end.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      stack.stop().finally(() => process.exit(code));
    });
  }
}
