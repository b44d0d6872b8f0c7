// The compose file: by the Compose Specification's own schema, by what Phoenix makes of its variables, and by a Redis that is
// started with its very words.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { LineCounter, parseDocument } from 'yaml';
import { againstSpecification } from '../../src/config/compose/specification.ts';
import { readSettings } from '../../src/settings.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const text = readFileSync(join(DEPLOY, 'compose.yml'), 'utf8');
const lines = new LineCounter();
const document = parseDocument(text, { lineCounter: lines });
const compose = document.toJS();
const { phoenix, redis } = compose.services;
const example = parseEnv(readFileSync(join(DEPLOY, '.env.example'), 'utf8'));

/** As compose fills in `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function filled(value: string, given: Readonly<Record<string, string | undefined>>): string {
  return value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name: string, kind?: string, other = '') => {
    if (given[name]) return given[name];
    if (kind === '?') throw new Error(`${name}: ${other}`);
    return kind === '-' ? other : '';
  });
}

function environment(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(phoenix.environment).map(([name, value]) => [name, filled(String(value), given)]),
  );
}

test('keeps to the Compose Specification', () => {
  expect(document.errors).toEqual([]);
  expect(againstSpecification('compose.yml', compose, document, lines)).toEqual([]);
});

describe('what Phoenix is told', () => {
  const read = (given: Readonly<Record<string, string | undefined>>) =>
    readSettings(environment(given), (path) => `what ${path} holds`, { receiving: true });

  test('by the example is understood whole, and every variable is known', () => {
    const { settings, problems } = read(example);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      branch: 'main',
      forge: { kind: 'github' },
      host: { kind: 'ssh', destination: 'ssh://root@pve.example.internal' },
      publicUrl: 'https://phoenix.example.internal',
      strictSecrets: true,
    });
  });

  test('each secret is a file that compose brings', () => {
    const files = Object.entries(environment(example)).filter(([name]) => name.endsWith('_FILE'));
    const brought = phoenix.secrets.map((name: string) => `/run/secrets/${name}`);
    expect(files.map(([, path]) => path).filter((path) => !brought.includes(path))).toEqual([]);
    expect(files.map(([name]) => name)).toEqual([
      'PHOENIX_FORGE_TOKEN_FILE',
      'PHOENIX_WEBHOOK_SECRET_FILE',
      'PHOENIX_ADMIN_TOKEN_FILE',
    ]);
    expect(Object.keys(compose.secrets)).toEqual(phoenix.secrets);
    expect(Object.keys(environment(example)).filter((name) => /(TOKEN|SECRET|KEY)$/.test(name))).toEqual([]);
  });

  test('what is missing is named, and the rest has a default', () => {
    expect(() => read({})).toThrow('PHOENIX_REPO_URL: set it in .env');
    expect(() => read({ PHOENIX_REPO_URL: 'https://github.com/you/e.git' })).toThrow('PHOENIX_HOST: set it in .env');
    const least = { PHOENIX_REPO_URL: 'https://github.com/you/e.git', PHOENIX_HOST: 'ssh://root@pve' };
    expect(read(least).problems).toEqual([]);
  });
});

test('as a GitHub App it is told of no token', () => {
  const app = parseDocument(readFileSync(join(DEPLOY, 'compose.app.yml'), 'utf8')).toJS();
  const more = Object.entries(app.services.phoenix.environment).map(([name, value]) => [
    name,
    filled(String(value), { PHOENIX_APP_ID: '4242' }),
  ]);
  const all = { ...environment(example), ...Object.fromEntries(more) };
  const { settings, problems } = readSettings(all, (path) => `what ${path} holds`, { receiving: true });
  expect(problems).toEqual([]);
  expect(settings?.forge).toMatchObject({ kind: 'github', token: null, app: { id: '4242' } });
  expect(Object.keys(app.secrets)).toEqual(app.services.phoenix.secrets);
});

test('nothing of the agent can be written but its data, and it gives up every right', () => {
  for (const service of [phoenix, redis]) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.privileged).toBeUndefined();
  }
  expect(phoenix.stop_grace_period).toBe('40s');
  expect(phoenix.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  expect(phoenix.ports.map((port: string) => port.startsWith('127.0.0.1:'))).toEqual([true]);
});

test('Redis is seen by Phoenix alone', () => {
  expect(redis.ports).toBeUndefined();
  expect(redis.networks).toEqual(['ledger']);
  expect(compose.networks.ledger).toEqual({ internal: true });
  expect(redis.image).toMatch(/^redis:\d+\.\d+\.\d+/);
  expect(redis.volumes).toEqual(['redis:/data']);
});

test('Redis started with its words writes everything down at once and drops nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-compose-'));
  const socket = join(folder, 'redis.sock');
  const [program, ...words]: string[] = redis.command;
  expect(words).toContain('/data');
  const args = [...words.map((word) => (word === '/data' ? folder : word)), '--port', '0', '--unixsocket', socket];
  const server = spawn(program ?? '', args, { stdio: 'ignore' });
  const client = new Redis({ path: socket, maxRetriesPerRequest: null, retryStrategy: () => 10 });
  client.on('error', () => {});
  try {
    const read = async (name: string) => (await client.config('GET', name))[1];
    expect(await Promise.all(['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'dir'].map(read))).toEqual([
      'yes',
      'always',
      'noeviction',
      '',
      folder,
    ]);
  } finally {
    client.disconnect();
    const ended = once(server, 'exit');
    server.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
});
