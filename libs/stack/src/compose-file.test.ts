import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { brokerProperties, sharedSettings } from './broker-settings.ts';
import { composeFile, pomFile } from './paths.ts';
import { runCommand } from './run-command.ts';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: unknown;
}

const { services } = parse(readFileSync(composeFile, 'utf8')) as { services: Record<string, Service> };
const composeCommand = (await runCommand('docker-compose', ['version'])).code === 0;

describe('docker-compose.kafka.yml', () => {
  if (composeCommand) {
    test('is valid for docker-compose', async () => {
      const { code, output } = await runCommand('docker-compose', ['-f', composeFile, 'config']);
      expect(output).toContain('apache/kafka:4.3.1');
      expect(code).toBe(0);
    });
  } else {
    test('skipped: docker-compose is not installed, so its own check of the file did not run', () => {
      console.warn(
        'docker-compose is not installed: the check of docker-compose.kafka.yml by docker-compose is skipped.',
      );
    });
  }

  test('publishes every port on loopback only and checks the health of every service', () => {
    for (const service of Object.values(services)) {
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      expect(service.healthcheck).toBeDefined();
    }
  });

  test('gives the broker the settings of the local one', () => {
    const environment = services.kafka?.environment ?? {};
    const wanted = Object.entries(sharedSettings).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]);
    expect(environment).toMatchObject(Object.fromEntries(wanted));
  });

  test('runs the versions that Maven fetches', () => {
    const pom = readFileSync(pomFile, 'utf8');
    const version = (name: string) => new RegExp(`<${name}.version>(.*?)<`).exec(pom)?.[1];
    expect(services.kafka?.image).toBe(`apache/kafka:${version('kafka')}`);
    expect(services.registry?.image).toBe(`apicurio/apicurio-registry:${version('apicurio')}`);
    expect(pom).not.toContain('<repositor');
  });
});

describe('the local broker', () => {
  test('listens on loopback only', () => {
    const text = brokerProperties({ port: 1, controllerPort: 2, dataDirectory: '/data' });
    expect(text).toContain('listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n');
    expect(text).toContain('log.retention.bytes=536870912\n');
    expect(text).not.toContain('0.0.0.0');
  });
});
