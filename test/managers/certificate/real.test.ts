// Certificates kept with a real step-ca and a real pebble. Without them on this machine these tests are skipped: put `step-ca`,
// `pebble` and `pebble-challtestsrv` on PATH, or name them in PHOENIX_TEST_STEP_CA, PHOENIX_TEST_PEBBLE and
// PHOENIX_TEST_CHALLTESTSRV. The node is a lab's: its files, keys and requests are real, and it reaches this machine's network.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dialTcp } from '../../../src/io/host/dial.ts';
import { requester } from '../../../src/io/host/request.ts';
import { signer } from '../../../src/io/host/sign/sign.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import type { Authority, CertificateSpec } from '../../../src/managers/certificate/certificate-spec.ts';
import { certificate as manager } from '../../../src/managers/certificate/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Command, SigningWay } from '../../../src/model/action.ts';
import type { Target } from '../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { type Challenges, startChallenges } from '../../support/services/challenges.ts';
import { PEBBLE, type Pebble, RESOLVER, startPebble } from '../../support/services/pebble.ts';
import { PASSWORD, PROVISIONER, STEP_CA, type StepCa, startStepCa } from '../../support/services/step-ca.ts';
import { convergeStep } from '../carry-out.ts';
import { wanted } from '../guests.ts';
import { CERTIFICATE, certificate, KEY, NAME } from './environment.ts';

const ROOT = '/tank/103/ssl/root_ca.crt';
const ALIAS = 'alias.example.internal';

let host: LabHost;
let challenges: Challenges | undefined;
beforeEach(async () => {
  host = await openLabHost();
  await host.write('/tank/101/ssl/.keep', '');
});
afterEach(() => host.close());

/** The node, with its connections going out to this machine and its containers' programs answered by the test. */
function outward(): LabHost {
  const redactor = openRedactor();
  const { readFile, writeFile } = host;
  const run = async (command: Command) => {
    if (command.program !== 'pct') return host.run(command);
    const done = { exit: 0, stdout: '', stderr: '', ms: 0, ended: 'exited' } as const;
    if (command.args[1] === '103') return { ...done, stdout: `${PASSWORD}\n` };
    return challenges?.run(command) ?? done;
  };
  const contents = async () => Buffer.alloc(0);
  const request = requester({ dial: dialTcp, contents, redactor, readFile, writeFile });
  return {
    ...host,
    run,
    request,
    sign: signer({ dial: dialTcp, redactor, request, run, reveal: run, readFile, writeFile }),
  };
}

function target(url: string, by: SigningWay, own: Parameters<typeof certificate>[0] = {}): Target {
  const declared = certificate({ issuer: by.kind, ...own });
  const authority: Authority = { url, address: null, root: ROOT, by };
  return { ...declared, spec: { ...(declared.spec as CertificateSpec), authority } };
}

const apply = (one: Target) => convergeStep(manager as Manager, outward(), wanted(one));

/** Renewed, presented by a TLS server, and accepted by a client that only knows the root. */
async function isServed(name: string, ca: string): Promise<X509Certificate> {
  const [cert, key] = await Promise.all([host.read(CERTIFICATE), host.read(KEY)]);
  const server = createServer({ cert, key }, (socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: name, ca });
  await once(client, 'secureConnect');
  expect(client.authorized).toBe(true);
  client.destroy();
  server.close();
  return new X509Certificate(cert);
}

const JWK: SigningWay = {
  kind: 'jwk',
  provisioner: PROVISIONER,
  password: { container: 103, path: '/etc/step-ca/provisioner-password' },
};
const acme = (directory: string): SigningWay => ({
  kind: 'acme',
  directory,
  challenges: { container: 101, folder: '/var/www/acme/.well-known/acme-challenge' },
  account: '/var/lib/phoenix/certificates/work/acme-account.key',
});

const WITHOUT = 'skipped: no step-ca or pebble-challtestsrv here';
describe.skipIf(STEP_CA === undefined || RESOLVER === undefined)(`with a real step-ca (${WITHOUT})`, () => {
  let ca: StepCa;
  beforeAll(async () => {
    challenges = await startChallenges(RESOLVER ?? '');
    ca = await startStepCa(STEP_CA ?? '', { dns: challenges.dns, challengePort: challenges.port });
  });
  afterAll(async () => {
    await ca.stop();
    await challenges?.stop();
    challenges = undefined;
  });

  test('created by a token, then for more names, then by ACME, each in use and settled', async () => {
    await host.write(ROOT, ca.root);
    const made = target(ca.url, JWK, { sans: [NAME, '10.0.0.153'] });
    expect(await apply(made)).toMatchObject({ outcome: 'done' });
    const first = await isServed(NAME, ca.root);
    expect(first.subjectAltName).toBe(`DNS:${NAME}, IP Address:10.0.0.153`);
    expect(await apply(made)).toEqual({ outcome: 'done', actions: [] });

    const more = target(ca.url, JWK, { sans: [NAME, ALIAS], lifetimeSeconds: 3600 });
    expect(await apply(more)).toMatchObject({ outcome: 'done' });
    const second = await isServed(ALIAS, ca.root);
    expect(second.publicKey.equals(first.publicKey)).toBe(false);
    expect(Math.round((second.validToDate.getTime() - second.validFromDate.getTime()) / 3_600_000)).toBe(1);

    const shown = target(ca.url, acme('/acme/acme/directory'), { sans: [NAME, ALIAS] });
    expect(await apply(shown)).toMatchObject({ outcome: 'done' });
    expect((await isServed(ALIAS, ca.root)).fingerprint256).not.toBe(second.fingerprint256);
    expect(await apply(shown)).toEqual({ outcome: 'done', actions: [] });
    expect(challenges?.files.size).toBe(0);
  });

  test('its refusal is reported, and the old pair stays', async () => {
    await host.write(ROOT, ca.root);
    await apply(target(ca.url, JWK));
    const old = await Promise.all([host.read(CERTIFICATE), host.read(KEY)]);
    expect(await apply(target(ca.url, JWK, { lifetimeSeconds: 720 * 3600 }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('change "lifetime" of the certificate'),
    });
    expect(await Promise.all([host.read(CERTIFICATE), host.read(KEY)])).toEqual(old);
  });
});

describe.skipIf(PEBBLE === undefined || RESOLVER === undefined)('with a real pebble (skipped: no pebble here)', () => {
  let pebble: Pebble;
  beforeAll(async () => {
    challenges = await startChallenges(RESOLVER ?? '');
    pebble = await startPebble(PEBBLE ?? '', challenges.dns, challenges.port);
  });
  afterAll(async () => {
    await pebble.stop();
    await challenges?.stop();
    challenges = undefined;
  });

  test('created and recreated by one account, however often it rejects a nonce', async () => {
    // Its own HTTPS certificate is signed by another root than its certificates.
    await host.write(ROOT, `${pebble.trust}\n${pebble.root}`);
    for (const sans of [[NAME], [NAME, ALIAS]]) {
      const one = target(pebble.url, acme('/dir'), { sans });
      expect(await apply(one)).toMatchObject({ outcome: 'done' });
      const leaf = await isServed(sans.at(-1) ?? '', pebble.root);
      expect(leaf.subjectAltName?.split(', ').toSorted()).toEqual(sans.map((name) => `DNS:${name}`).toSorted());
      expect(await apply(one)).toEqual({ outcome: 'done', actions: [] });
    }
  });
});
