import type { HarnessGlobal } from './global-setup.ts';

/** Stops the stack that the setup started. */
export default async function globalTeardown(): Promise<void> {
  await (globalThis as HarnessGlobal).alphapulseTestStack?.stop();
}
