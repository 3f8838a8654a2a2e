export { type FoundRecordings, findRecordings } from './find-recordings.ts';
export { openRecording, type Recording } from './read-recording.ts';
export type * from './recording.ts';
export { createRecording, type RecordingWriter } from './write-recording.ts';
