/** Where one local broker listens and keeps its data. */
export interface BrokerPlace {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataDirectory: string;
}

const mebibyte = 1024 * 1024;

/**
 * The `server.properties` of the local broker: one KRaft process that is broker and controller, on loopback only.
 * Sized for a laptop: few internal partitions, and 512 MiB a partition at most unless a topic says otherwise.
 */
export function brokerProperties({ port, controllerPort, dataDirectory }: BrokerPlace): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDirectory.replaceAll('\\', '/'),
    ...sharedSettings,
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}

/** Settings that the local broker and docker-compose.kafka.yml have in common; a test compares the two. */
export const sharedSettings: Readonly<Record<string, string | number | boolean>> = {
  // Topics are declared; a typing mistake must not create one.
  'auto.create.topics.enable': false,
  'default.replication.factor': 1,
  'min.insync.replicas': 1,
  'offsets.topic.replication.factor': 1,
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'transaction.state.log.num.partitions': 8,
  // A transaction that begins while the markers of the one before are being written waits so long, not the default 20 ms.
  'add.partitions.to.txn.retry.backoff.ms': 2,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  // After a crash the controller waits this long before it lets the same broker register again.
  'broker.session.timeout.ms': 4_000,
  'broker.heartbeat.interval.ms': 1_000,
  // Nobody else is going to join the group in the first seconds.
  'group.initial.rebalance.delay.ms': 0,
  // Lets a group be told to notice a dead member sooner than the default of 6 s.
  'group.min.session.timeout.ms': 1_000,
  'log.retention.hours': 168,
  'log.retention.bytes': 512 * mebibyte,
  'log.segment.bytes': 64 * mebibyte,
  // raw.* keeps whatever a venue sends, also frames of many megabytes.
  'message.max.bytes': 32 * mebibyte,
  // The default of 128 MiB would take a quarter of the heap.
  'log.cleaner.dedupe.buffer.size': 16 * mebibyte,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'num.recovery.threads.per.data.dir': 2,
};
