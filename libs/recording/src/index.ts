export { findRecordings } from '../../testkit/src/recording/find-recordings.ts';
export { openRecording } from '../../testkit/src/recording/read-recording.ts';
export { createRecording, type RecordingWriter } from '../../testkit/src/recording/write-recording.ts';
