/** A set of local venue servers, as an operator and the collectors see it. */
export interface Simulation {
  readonly mode: 'simulated' | 'recorded';
  /** What to show wherever its data is shown, for example `simulated market, seed 1`. */
  readonly label: string;
  readonly endpoints: readonly LocalEndpoint[];
  readonly tasks: readonly SimulationTask[];
  /** Files that are not played, with the reason. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  status(): SimulationStatus;
  stop(): Promise<void>;
}

export interface LocalEndpoint {
  readonly venue: string;
  /** `simulated` or `recorded`, so that no list of endpoints looks like one of real venues. */
  readonly label: Simulation['mode'];
  readonly wsUrl: string;
  readonly httpUrl: string;
  /** The recording behind it. */
  readonly file?: string;
}

/** A collection task to write to `collection.tasks`; `config` is what the source's `configure` takes. */
export interface SimulationTask {
  readonly id: string;
  readonly source: string;
  readonly simulated: true;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface SimulationStatus {
  /** Frames sent since the start. */
  readonly frames: number;
  /** True when there is nothing more to send; a simulated market never is. */
  readonly done: boolean;
  /** Mode-specific facts: counters per venue, or progress per file. */
  readonly details: Readonly<Record<string, unknown>>;
}
