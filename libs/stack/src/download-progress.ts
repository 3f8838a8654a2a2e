/** Time between two progress lines. */
const pauseMs = 2_000;

/**
 * Turns Maven's console output into a progress line now and then: what is being downloaded, and how far it is.
 * Maven writes `Downloading from central: https://…/a.jar`, then `Progress (1): 12/109 MB` over and over on one line,
 * then `Downloaded from central: https://…/a.jar (109 MB at 65 MB/s)`.
 */
export class DownloadProgress {
  private readonly report: (line: string) => void;
  private readonly nowMs: () => number;
  private rest = '';
  private current = '';
  private files = 0;
  private bytes = 0;
  private reportedMs: number;

  constructor(report: (line: string) => void, nowMs: () => number = () => performance.now()) {
    this.report = report;
    this.nowMs = nowMs;
    this.reportedMs = nowMs();
  }

  take(text: string): void {
    const lines = (this.rest + text).split(/[\r\n]+/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.takeLine(line.trim());
  }

  /** What has been downloaded in all. */
  summary(): string {
    return this.files === 0
      ? 'all parts were in Maven’s cache'
      : `downloaded ${this.files} files, ${megabytes(this.bytes)}`;
  }

  private takeLine(line: string): void {
    const started = /^(?:\[INFO\] )?Downloading from \S+ \S*\/(\S+)$/.exec(line);
    if (started !== null) this.current = started[1] ?? '';
    const done = /^(?:\[INFO\] )?Downloaded from \S+ \S*\/(\S+) \(([\d.]+) (\w+) at /.exec(line);
    if (done !== null) {
      this.files++;
      this.bytes += Number(done[2]) * (unitBytes[done[3] ?? ''] ?? 0);
    }
    const progress = /^Progress \(\d+\): (.*\S)/.exec(line);
    if (started === null && done === null && progress === null) return;
    if (this.nowMs() - this.reportedMs < pauseMs) return;
    this.reportedMs = this.nowMs();
    const detail = progress === null ? '' : ` ${progress[1]}`;
    this.report(`stack: downloading ${this.current}${detail} (${this.files} files, ${megabytes(this.bytes)} so far)`);
  }
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
