import { connect } from 'node:net';

/** Time given to one health question. */
const questionMs = 2_000;

/** Time between two questions to a part that is coming up. */
const pauseMs = 50;

/** Sends bytes to a TCP address and resolves with the first bytes of the answer, or undefined when there is none. */
function ask(host: string, port: number, question: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer: Buffer | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(questionMs, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('connect', () => socket.write(question));
    socket.on('data', (data) => finish(data));
  });
}

/** Splits `host:port`, `[v6]:port` or `scheme://host:port/…`. */
export function hostAndPort(address: string, defaultPort: number): { host: string; port: number } {
  const url = new URL(address.includes('://') ? address : `tcp://${address}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) };
}

/**
 * Tells whether a Kafka broker answers and lists a broker that takes clients.
 * Asks Metadata version 1 for no topics, the smallest question that a broker answers only once it is registered:
 * `size int32, apiKey int16, apiVersion int16, correlationId int32, clientId string, topics array`.
 */
export async function kafkaAnswers(address: string): Promise<boolean> {
  const question = Buffer.alloc(18);
  question.writeInt32BE(14, 0);
  question.writeInt16BE(3, 4);
  question.writeInt16BE(1, 6);
  question.writeInt32BE(1, 8);
  question.writeInt16BE(-1, 12);
  question.writeInt32BE(0, 14);
  const { host, port } = hostAndPort(address, 9092);
  const answer = await ask(host, port, question);
  // size int32, correlationId int32, then the number of brokers.
  return answer !== undefined && answer.length >= 12 && answer.readInt32BE(8) > 0;
}

/** Tells whether Redis answers; one that wants a password counts as answering. */
export async function redisAnswers(url: string): Promise<boolean> {
  const { host, port } = hostAndPort(url, 6379);
  const answer = await ask(host, port, Buffer.from('PING\r\n'));
  return answer !== undefined && /^(\+PONG|-NOAUTH)/.test(answer.toString('latin1'));
}

/** Tells whether a Confluent-compatible schema registry answers; one that wants a login counts as answering. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url.replace(/\/$/, '')}/subjects`, { signal: AbortSignal.timeout(questionMs) });
    await response.arrayBuffer();
    return response.ok || response.status === 401 || response.status === 403;
  } catch {
    return false;
  }
}

/** Asks until the answer is yes, the time is over (false), or the signal aborts (throws its reason). */
export async function waitUntil(
  question: () => Promise<boolean>,
  limitMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await question()) return true;
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
