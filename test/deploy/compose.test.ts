// The compose file: validated by the Compose Specification's own schema, its variables read by Phoenix, and its Redis started with its exact command.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { LineCounter, parseDocument } from 'yaml';
import { againstSpecification } from '../../src/compose/specification.ts';
import { VARIABLES } from '../../src/settings/variables.ts';
import { readSettings } from '../../src/settings.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const text = readFileSync(join(DEPLOY, 'compose.yml'), 'utf8');
const lines = new LineCounter();
const document = parseDocument(text, { lineCounter: lines });
const compose = document.toJS();
const { phoenix, redis } = compose.services;
const example = parseEnv(readFileSync(join(DEPLOY, '.env.example'), 'utf8'));
const agentExample = parseEnv(readFileSync(join(DEPLOY, '.env.agent.example'), 'utf8'));

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

function contentOf(path: string): string {
  return path.endsWith('redis_url') ? 'redis://:secret@redis:6379' : `what ${path} holds`;
}

test('keeps to the Compose Specification', () => {
  expect(document.errors).toEqual([]);
  expect(againstSpecification('compose.yml', compose, document, lines)).toEqual([]);
});

describe('the settings of Phoenix', () => {
  const read = (given: Readonly<Record<string, string | undefined>>) =>
    readSettings(environment(given), contentOf, { receiving: true });

  test('by the example is understood whole, and every variable is known', () => {
    const { settings, problems } = read(example);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      branch: 'main',
      forge: { kind: 'github' },
      host: { kind: 'ssh', destination: 'ssh://root@pve.example.internal' },
      publicUrl: 'https://phoenix.example.internal',
      pages: 'signed-in',
      strictSecrets: true,
    });
  });

  test('each one that an agent in a container can have is passed on, by its name in the example', () => {
    // What the image sets, what other compose files beside it bring, and what only commands by hand read.
    const image = ['PHOENIX_DATA_DIR', 'PHOENIX_LISTEN'];
    const beside = ['PHOENIX_APP_ID', 'PHOENIX_APP_KEY', 'PHOENIX_SOPS_AGE_KEY'];
    const others = ['PHOENIX_LAB', 'PHOENIX_PORTAINER_URL', 'PHOENIX_PORTAINER_TOKEN', 'PHOENIX_URL'];
    const names = [...Object.keys(phoenix.environment), ...Object.keys(agentExample)];
    const passed = new Set(names.map((name) => name.replace(/_FILE$/, '')));
    const left = VARIABLES.filter((name) => !passed.has(name));
    expect(left.toSorted()).toEqual([...image, ...beside, ...others].sort());
    const read = Object.values(phoenix.environment).flatMap((value) => /\$\{(\w+)/.exec(String(value))?.[1] ?? []);
    expect(read.filter((name) => !(name in example))).toEqual([]);
  });

  test('those of .env.agent are not emptied by the compose file, and the example of them is understood', () => {
    expect(phoenix.env_file).toEqual([{ path: './.env.agent', required: false }]);
    // `environment` goes before env_file, also with an empty value and with none.
    expect(Object.keys(agentExample).filter((name) => name in phoenix.environment || name in example)).toEqual([]);
    const all = { ...environment(example), ...agentExample };
    expect(readSettings(all, contentOf, { receiving: true }).problems).toEqual([]);
  });

  test('each secret is a file that compose brings', () => {
    const files = Object.entries(environment(example)).filter(([name, path]) => name.endsWith('_FILE') && path !== '');
    const brought = phoenix.secrets.map((name: string) => `/run/secrets/${name}`);
    expect(files.map(([, path]) => path).filter((path) => !brought.includes(path))).toEqual([]);
    expect(files.map(([name]) => name)).toEqual([
      'REDIS_URL_FILE',
      'PHOENIX_FORGE_TOKEN_FILE',
      'PHOENIX_WEBHOOK_SECRET_FILE',
      'PHOENIX_ADMIN_TOKEN_FILE',
    ]);
    expect(Object.keys(compose.secrets).sort()).toEqual([...phoenix.secrets, ...redis.secrets].sort());
    expect(Object.keys(environment(example)).filter((name) => /(TOKEN|SECRET|KEY|REDIS_URL)$/.test(name))).toEqual([]);
  });

  test('further files come from a folder beside it, which the agent only reads', () => {
    const given = ['PHOENIX_CA_FILE', 'PHOENIX_NOTIFY_FILE', 'PHOENIX_SIGNING_KEYS_FILE'];
    const told = environment({
      ...example,
      ...Object.fromEntries(given.map((name) => [name, `/etc/phoenix/${name}`])),
    });
    expect(given.map((name) => told[name])).toEqual(given.map((name) => `/etc/phoenix/${name}`));
    expect(phoenix.volumes).toContain('./files:/etc/phoenix:ro');
  });

  test('what is missing is named, and the rest has a default', () => {
    expect(() => read({})).toThrow('PHOENIX_REPO_URL: set it in .env');
    expect(() => read({ PHOENIX_REPO_URL: 'https://github.com/you/e.git' })).toThrow('PHOENIX_HOST: set it in .env');
    const least = { PHOENIX_REPO_URL: 'https://github.com/you/e.git', PHOENIX_HOST: 'ssh://root@pve' };
    expect(read(least).problems).toEqual([]);
  });
});

