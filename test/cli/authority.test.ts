// A forge and an agent with certificates of a private authority: configured once, every connection trusts it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment } from '../support/environment.ts';
import { openConfigRepo } from '../support/git/config-repo.ts';
import { LONG_TEST } from '../support/long.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { type TestAuthority, testAuthority } from '../support/services/tls.ts';
import { startTlsProxy, type TlsProxy } from '../support/services/tls-proxy.ts';
import { phoenix, phoenixProcess } from './phoenix.ts';

const TOKEN = 'the-token-of-the-forge';
const ADVICE = 'set PHOENIX_CA_FILE to a PEM file with the certificate of its authority';

let folder: string;
let forge: LabForge;
let redis: TestRedis;
let authority: TestAuthority;
let proxy: TlsProxy;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-authority-'));
  forge = await startForge({ folder: file('forge'), secret: 'a secret of the webhook', token: TOKEN, kind: 'gitea' });
  redis = await startRedis();
  const repo = await openConfigRepo(file('person'), forge.pushUrl);
  await repo.commit(environment({ 101: {} }));
  await repo.push();
  authority = await testAuthority();
  proxy = await startTlsProxy(await authority.issue(['localhost']), forge.url);
  await writeFile(file('ca.pem'), `The authority of the house:\r\n${authority.root}\n`);
});
afterAll(async () => {
  await proxy.close();
  await redis.stop();
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

type Check = Readonly<Record<'check' | 'state' | 'message' | 'hint', string | null>>;

function settings(): Record<string, string> {
  return {
    PHOENIX_REPO_URL: forge.repositoryUrl.replace(forge.url, proxy.url),
    PHOENIX_FORGE: 'gitea',
    PHOENIX_FORGE_TOKEN: TOKEN,
    PHOENIX_WEBHOOK_SECRET: 'a secret of the webhook',
    PHOENIX_DATA_DIR: file('data'),
    PHOENIX_HOST: 'lab',
    REDIS_URL: redis.url,
  };
}

/** In a separate process where it connects: a process trusts the authority of its environment, and this one serves the proxy. */
async function doctor(changed: Record<string, string>, run = phoenix, ...args: readonly string[]) {
  const { stdout } = await run([...args, 'doctor', '--json'], { ...settings(), ...changed });
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Check[] };
  return (name: string) => checks.filter(({ check }) => check === name);
}

describe('doctor', () => {
  test(
    'gives the same advice for Git, the forge, its clock and its webhooks where the certificate is not trusted',
    LONG_TEST,
    async () => {
      const found = await doctor({}, phoenixProcess);
      for (const name of ['repository', 'forge', 'clock', 'webhook']) {
        const told = found(name).map(({ message, hint }) => `${message} ${hint}`);
        expect(told, name).toContainEqual(expect.stringContaining(ADVICE));
      }
    },
  );

  test('finds all well once the authority is named, in the file of --env-file too', LONG_TEST, async () => {
    await writeFile(file('env'), `PHOENIX_CA_FILE=${file('ca.pem')}\n`);
    const found = await doctor({}, phoenixProcess, '--env-file', file('env'));
    expect(found('repository')).toMatchObject([{ state: 'ok' }]);
    expect(found('clock')).toMatchObject([{ state: 'ok' }]);
    expect(found('forge')).not.toContainEqual(expect.objectContaining({ state: 'failed' }));
  });

  test('advises no authority for a certificate of another name', LONG_TEST, async () => {
    const other = await startTlsProxy(await authority.issue(['forge.example.internal']), forge.url);
    const url = forge.repositoryUrl.replace(forge.url, other.url);
    const found = await doctor({ PHOENIX_CA_FILE: file('ca.pem'), PHOENIX_REPO_URL: url }, phoenixProcess);
    await other.close();
    const [{ message } = { message: '' }] = found('repository');
    expect(message).toContain('its certificate is for another name');
    expect(message).not.toContain('PHOENIX_CA_FILE');
  });
});

describe('a client of an agent', () => {
  test('says how to trust an agent behind an unknown authority', async () => {
    const { exit, stderr } = await phoenix(['status'], { PHOENIX_URL: proxy.url });
    expect(exit).toBe(3);
    expect(stderr).toContain(ADVICE);
  });

  test('reaches it once the authority is named', async () => {
    const { stderr } = await phoenixProcess(['status'], { PHOENIX_URL: proxy.url, PHOENIX_CA_FILE: file('ca.pem') });
    // What answers is a forge, and answers all the same.
    expect(stderr).not.toContain('certificate');
    expect(stderr).toContain('Not Found');
  });
});

describe('a file without certificates is a problem of the settings', () => {
  test.each([
    ['that is not there', null, 'PHOENIX_CA_FILE: cannot read'],
    ['that is empty', '', 'PHOENIX_CA_FILE: /.* is empty'],
    ['without a certificate', 'the authority of the house\n', 'PHOENIX_CA_FILE: holds no certificate'],
    ['with half a certificate', '\n-----BEGIN CERTIFICATE-----\nMIIB\n', 'has a certificate at line 2 without an end'],
    [
      'with bytes that are no certificate',
      'Ours\n\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      'PHOENIX_CA_FILE: the certificate that begins at line 3 cannot be read',
    ],
    ['with a key', '-----BEGIN EC PRIVATE KEY-----\nMIIB\n', 'PHOENIX_CA_FILE: holds a private key at line 1'],
  ])('one %s', async (_what, text, message) => {
    const path = file('wrong.pem');
    await rm(path, { force: true });
    if (text !== null) await writeFile(path, text);
    const found = await doctor({ PHOENIX_CA_FILE: path });
    const wrong = { state: 'failed', message: expect.stringMatching(message), hint: expect.stringMatching(/.+/) };
    expect(found('settings')).toEqual([expect.objectContaining(wrong)]);
    const client = await phoenix(['status'], { PHOENIX_URL: proxy.url, PHOENIX_CA_FILE: path });
    expect([client.exit, client.stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
