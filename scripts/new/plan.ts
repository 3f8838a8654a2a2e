import type { Change, ReadFile } from './change.ts';
import { planSource } from './plan-source.ts';
import { planStage } from './plan-stage.ts';
import { planTopic } from './plan-topic.ts';
import { ScaffoldError } from './scaffold-error.ts';

const planners: Readonly<Record<string, (name: string, read: ReadFile) => Change[]>> = {
  source: planSource,
  stage: planStage,
  topic: planTopic,
};

/** What a scaffold writes. Pure but for `read`. @throws ScaffoldError in one sentence. */
export function planScaffold(kind: string | undefined, name: string | undefined, read: ReadFile): Change[] {
  const planner = kind !== undefined && Object.hasOwn(planners, kind) ? planners[kind] : undefined;
  if (!planner) throw new ScaffoldError(`Say what to make: source, stage or topic, not "${kind ?? ''}".`);
  if (name === undefined || name === '') throw new ScaffoldError(`Say its name: npm run new-${kind} -- <name>.`);
  return planner(name, read).sort((a, b) => (a.path < b.path ? -1 : 1));
}
