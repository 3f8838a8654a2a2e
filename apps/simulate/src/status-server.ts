import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `GET /status` on loopback. */
export async function startStatusServer(port: number, status: () => object): Promise<StatusServer> {
  const server = createServer((request, response) => {
    request.resume();
    const known = request.url === '/status' && request.method === 'GET';
    response
      .writeHead(known ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(known ? status() : { error: 'there is only GET /status' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/status`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
