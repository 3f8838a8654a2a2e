import { type Clock, codeOf, FatalError } from '@alphapulse/core';
import { startPlayback } from '@alphapulse/testkit';
import type { SimulateOptions } from './options.ts';
import type { Simulation } from './simulation.ts';

/** Plays the recordings of a directory. @throws FatalError `recording_invalid` when there is none to play. */
export async function startRecordedMarket(path: string, options: SimulateOptions, clock: Clock): Promise<Simulation> {
  const playback = await startPlayback({ path, clock, speed: options.speed, port: options.playbackPort });
  if (playback.files.length === 0) {
    await playback.close();
    const reasons = playback.skipped.map(({ file, reason }) => `${file} (${reason})`).join('; ');
    throw new FatalError('recording_invalid', `${path}: no recording to play. ${reasons || 'There is no file.'}`, {
      details: { file: path },
    });
  }
  return {
    mode: 'recorded',
    label: `recordings played from ${path}`,
    endpoints: playback.files.map(({ recordedSource, wsEndpoint, restEndpoint, file }) => ({
      venue: recordedSource,
      label: 'recorded',
      wsUrl: wsEndpoint,
      httpUrl: restEndpoint,
      file,
    })),
    tasks: playback.tasks.map((task) => ({ ...task, simulated: true })),
    skipped: playback.skipped,
    status: () => ({
      frames: playback.progress.reduce((sum, { sent }) => sum + sent, 0),
      done: playback.done,
      details: {
        progress: playback.progress,
        failures: playback.failures.map((error) => ({ code: codeOf(error), message: (error as Error).message })),
      },
    }),
    stop: () => playback.close(),
  };
}
