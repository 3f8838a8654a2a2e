import { createServer as createHttpServer, Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { hostAndPort, kafkaAnswers, redisAnswers, registryAnswers, waitUntil } from './health.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if (server instanceof HttpServer) server.closeAllConnections();
  }
});

/** Listens on loopback and answers every connection's first bytes. */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function answering(bytes: Buffer | string): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(bytes));
  });
}

function metadata(brokers: number): Buffer {
  const answer = Buffer.alloc(16);
  answer.writeInt32BE(12, 0);
  answer.writeInt32BE(1, 4);
  answer.writeInt32BE(brokers, 8);
  return answer;
}

describe('health questions', () => {
  test('a broker answers once it lists a broker', async () => {
    expect(await kafkaAnswers(`127.0.0.1:${await listen(answering(metadata(1)))}`)).toBe(true);
    expect(await kafkaAnswers(`127.0.0.1:${await listen(answering(metadata(0)))}`)).toBe(false);
    expect(await kafkaAnswers(`127.0.0.1:${await listen(answering('HTTP'))}`)).toBe(false);
  });

  test('Redis answers with or without a password', async () => {
    expect(await redisAnswers(`redis://127.0.0.1:${await listen(answering('+PONG\r\n'))}`)).toBe(true);
    expect(await redisAnswers(`redis://127.0.0.1:${await listen(answering('-NOAUTH\r\n'))}`)).toBe(true);
    expect(await redisAnswers(`redis://127.0.0.1:${await listen(answering('HTTP/1.1 400'))}`)).toBe(false);
  });

  test('a registry answers with its subjects, not with an error page', async () => {
    const serve = (status: number) =>
      createHttpServer((request, response) => {
        response.statusCode = request.url === '/api/subjects' ? status : 404;
        response.end('[]');
      });
    expect(await registryAnswers(`http://127.0.0.1:${await listen(serve(200))}/api/`)).toBe(true);
    expect(await registryAnswers(`http://127.0.0.1:${await listen(serve(401))}/api`)).toBe(true);
    expect(await registryAnswers(`http://127.0.0.1:${await listen(serve(500))}/api`)).toBe(false);
  });

  test('nothing answers where nobody listens', async () => {
    const server = answering('');
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await kafkaAnswers(`127.0.0.1:${port}`)).toBe(false);
    expect(await redisAnswers(`redis://127.0.0.1:${port}`)).toBe(false);
    expect(await registryAnswers(`http://127.0.0.1:${port}`)).toBe(false);
  });

  test('addresses may have a scheme, a path, a v6 host and no port', () => {
    expect(hostAndPort('broker:19092', 9092)).toEqual({ host: 'broker', port: 19092 });
    expect(hostAndPort('[::1]:1', 9092)).toEqual({ host: '::1', port: 1 });
    expect(hostAndPort('redis://user:secret@cache/0', 6379)).toEqual({ host: 'cache', port: 6379 });
  });

  test('waiting ends with yes, with time, or with the abort', async () => {
    let asked = 0;
    expect(await waitUntil(async () => ++asked === 3, 10_000)).toBe(true);
    expect(asked).toBe(3);
    expect(await waitUntil(async () => false, 0)).toBe(false);
    await expect(waitUntil(async () => false, 10_000, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
