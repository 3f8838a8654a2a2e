import { describe, expect, test } from '@jest/globals';
import { DownloadProgress } from './download-progress.ts';

// Lines as Maven 3.8.7 prints them outside batch mode.
const host = 'Downloading from central: https://repo.example/maven2/org/apache/kafka/kafka-clients/4.3.1';

describe('download progress', () => {
  test('says what is being downloaded and how far it is, not more often than every two seconds', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = new DownloadProgress(
      (line) => lines.push(line),
      () => nowMs,
    );
    progress.take(`[INFO] Building stack-parts 1\n${host}/kafka-clients-4.3.1.jar\nProgress (1): 0.5/11 MB\rProgr`);
    nowMs = 2_500;
    progress.take('ess (1): 4.2/11 MB\rProgress (1): 5/11 MB\r');
    nowMs = 6_000;
    progress.take(
      `Downloaded from central: https://repo.example/maven2/kafka-clients-4.3.1.jar (11 MB at 5.1 MB/s)\n${host}/b.jar\n`,
    );
    expect(lines).toEqual([
      'stack: downloading kafka-clients-4.3.1.jar 4.2/11 MB (0 files, 0 MB so far)',
      'stack: downloading kafka-clients-4.3.1.jar (1 files, 11 MB so far)',
    ]);
    expect(progress.summary()).toBe('downloaded 1 files, 11 MB');
  });

  test('says so when nothing had to be downloaded', () => {
    expect(new DownloadProgress(() => undefined).summary()).toBe('all parts were in Maven’s cache');
  });
});
