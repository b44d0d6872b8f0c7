// Guests get the root of the environment's authority from the node, by its fingerprint. An impostor at the authority's address is detected: the real
// scripts run here against a real TLS server, with stubs for what would change a system.

import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openContents } from '../../../src/io/host/content.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets } from '../../../src/io/secrets.ts';
import { restsOn } from '../../../src/managers/dependencies.ts';
import { featureScript, installScripts } from '../../../src/managers/guest/scripts/scripts.ts';
import { ROOT_ON_NODE } from '../../../src/managers/trusted-root.ts';
import type { Content } from '../../../src/model/action.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { findProgram, freePort } from '../../support/programs.ts';
import { openService, type TestService } from '../../support/services/service.ts';
import { type TestAuthority, testAuthority } from '../../support/services/tls.ts';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const noCurl = findProgram('curl', 'PHOENIX_TEST_CURL') === undefined ? 'no curl on this machine' : null;
const fingerprintOf = (pem: string): string => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

let folder: string;
let authority: TestAuthority;
let impostor: TestAuthority;
beforeAll(async () => {
  authority = await testAuthority();
  // With the same name: only the key differs.
  impostor = await testAuthority();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-root-ca-'));
  await mkdir(join(folder, 'bin'));
  const note = (name: string) => `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${folder}/log'\n`;
  await writeFile(join(folder, 'bin/install'), `${note('install')}cp "$3" '${folder}/installed'\n`, { mode: 0o755 });
  // From then on, the system trusts what was installed.
  await writeFile(join(folder, 'bin/update-ca-certificates'), note('update-ca-certificates'), { mode: 0o755 });
  await writeFile(join(folder, 'bin/sleep'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'bin/step'), `${note('step')}exit "\${STEP_EXIT:-0}"\n`, { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const contentsOn = (files: Readonly<Record<string, string>>) => {
  const redactor = openRedactor();
  const repository = { blob: async () => new Uint8Array() };
  const secrets = openSecrets({ environment: {}, redactor, bounds: DEFAULT_BOUNDS });
  const read = openContents({ repository, secrets, product: TOP });
  const lookup = async (path: string) => files[path];
  const node = { read: lookup, readWithin: lookup };
  return async (content: Content) => Buffer.from(await read(content, node)).toString('utf8');
};

interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly log: string;
}

/** A shipped feature in a guest, as the node starts it there. */
async function feature(name: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const script = join(TOP, 'etc/features', name, 'install.sh');
  const { code, stderr } = await run('sh', [script], {
    env: { PATH: `${folder}/bin:${process.env['PATH']}`, CURL_CA_BUNDLE: `${folder}/installed`, ...env },
  }).then(
    (ended) => ({ ...ended, code: 0 }),
    (error) => error,
  );
  return { code, stderr, log: await readFile(join(folder, 'log'), 'utf8').catch(() => '') };
}

const inputs = (port: number) => ({
  CA_URL: `https://127.0.0.1:${port}`,
  CA_ROOT: authority.root.trim(),
  CA_ROOT_FINGERPRINT: fingerprintOf(authority.root),
});

describe.skipIf(noCurl !== null)(`trusted_ca${noCurl === null ? '' : ` (${noCurl})`}`, () => {
  let service: TestService | undefined;
  afterEach(async () => {
    await service?.close();
    service = undefined;
  });

  test('trusts the root of the node, after checking that the authority belongs to it', async () => {
    service = await openService(await authority.issue(['127.0.0.1']));
    const { code, log, stderr } = await feature('trusted_ca', inputs(service.port));
    expect([code, stderr]).toEqual([0, '']);
    expect(log).toMatch(
      /^install -m 644 \S+ \/usr\/local\/share\/ca-certificates\/phoenix-root-ca\.crt\nupdate-ca-certificates \n$/,
    );
    expect(fingerprintOf(await readFile(join(folder, 'installed'), 'utf8'))).toBe(fingerprintOf(authority.root));
    expect(service.received.map(({ url }) => url)).toEqual(['/health', '/health']);
  });

  test('refuses an authority of the same name with another root: nothing is installed, and the reason is reported', async () => {
    service = await openService(await impostor.issue(['127.0.0.1']));
    const { code, log, stderr } = await feature('trusted_ca', inputs(service.port));
    expect([code, log]).toEqual([1, '']);
    expect(stderr).toContain(
      `is not the authority whose root the node trusts (SHA-256 ${fingerprintOf(authority.root)})`,
    );
    expect(service.received).toEqual([]);
  });

  test('refuses a server with a certificate of the authority for another name', async () => {
    service = await openService(await authority.issue(['192.0.2.1']));
    const { code, log, stderr } = await feature('trusted_ca', inputs(service.port));
    expect([code, log]).toEqual([1, '']);
    expect(stderr).toContain('is not the authority');
  });

  test('refuses a root that was altered on the way before any connection', async () => {
    service = await openService(await impostor.issue(['127.0.0.1']));
    const given = { ...inputs(service.port), CA_ROOT: impostor.root.trim() };
    const { code, log, stderr } = await feature('trusted_ca', given);
    expect([code, log]).toEqual([1, '']);
    expect(stderr).toContain(`its SHA-256 is ${fingerprintOf(impostor.root)}, not ${fingerprintOf(authority.root)}`);
    expect(service.received).toEqual([]);
  });

  test('trusts nothing without a root from the node', async () => {
    for (const missing of ['CA_ROOT', 'CA_ROOT_FINGERPRINT']) {
      const { code, log, stderr } = await feature('trusted_ca', { ...inputs(1), [missing]: '' });
      expect([code === 0, log]).toEqual([false, '']);
      expect(stderr).toContain('which the node gives');
    }
  });

  test('asks a silent authority ten times, and installs nothing', async () => {
    let asked = 0;
    const server: Server = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    const port = await freePort();
    const { code, log, stderr } = await feature('trusted_ca', inputs(port));
    expect([code, log]).toEqual([1, '']);
    expect(stderr).toContain(`nothing answers at https://127.0.0.1:${port}`);
    expect(stderr.match(/^curl: /gm)).toHaveLength(10);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const broken = await feature('trusted_ca', inputs(port));
    expect([broken.code, broken.log, asked]).toEqual([1, '', 10]);
    expect(broken.stderr).toContain('nothing was installed');
    await new Promise((resolve) => server.close(resolve));
  });
});

test('step_cli accepts only the authority with the fingerprint from the node', async () => {
  const given = inputs(9000);
  expect(await feature('step_cli', given)).toMatchObject({
    code: 0,
    log: `step ca bootstrap --force --ca-url ${given.CA_URL} --fingerprint ${given.CA_ROOT_FINGERPRINT}\n`,
  });
  const refused = await feature('step_cli', { ...given, STEP_EXIT: '1' });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('does not answer as the authority whose root the node trusts');
  expect((await feature('step_cli', { ...given, CA_ROOT_FINGERPRINT: '' })).stderr).toContain('which the node gives');
});

describe('the node passes the root', () => {
  const asking = featureScript(
    { name: 'trusted_ca', path: 'etc/features/trusted_ca/install.sh', blob: null },
    {
      CA_URL: 'https://10.0.0.10:9000',
    },
  );
  const input = (): Content => {
    const [action] = installScripts('pct', 101, [asking], {});
    if (action?.do.kind !== 'command' || action.do.stdin === undefined) throw new Error('no command');
    return action.do.stdin;
  };

  test('by standard input, as a certificate and its fingerprint', async () => {
    // Other contents of the certificate's file are not passed on.
    const text = await contentsOn({ [ROOT_ON_NODE]: `a comment\n${authority.root}` })(input());
    expect(text).toContain(`CA_ROOT=$(cat <<'PHOENIX_${asking.mark}'\n${authority.root.trim()}\n`);
    expect(text).toContain(
      `CA_ROOT_FINGERPRINT='${fingerprintOf(authority.root)}'\nexport CA_ROOT CA_ROOT_FINGERPRINT\n`,
    );
    expect(text).not.toContain('a comment');
  });

  test('or reports that it has none, and passes nothing else', async () => {
    await expect(contentsOn({})(input())).rejects.toThrow(`${ROOT_ON_NODE} is not on the node`);
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    await expect(contentsOn({ [ROOT_ON_NODE]: key })(input())).rejects.toThrow('holds no certificate');
  });

  test('to guests that use the authority, before they start', () => {
    const other = featureScript(
      { name: 'base_setup', path: 'etc/features/base_setup/install.sh', blob: null },
      {
        CA_URL: 'https://10.0.0.10:9000',
      },
    );
    expect([asking.root, other.root]).toEqual([ROOT_ON_NODE, undefined]);
    const ca = { role: 'ca', id: 103, kind: 'lxc', features: [], network: { nameservers: [] } };
    const guest = {
      role: null,
      id: 101,
      kind: 'vm',
      volumes: [],
      features: [{ name: 'trusted_ca' }],
      network: { nameservers: [] },
    };
    const config = { lxc: [ca], hypervisor: { network: { address: null }, storages: [] } };
    const needs = restsOn(guest as never, config as never);
    expect(needs).toEqual(expect.arrayContaining(['lxc/103', 'hypervisor/trust']));
  });
});

test('nothing that is shipped or run skips the verification of certificates', () => {
  const WORDS =
    /--insecure|curl[^\n|;]*\s-[a-zA-Z]*k\b|wget[^\n]*--no-check-certificate|NODE_TLS_REJECT_UNAUTHORIZED|StrictHostKeyChecking[= ]no|sslverify[= ]?false|GIT_SSL_NO_VERIFY|\[trusted=yes\]|--allow-unauthenticated/i;
  const places = ['etc/features', 'src/managers', 'src/agent', 'src/io', 'src/cli', 'deploy', '.github', 'scripts'];
  const found = places.flatMap((place) =>
    readdirSync(join(TOP, place), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => WORDS.test(readFileSync(file, 'utf8'))),
  );
  expect(found).toEqual([]);
});
