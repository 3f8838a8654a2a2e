import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { Progress, progressText } from './progress.ts';

function terminal(interactive: boolean) {
  const written: string[] = [];
  const port = {
    ...{ out: async () => undefined, width: undefined, interactive },
    err: (text: string) => void written.push(text),
  };
  return { written, port };
}

describe('progress', () => {
  test.each([
    [12_000, 48_000, 4_000, '12,000 of 48,000 lines (25 %), 3,000/s, 12 s left'],
    [1, 1_000, 1_000, '1 of 1,000 lines (0 %), 1/s, 16 min 39 s left'],
    [0, 10, 0, '0 of 10 lines (0 %), 0/s'],
    [0, 0, 0, '0 of 0 lines (100 %), 0/s'],
  ])('%d of %d after %d ms', (done, total, elapsedMs, text) => {
    expect(progressText(done, total, 'lines', elapsedMs)).toBe(text);
  });

  test('is drawn over on a terminal, and taken away for other lines', async () => {
    const clock = new ManualClock();
    const { written, port } = terminal(true);
    const progress = new Progress(100, 'lines', { clock, terminal: port });
    progress.update(10);
    expect(written).toEqual([]);
    await clock.advance(1_000);
    progress.update(50);
    progress.clear();
    progress.clear();
    expect(written).toEqual([
      `\r\x1b[2K${'█'.repeat(12)}${'░'.repeat(12)} 50 of 100 lines (50 %), 50/s, 1 s left`,
      '\r\x1b[2K',
    ]);
  });

  test('is a plain line now and then elsewhere', async () => {
    const clock = new ManualClock();
    const { written, port } = terminal(false);
    const progress = new Progress(100, 'lines', { clock, terminal: port });
    for (let done = 1; done <= 10; done++) {
      await clock.advance(1_000);
      progress.update(done);
    }
    progress.clear();
    expect(written).toEqual([
      '5 of 100 lines (5 %), 1/s, 1 min 35 s left\n',
      '10 of 100 lines (10 %), 1/s, 1 min 30 s left\n',
    ]);
  });
});
