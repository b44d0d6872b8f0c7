// Phoenix and its doctor with a Redis that refuses access: each cause is named, with what to do. Against the real redis-server and its ACLs.
// @module-tag long

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { agentSettings, FORGE_TOKEN, WEBHOOK_SECRET } from '../support/agent/agent-settings.ts';
import { environment } from '../support/environment.ts';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { freePort } from '../support/programs.ts';
import { testAuthority } from '../support/services/tls.ts';
import { until } from '../support/until.ts';
import { phoenix, phoenixProcess, type Started, start } from './phoenix.ts';

const ROOT = 'the-password-of-root';
const PASSWORD = 'the-password-of-phoenix';

let folder: string;
let forge: LabForge;
let repo: ConfigRepo;
let server: ChildProcess;
let admin: Redis;
let port: number;
let tlsPort: number;
let serving: Started | null = null;
let logins = 0;

/** As the documents have it. */
const RIGHTS = /^ACL SETUSER phoenix on >PASSWORD (.*)$/m.exec(
  readFileSync(fileURLToPath(new URL('../../docs/agent.md', import.meta.url)), 'utf8'),
)?.[1] as string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-login-'));
  forge = await startForge({ folder: join(folder, 'forge'), secret: WEBHOOK_SECRET, token: FORGE_TOKEN });
  repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  const authority = await testAuthority();
  const { certificate, key } = await authority.issue(['127.0.0.1']);
  await writeFile(join(folder, 'cert.pem'), certificate);
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'root.pem'), authority.root);
  [port, tlsPort] = [await freePort(), await freePort()];
  const tls = ['--tls-port', tlsPort, '--tls-auth-clients', 'no', '--tls-cert-file', join(folder, 'cert.pem')];
  const files = ['--tls-key-file', join(folder, 'key.pem'), '--tls-ca-cert-file', join(folder, 'root.pem')];
  const args = ['--port', port, '--requirepass', ROOT, '--save', '', '--dir', folder, ...tls, ...files].map(String);
  server = spawn('redis-server', args, { stdio: 'ignore' });
  await once(server, 'spawn');
  admin = new Redis({ port, password: ROOT, maxRetriesPerRequest: null, retryStrategy: () => 10 });
  admin.on('error', () => {});
  await admin.ping();
});
afterEach(async () => {
  serving?.child.kill('SIGTERM');
  await serving?.ended;
  serving = null;
});
afterAll(async () => {
  admin.disconnect();
  server.kill('SIGKILL');
  await once(server, 'exit');
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

const settings = (redisUrl: string) => agentSettings(folder, forge, { PHOENIX_POLL_SECONDS: '1', REDIS_URL: redisUrl });

async function login(rights: string): Promise<string> {
  logins += 1;
  const user = `phoenix-${logins}`;
  await admin.call('ACL', 'SETUSER', user, 'reset', 'on', `>${PASSWORD}`, ...rights.split(' '));
  return `redis://${user}:${PASSWORD}@127.0.0.1:${port}`;
}

test('a login with the rights that the documents list, and not INFO, is enough for a push to be applied', async () => {
  const agent = start(['serve'], settings(await login(RIGHTS)));
  serving = agent;
  const commit = await repo.commit(environment({ 101: {} }));
  await repo.push();
  await until(
    () => forge.latestStatuses(commit).some(({ context, state }) => context === 'phoenix/apply' && state === 'success'),
    () => `a success: ${agent.output.stderr}`,
    60,
  );
  expect(agent.output.stderr).not.toContain('NOPERM');
  const { exit, stdout } = await phoenix(['doctor', '--json'], settings(await login(RIGHTS)));
  expect(exit).toBe(0);
  expect(stdout).toContain('it answers, but does not say its version');
});

/** Their messages follow from the same faults as the doctor's: one of each sort is also shown by an agent that starts. */
const ALSO_STARTED = [
  'a wrong password',
  'a user of other channels',
  'a server that is not there',
  'a certificate of nobody',
];

describe.concurrent('is named, at the start and by the doctor:', () => {
  const at = (user: string) => `redis://${user}127.0.0.1:${port}`;
  test.each<readonly [string, () => Promise<string> | string, RegExp]>([
    [
      'a wrong password',
      () => at('phoenix:wrong@'),
      /refuses the login .*WRONGPASS[^\n]*\n\s+correct user and password/,
    ],
    ['no password', () => at(''), /asks for a login[^\n]*\n\s+write it as redis:\/\/USER:PASSWORD@HOST/],
    ['a user without EVAL', () => login(`${RIGHTS} -eval`), /lacks a right .*eval[^\n]*\n\s+give the user the rights/i],
    [
      'a user of other keys',
      () => login(RIGHTS.replace('~{phoenix}:*', '~other:*')),
      /may not use the keys of Phoenix[^\n]*\n\s+give the user the rights/,
    ],
    [
      'a user of other channels',
      () => login(RIGHTS.replace('&{phoenix}:*', '&other:*')),
      /may not use the channel of Phoenix[^\n]*\n\s+give the user the rights/,
    ],
    [
      'a server that is not there',
      async () => `redis://127.0.0.1:${await freePort()}`,
      /nothing listens there[^\n]*\n\s+start Redis/,
    ],
    ['a socket that is not there', () => `unix://${folder}/none.sock`, /there is no such socket[^\n]*\n\s+start Redis/],
    [
      'TLS where there is none',
      () => `rediss://default:${ROOT}@127.0.0.1:${port}`,
      /does not (speak|answer over) TLS[^\n]*\n\s+write redis:/,
    ],
    [
      'no TLS where there is some',
      () => `redis://default:${ROOT}@127.0.0.1:${tlsPort}`,
      /it ends every connection[^\n]*\n\s+where it serves TLS, write rediss:/,
    ],
    [
      'a certificate of nobody',
      () => `rediss://default:${ROOT}@127.0.0.1:${tlsPort}`,
      /its certificate is not trusted[^\n]*\n\s+\S/,
    ],
  ])('%s', { timeout: 60_000 }, async (what, urlOf, told) => {
    const url = await urlOf();
    const own = { ...settings(url), PHOENIX_DATA_DIR: join(folder, what.replaceAll(' ', '-')) };
    const commands = [
      phoenix(['doctor'], own),
      ...(ALSO_STARTED.includes(what) ? [phoenixProcess(['serve'], own)] : []),
    ];
    for (const { exit, stdout, stderr } of await Promise.all(commands)) {
      const text = `${stdout}\n${stderr}`;
      expect(text).toMatch(told);
      expect(exit).toBe(3);
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(ROOT);
    }
  });
});
