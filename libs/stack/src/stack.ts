/** Where the three parts answer. */
export interface StackAddresses {
  /** Kafka bootstrap servers, `host:port`. */
  readonly brokers: readonly string[];
  /** Base URL of the Confluent-compatible schema registry API. */
  readonly schemaRegistryUrl: string;
  /** `redis://host:port`. */
  readonly redisUrl: string;
}

/** Who runs the parts: somebody else, a container engine, or processes of ours. */
export type StackKind = 'given' | 'containers' | 'local';

/** A running Kafka, schema registry and Redis. */
export interface Stack extends StackAddresses {
  readonly kind: StackKind;
  /** Stops what `startStack` started (nothing for given addresses). Safe to call twice; data stays. */
  stop(): Promise<void>;
  /** Stops the broker cleanly (when it runs) and starts it again on the same port and data; local kind only. */
  restartBroker(): Promise<void>;
  /** Ends the broker with SIGKILL, as a crash would; `restartBroker` brings it back; local kind only. */
  killBroker(): Promise<void>;
}

/** The ports of a stack on the loopback interface; 0 means any free one. */
export interface StackPorts {
  readonly kafka: number;
  readonly registry: number;
  readonly redis: number;
}

export interface StackOptions {
  /** Data, logs, ports and downloaded parts live here; default `.alphapulse` in the repository root. */
  readonly directory?: string;
  /** Where the downloaded parts are; default `parts` in the default directory, shared by all stacks. */
  readonly partsDirectory?: string;
  /** Wanted ports; a taken one is replaced by a free one. Remembered in the directory for the next start. */
  readonly ports?: Partial<StackPorts>;
  /** Which providers may be used, in this order; default all three. */
  readonly providers?: readonly StackKind[];
  /** Project name for the container engine; default `alphapulse`. */
  readonly project?: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Takes progress lines; default standard error. */
  readonly report?: (line: string) => void;
  /** Called when a local part ends without being asked to. */
  readonly onPartLost?: (part: string, description: string) => void;
  /** Aborting gives up a start in progress and stops what it had started. */
  readonly signal?: AbortSignal;
}
