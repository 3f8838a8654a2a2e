/**
 * The recording format: one JSON object a line, optionally gzipped (`.jsonl`, `.jsonl.gz`).
 * First a header `{"recording":1,"source":"kraken","transport":"websocket","endpoint":"wss://…","note"?}`, then lines in
 * receive order:
 * `{"t":1723161253937085,"dir":"in","text":"…"}` a received frame (`"bin"` with base64 when it is not text),
 * `{"t":…,"dir":"out","text":"…"}` a frame sent, `{"t":…,"dir":"connect","endpoint":"wss://…"}`,
 * `{"t":…,"dir":"http","request":{"method","url"},"response":{"status","text"}}`.
 */
export interface RecordingHeader {
  readonly recording: 1;
  readonly source: string;
  readonly transport: 'websocket' | 'http' | 'tcp';
  readonly endpoint: string;
  readonly note?: string;
}

export interface RecordedFrame {
  readonly dir: 'in' | 'out';
  /** Microseconds; null where not recorded; may count from an arbitrary start. */
  readonly t: number | null;
  /** Exact bytes of the frame. */
  readonly payload: Buffer;
  readonly binary: boolean;
}

export interface RecordedConnect {
  readonly dir: 'connect';
  readonly t: number | null;
  readonly endpoint: string;
}

export interface RecordedHttp {
  readonly dir: 'http';
  readonly t: number | null;
  readonly request: { readonly method: string; readonly url: string };
  readonly response: { readonly status: number; readonly text: string };
}

export type RecordingLine = RecordedFrame | RecordedConnect | RecordedHttp;
