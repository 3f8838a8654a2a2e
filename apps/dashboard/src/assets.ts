import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the page's files from memory, read once: a route for each, so that no request names a path.
 * (@fastify/static needs an ESM-only package by `require`, which Jest cannot load on Node 20.)
 */
export function serveAssets(server: FastifyInstance): void {
  const publicFolder = fileURLToPath(new URL('../public', import.meta.url));
  const uplotFolder = path.dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.esm.js'));
  const files: [url: string, file: string][] = [
    ...readdirSync(publicFolder).map((name): [string, string] => [`/${name}`, path.join(publicFolder, name)]),
    ...['uPlot.esm.js', 'uPlot.min.css'].map((name): [string, string] => [
      `/uplot/${name}`,
      path.join(uplotFolder, name),
    ]),
  ];
  for (const [url, file] of files) {
    const type = types[path.extname(file)];
    if (type === undefined) continue;
    const body = readFileSync(file);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    for (const route of url === '/index.html' ? ['/', url] : [url]) {
      server.get(route, async (request, reply) => {
        reply.headers({ etag, 'cache-control': 'no-cache' });
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type(type).send(body);
      });
    }
  }
}
