// The real `openssl`, where installed, accepts what the lab's creates.

import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { makeCertificate, newKey } from 'phoenix-lab/certificates';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { csrConfig } from '../../../src/managers/certificate/csr-config.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { findProgram } from '../../support/programs.ts';

const OPENSSL = findProgram('openssl', 'PHOENIX_TEST_OPENSSL');

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(
    '/root/settings',
    csrConfig({
      commonName: 'web.example.internal',
      names: ['10.0.0.5', 'fd00::5', 'web.example.internal'],
      authority: null,
      lifetimeSeconds: null,
    }),
  );
});
afterEach(() => host.close());

function openssl(...args: string[]) {
  return host.run({ kind: 'command', program: 'openssl', args, timeoutSeconds: 10 });
}
const CURVE = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

test('a key, its public half and a request', async () => {
  expect(await openssl('genpkey', ...CURVE, '-out', '/root/key')).toMatchObject({ exit: 0, stdout: '' });
  const half = await openssl('pkey', '-in', '/root/key', '-pubout');
  expect(half.stdout).toBe(createPublicKey(await host.read('/root/key')).export({ type: 'spki', format: 'pem' }));
  const asked = await openssl('req', '-new', '-config', '/root/settings', '-key', '/root/key', '-out', '/root/csr');
  expect(asked).toMatchObject({ exit: 0 });
  expect(await host.read('/root/csr')).toContain('BEGIN CERTIFICATE REQUEST');
});

test.skipIf(OPENSSL === undefined)('the real openssl accepts the request (skipped: no openssl here)', async () => {
  await openssl('genpkey', ...CURVE, '-out', '/root/key');
  await openssl('req', '-new', '-config', '/root/settings', '-key', '/root/key', '-out', '/root/csr');
  const text = execFileSync(OPENSSL ?? '', ['req', '-in', join(host.dir, 'root/csr'), '-verify', '-noout', '-text'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(text).toContain('CN = web.example.internal');
  expect(text).toContain('IP Address:10.0.0.5, IP Address:FD00:0:0:0:0:0:0:5, DNS:web.example.internal');
});

test.skipIf(OPENSSL === undefined)(
  'the real openssl accepts the same settings (skipped: no openssl here)',
  async () => {
    await openssl('genpkey', ...CURVE, '-out', '/root/key');
    const at = (path: string) => join(host.dir, path);
    const args = ['req', '-new', '-config', at('root/settings'), '-key', at('root/key'), '-out', at('root/real.csr')];
    execFileSync(OPENSSL ?? '', args, { stdio: 'ignore' });
    const shown = execFileSync(OPENSSL ?? '', ['req', '-in', at('root/real.csr'), '-noout', '-text'], {
      encoding: 'utf8',
    });
    expect(shown).toContain('IP Address:10.0.0.5, IP Address:FD00:0:0:0:0:0:0:5, DNS:web.example.internal');
  },
);

test('certificates of a chain are signed by each other', () => {
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 60_000) };
  const [rootKey, key] = [newKey(), newKey()];
  const root = { name: 'Root', key: rootKey };
  const own = { subject: 'Root', publicKey: createPublicKey(rootKey), issuer: root, names: [], authority: 1, ...dates };
  const leaf = { subject: 'web', publicKey: createPublicKey(key), issuer: root, names: ['web', '10.0.0.5'], ...dates };
  const [above, below] = [new X509Certificate(makeCertificate(own)), new X509Certificate(makeCertificate(leaf))];
  expect(below.checkIssued(above) && below.verify(above.publicKey)).toBe(true);
  expect(above.ca).toBe(true);
  expect(below.ca).toBe(false);
  expect(below.subjectAltName).toBe('DNS:web, IP Address:10.0.0.5');
});

describe('refuses', () => {
  test.each([
    [['genpkey', '-algorithm', 'ED448', '-out', '/root/key'], 'only EC'],
    [['genpkey', ...CURVE, '-out', '/nowhere/key'], "Can't open"],
    [['pkey', '-in', '/root/settings', '-pubout'], 'Could not read key'],
    [['pkey', '-in', '/root/none', '-pubout'], 'Could not read key'],
    [['req', '-new', '-config', '/root/none', '-key', '/root/key'], "Can't open"],
    [['req', '-new', '-days', '3'], 'Unknown option'],
    [['s_client'], 'Invalid command'],
  ])('%j', async (args, message) => {
    const { exit, stderr } = await openssl(...args);
    expect(exit).toBe(1);
    expect(stderr).toContain(message);
  });
});