test('that of a release names each image by its digest, and there is none where one is not known', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-release-'));
  const known = 'case $4 in redis:*) [ -z "$AWAY" ] || exit 1; echo sha256:b ;; *) echo sha256:a ;; esac';
  await writeFile(join(folder, 'docker'), `#!/bin/sh\n${known}\n`, { mode: 0o755 });
  const released = (away: string) =>
    spawnSync('sh', [join(DEPLOY, '../scripts/package/compose.sh'), 'ghcr.io/you/phoenix:1.0.0'], {
      env: { PATH: `${folder}:${process.env['PATH']}`, AWAY: away },
      encoding: 'utf8',
    });
  const { stdout, status } = released('');
  const { services } = parseDocument(stdout).toJS();
  expect([status, services.phoenix.image, services.phoenix.build, services.redis.image]).toEqual([
    ...[0, 'ghcr.io/you/phoenix:1.0.0@sha256:a', undefined],
    `${redis.image}@sha256:b`,
  ]);
  const without = released('yes');
  expect([without.status, without.stdout]).toEqual([1, '']);
  await rm(folder, { recursive: true });
});

test('a GitHub App is configured without a token', () => {
  const app = parseDocument(readFileSync(join(DEPLOY, 'compose.app.yml'), 'utf8')).toJS();
  const more = Object.entries(app.services.phoenix.environment).map(([name, value]) => [
    name,
    filled(String(value), { PHOENIX_APP_ID: '4242' }),
  ]);
  const all = { ...environment(example), ...Object.fromEntries(more) };
  const { settings, problems } = readSettings(all, contentOf, { receiving: true });
  expect(problems).toEqual([]);
  expect(settings?.forge).toMatchObject({ kind: 'github', token: null, app: { id: '4242' } });
  // The list stands in place of that of compose.yml (`!override`), so that no file of a token is needed.
  const own = Object.keys(app.secrets);
  const others = phoenix.secrets.filter((name: string) => name !== 'forge_token');
  expect(app.services.phoenix.secrets).toEqual([...others, ...own]);
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

describe('Redis started with its command', () => {
  const PASSWORD = 'a-password-that-nobody-sees';
  const RUN = { timeout: 30_000 };

  /** As compose starts it, but in a folder of this machine and behind a socket. */
  async function started(password: string | null) {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-compose-'));
    const socket = join(folder, 'redis.sock');
    const file = join(folder, 'password');
    if (password !== null) await writeFile(file, password);
    const here = (word: string) =>
      word
        .replaceAll('$$', '$')
        .replaceAll('/run/secrets/redis_password', file)
        .replace(/^\/data$/, folder);
    const [program = '', ...words]: string[] = [...redis.entrypoint, ...redis.command].map(here);
    expect(words).toContain(folder);
    const server = spawn(program, [...words, '--port', '0', '--unixsocket', socket], { stdio: 'ignore' });
    const exited = once(server, 'exit');
    const check = String(redis.healthcheck.test[1]);
    return {
      socket,
      folder,
      server,
      exited,
      health: () =>
        execFileSync('sh', ['-c', here(check).replace('redis-cli', `redis-cli -s ${socket}`)], {
          ...RUN,
          encoding: 'utf8',
        }),
      async stop() {
        server.kill();
        await exited;
        await rm(folder, { recursive: true, force: true });
      },
    };
  }

  function connected(socket: string, password?: string): Redis {
    const client = new Redis({
      path: socket,
      ...(password === undefined ? {} : { password }),
      maxRetriesPerRequest: null,
      retryStrategy: () => 10,
    });
    client.on('error', () => {});
    return client;
  }

  test('persists every write at once, evicts nothing, and refuses clients without the password', async () => {
    const { socket, folder, server, health, stop } = await started(PASSWORD);
    const client = connected(socket, PASSWORD);
    const stranger = connected(socket);
    try {
      const read = async (name: string) => (await client.config('GET', name))[1];
      expect(await Promise.all(['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'dir'].map(read))).toEqual([
        'yes',
        'always',
        'noeviction',
        '',
        folder,
      ]);
      await expect(stranger.get('anything')).rejects.toThrow('NOAUTH');
      health();
      const seen = await Promise.all(
        ['cmdline', 'environ'].map((name) => readFile(`/proc/${server.pid}/${name}`, 'utf8')),
      );
      expect(seen[0]).toContain('redis-server');
      expect(seen.join()).not.toContain(PASSWORD);
    } finally {
      client.disconnect();
      stranger.disconnect();
      await stop();
    }
  });

  test('is checked without the password in any argument', async () => {
    expect(redis.healthcheck.test).toEqual([
      'CMD-SHELL',
      expect.stringMatching(/^REDISCLI_AUTH="\$\$\(cat \/run\/secrets\/redis_password\)" redis-cli ping/),
    ]);
    const { socket, health, stop } = await started(PASSWORD);
    const client = connected(socket, PASSWORD);
    try {
      await client.ping();
      expect(health).not.toThrow();
      await client.config('SET', 'requirepass', 'another');
      expect(health).toThrow();
    } finally {
      client.disconnect();
      await stop();
    }
  });

  test.each([null, ''])('is not started when the password is %j', async (password) => {
    const { exited, stop } = await started(password);
    expect((await exited)[0]).not.toBe(0);
    await stop();
  });
});
