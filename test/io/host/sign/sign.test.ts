// Certificates from a real step-ca and a real pebble. Without them on this machine these tests are skipped: put `step-ca`, `pebble`
// and `pebble-challtestsrv` on PATH, or name them in PHOENIX_TEST_STEP_CA, PHOENIX_TEST_PEBBLE and PHOENIX_TEST_CHALLTESTSRV.

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dialTcp } from '../../../../src/io/host/dial.ts';
import { requester } from '../../../../src/io/host/request.ts';
import { type Sign, signer } from '../../../../src/io/host/sign/sign.ts';
import { openRedactor, type Redactor } from '../../../../src/io/redact.ts';
import type { CertificateSigning, Command, FileWrite, SigningWay } from '../../../../src/model/action.ts';
import { LONG_TEST } from '../../../support/long.ts';
import { type Challenges, startChallenges } from '../../../support/services/challenges.ts';
import { PEBBLE, type Pebble, RESOLVER, startPebble } from '../../../support/services/pebble.ts';
import { PASSWORD, PROVISIONER, STEP_CA, type StepCa, startStepCa } from '../../../support/services/step-ca.ts';
import { testAuthority } from '../../../support/services/tls.ts';

const NAMES = ['web.example.internal', 'alias.example.internal'];
const PASSWORD_FILE = { container: 103, path: '/etc/step-ca/provisioner-password' };
const JWK: SigningWay = { kind: 'jwk', provisioner: PROVISIONER, password: PASSWORD_FILE };
const FOLDER = '/var/www/acme/.well-known/acme-challenge';

let folder: string;
let redactor: Redactor;
let commands: Command[];
let challenges: Challenges | undefined;
let sign: Sign;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-sign-'));
  redactor = openRedactor();
  commands = [];
  const readFileOf = (path: string) => readFile(path, 'utf8').catch(() => undefined);
  const writeFileOf = async ({ path, content, expects }: FileWrite): Promise<boolean> => {
    if (expects === 'absent' && (await readFileOf(path)) !== undefined) return false;
    await writeFile(path, content.from === 'text' ? content.text : '');
    return true;
  };
  const run = async (command: Command) => {
    commands.push(command);
    const [, id, , , , program] = command.args;
    const done = { exit: 0, stdout: '', stderr: '', ms: 0, ended: 'exited' } as const;
    if (id === '103' && program === 'cat') return { ...done, stdout: `${password}\n` };
    return challenges?.run(command) ?? done;
  };
  const contents = async () => Buffer.alloc(0);
  const files = { readFile: readFileOf, writeFile: writeFileOf };
  const request = requester({ dial: dialTcp, contents, redactor, ...files });
  sign = signer({ dial: dialTcp, redactor, request, run, reveal: run, ...files });
  password = PASSWORD;
});
afterEach(() => rm(folder, { recursive: true, force: true }));
let password: string;

