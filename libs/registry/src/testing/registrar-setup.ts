import { ManualClock } from '@alphapulse/testkit';
import { allKinds } from '../kinds.ts';
import { Registrar, type RegistrarOptions } from '../registrar.ts';
import { RegistryView } from '../view.ts';
import { MemoryLog, memorySchemas } from './memory-log.ts';
import { QuietLog } from './quiet-log.ts';

export const startUs = 1_700_000_000_000_000;

/** A registrar over a log in memory, and what tests look at it with. */
export function setUpRegistrar(options: RegistrarOptions = {}) {
  const memory = new MemoryLog();
  const clock = new ManualClock(startUs);
  const log = new QuietLog();
  const ports = () => ({ reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log });
  const opened: { close(): Promise<void> }[] = [];
  /** Another registrar of the same log; `onCommit` is awaited before each of its commits. */
  const another = (own: RegistrarOptions = options, onCommit?: () => unknown) => {
    const registrar = new Registrar({ ...ports(), producer: memory.producer(onCommit) }, own);
    opened.push(registrar);
    return registrar;
  };
  /** A view that has read the log to its end. */
  const open = async () => {
    const view = new RegistryView(ports(), { kinds: allKinds });
    opened.push(view);
    await view.start();
    return view;
  };
  const close = async () => {
    await Promise.all(opened.map((each) => each.close()));
  };
  return { memory, clock, log, registrar: another(), another, open, close };
}
