import { topics } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { detectors } from './index.ts';

describe('the list of detectors', () => {
  test('names each by its stage, which reads and writes declared topics', () => {
    const names = new Set(topics.map((topic) => topic.name));
    for (const [name, { stage }] of Object.entries(detectors)) {
      expect(stage.name).toBe(name);
      for (const topic of [...stage.reads, ...stage.writes]) expect(names.has(topic.name)).toBe(true);
    }
  });
});
