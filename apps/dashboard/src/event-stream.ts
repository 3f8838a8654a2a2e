import type { ServerResponse } from 'node:http';

/** A client that leaves so much unread is dropped; its browser connects again by itself. */
const slowBytes = 1_048_576;

/**
 * Server-sent events to a bounded number of clients
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #limit: number;

  constructor(limit = 32) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#clients.size;
  }

  get full(): boolean {
    return this.#clients.size >= this.#limit;
  }

  /** Takes over the response. The caller checks `full` first. */
  add(response: ServerResponse, headers: Record<string, string>): void {
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
    response.on('error', () => this.#clients.delete(response));
  }

  /** Sends one line of JSON to one client or to all. */
  send(data: string, only?: ServerResponse): void {
    for (const client of only ? [only] : this.#clients) {
      if (client.writableLength > slowBytes) {
        this.#clients.delete(client);
        client.destroy();
        continue;
      }
      client.write(`data: ${data}\n\n`);
    }
  }

  close(): void {
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }
}