/** A request for those names, by a key that this test alone knows. */
async function ask(
  authority: { readonly url: string; readonly root: string },
  by: SigningWay,
  own: Partial<CertificateSigning> = {},
): Promise<CertificateSigning> {
  const names = own.names ?? NAMES;
  const san = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  const at = (name: string) => join(folder, name);
  await writeFile(at('root.crt'), authority.root);
  execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('key')], {
    stdio: 'ignore',
  });
  const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${san}`];
  execFileSync('openssl', ['req', '-new', '-key', at('key'), ...subject, '-out', at('csr')], { stdio: 'ignore' });
  return {
    kind: 'signing',
    request: at('csr'),
    certificate: at('crt'),
    commonName: names[0] ?? '',
    names,
    lifetimeSeconds: null,
    authority: authority.url,
    address: null,
    root: at('root.crt'),
    by,
    timeoutSeconds: 30,
    until: null,
    ...own,
  };
}

async function issued(): Promise<X509Certificate[]> {
  const text = await readFile(join(folder, 'crt'), 'utf8');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

describe.skipIf(STEP_CA === undefined)('step-ca, by its JWK provisioner (skipped: no step-ca here)', () => {
  let ca: StepCa;
  beforeAll(async () => {
    ca = await startStepCa(STEP_CA ?? '');
  });
  afterAll(() => ca.stop());

  test('signs for names and addresses, with what is between it and the root', async () => {
    const asked = await ask(ca, JWK, { names: [...NAMES, '10.0.0.111'], lifetimeSeconds: 3600 });
    expect(await sign(asked)).toMatchObject({ failure: null });
    const [leaf, between, ...others] = await issued();
    expect(leaf?.subjectAltName?.split(', ').sort()).toEqual([
      'DNS:alias.example.internal',
      'DNS:web.example.internal',
      'IP Address:10.0.0.111',
    ]);
    expect(others).toEqual([]);
    expect(between?.verify(new X509Certificate(ca.root).publicKey)).toBe(true);
    const key = execFileSync('openssl', ['pkey', '-in', join(folder, 'key'), '-pubout'], { encoding: 'utf8' });
    expect(leaf?.publicKey.export({ type: 'spki', format: 'pem' })).toBe(key);
    const seconds = (leaf?.validToDate.getTime() ?? 0) - (leaf?.validFromDate.getTime() ?? 0);
    expect(Math.abs(seconds / 1000 - 3600)).toBeLessThan(130);
  });

  test('the password is in no argument, and known to the redactor', async () => {
    await sign(await ask(ca, JWK));
    expect(JSON.stringify(commands)).not.toContain(PASSWORD);
    expect(redactor.redact(`so: ${PASSWORD}`)).toBe('so: ‹secret›');
    expect(await sign(await ask(ca, JWK))).toMatchObject({ failure: null });
  });

  test.each<[string, Partial<CertificateSigning>, RegExp]>([
    ['a lifetime over the maximum', { lifetimeSeconds: 720 * 3600 }, /authorized maximum.*change "lifetime"/],
    ['another provisioner', { by: { ...JWK, provisioner: 'nobody' } as SigningWay }, /has admin@example.internal/],
    ['names that the request does not hold', { names: ['other.example.internal'] }, /403|401|400/],
    ['nobody who answers', { authority: 'https://127.0.0.1:1' }, /does not answer/],
    ['a request that is not there', { request: '/nowhere/csr' }, /is not there/],
  ])('%s is told', async (_, own, message) => {
    const { names, ...rest } = own;
    const asked = { ...(await ask(ca, JWK, rest)), ...(names === undefined ? {} : { names }) };
    const { failure } = await sign(asked);
    expect(failure).toMatch(message);
    expect(failure).not.toContain(PASSWORD);
  });

  test('a wrong password is reported without it', async () => {
    password = 'something else entirely';
    const { failure } = await sign(await ask(ca, JWK));
    expect(failure).toBe(
      `/etc/step-ca/provisioner-password of container 103 is not the password of provisioner "${PROVISIONER}"`,
    );
  });

  test('an authority with another root is not trusted, and gets no password', async () => {
    const other = await testAuthority();
    const { failure } = await sign(await ask({ ...ca, root: other.root }, JWK));
    expect(failure).toMatch(/does not answer: .*certificate/);
    expect(commands).toEqual([]);
  });
});

const acme = (directory: string): SigningWay => ({
  kind: 'acme',
  directory,
  challenges: { container: 101, folder: FOLDER },
  account: join(folder, 'account.key'),
});

describe.skipIf(STEP_CA === undefined || RESOLVER === undefined)(
  'step-ca, by ACME (skipped: no step-ca or pebble-challtestsrv here)',
  () => {
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

    test('proves each name at the gateway and removes the files', async () => {
      const asked = await ask(ca, acme('/acme/acme/directory'), { lifetimeSeconds: 3600 });
      expect(await sign(asked)).toMatchObject({ failure: null });
      const [leaf] = await issued();
      expect(leaf?.subjectAltName?.split(', ').sort()).toEqual([
        'DNS:alias.example.internal',
        'DNS:web.example.internal',
      ]);
      expect(challenges?.files.size).toBe(0);
      const hosts = challenges?.asked.map((line) => line.replace(/[:/].*/, '')) ?? [];
      expect(new Set(hosts)).toEqual(new Set(NAMES));
    });

    test('orders every certificate by the same account', async () => {
      const by = acme('/acme/acme/directory');
      await sign(await ask(ca, by));
      const key = await readFile(join(folder, 'account.key'), 'utf8');
      expect(await sign(await ask(ca, by))).toMatchObject({ failure: null });
      expect(await readFile(join(folder, 'account.key'), 'utf8')).toBe(key);
    });
  },
);

describe.skipIf(PEBBLE === undefined || RESOLVER === undefined)('pebble (skipped: no pebble here)', () => {
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

  test('gives certificates although it refuses nonces', LONG_TEST, async () => {
    const by = acme('/dir');
    for (const name of ['one.example.internal', 'two.example.internal', 'three.example.internal']) {
      const asked = await ask({ url: pebble.url, root: pebble.trust }, by, { names: [name] });
      expect(await sign(asked)).toMatchObject({ failure: null });
      const [leaf, between] = await issued();
      expect(leaf?.subjectAltName).toBe(`DNS:${name}`);
      expect(leaf?.verify(between?.publicKey as never)).toBe(true);
    }
  });

  test.each([
    ['nobody who answers', { url: 'https://127.0.0.1:1' }, /127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/],
    ['an authority with another root', { trust: null }, /does not answer: .*certificate/],
  ])(
    '%s is told',
    async (_, { url = pebble.url, trust = pebble.trust }: { url?: string; trust?: string | null }, why) => {
      const root = trust ?? (await testAuthority()).root;
      expect((await sign(await ask({ url, root }, acme('/dir')))).failure).toMatch(why);
    },
  );

  test('a name whose file is not served is reported', async () => {
    const hidden = acme('/dir') as Extract<SigningWay, { kind: 'acme' }>;
    const by = { ...hidden, challenges: { container: 102, folder: FOLDER } };
    const { failure } = await sign(
      await ask({ url: pebble.url, root: pebble.trust }, by, { names: ['hidden.example.internal'] }),
    );
    expect(failure).toMatch(/hidden.example.internal could not be proved: /);
  });
});
