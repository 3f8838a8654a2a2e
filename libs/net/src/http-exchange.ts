import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Sockets at once to one host; more requests wait their turn. */
const maxSockets = 8;

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly maxBytes: number;
  /** Ends the exchange: the time is up, or nobody wants it any more. */
  readonly signal: AbortSignal;
}

/** The answer is larger than allowed; asking again would bring the same. */
export class AnswerTooLargeError extends Error {}

/** Makes single exchanges over kept-alive sockets. Redirects are not followed. */
export class HttpClient {
  readonly #plain = new HttpAgent({ keepAlive: true, maxSockets });
  readonly #secure: HttpsAgent;

  constructor(ca?: string | Buffer) {
    this.#secure = new HttpsAgent({ keepAlive: true, maxSockets, rejectUnauthorized: true, ...(ca ? { ca } : {}) });
  }

  /** @throws AnswerTooLargeError, or the network's error. */
  exchange({ method, url, headers, body, maxBytes, signal }: ExchangeRequest): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method,
        agent: secure ? this.#secure : this.#plain,
        headers: {
          'accept-encoding': 'gzip, deflate, br',
          'user-agent': 'alphapulse',
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
        signal,
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const stream: Readable = decoded(response, response.headers['content-encoding'], reject);
        const fail = (error: Error) => {
          reject(error);
          request.destroy();
          stream.destroy();
        };
        stream.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxBytes) fail(new AnswerTooLargeError(`the answer is larger than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        response.on('aborted', () => fail(new Error('the connection ended in the middle of the answer')));
        response.on('error', fail);
        stream.on('error', fail);
        stream.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks, bytes) }),
        );
      });
      request.end(body);
    });
  }
}

/** The limit counts decompressed bytes, so a small bomb stays small. */
function decoded(response: Readable, encoding: string | undefined, onError: (error: Error) => void): Readable {
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : undefined;
  if (!decoder) return response;
  response.on('error', onError);
  return response.pipe(decoder);
}
