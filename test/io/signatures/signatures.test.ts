// Signatures of commits are verified with real SSH and OpenPGP signatures: only an allowed key, for this message, at that time, counts.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSignatures } from '../../../src/io/signatures/signatures.ts';
import type { SigningKeys } from '../../../src/model/signing-keys.ts';
import { type WorkingCopy, workingCopy } from '../../support/git/git.ts';
import { missing, type PgpSigner, pgpSigner, type Signer, sshSigner } from '../../support/git/signers.ts';

const noGpg = missing('gpg');
const run = promisify(execFile);
const NOW = { now: () => new Date() };

let folder: string;
let copy: WorkingCopy;
let ada: Signer;
let eve: Signer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-signers-'));
  copy = await workingCopy();
  [ada, eve] = await Promise.all([sshSigner(folder, 'ada'), sshSigner(folder, 'eve')]);
});
afterAll(async () => {
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

/** The object, byte for byte. */
async function objectOf(commit: string): Promise<Buffer> {
  const { stdout } = await run('git', ['cat-file', 'commit', commit], { cwd: copy.folder, encoding: 'buffer' });
  return stdout;
}

async function signedBy({ git }: Signer, message = 'Change\n\nGrüße ✓', ...more: readonly string[]): Promise<Buffer> {
  await copy.git(...git, 'commit', '--quiet', '--allow-empty', '-S', '-m', message, ...more);
  return objectOf('HEAD');
}

async function verdict(
  commit: Uint8Array,
  keys: Partial<SigningKeys>,
  now: Date = new Date(),
  path?: string,
): Promise<string> {
  const signatures = await openSignatures(
    { openpgp: [], ssh: [], ...keys },
    { clock: { now: () => now }, ...(path === undefined ? {} : { path }) },
  );
  const signed = await signatures.verify(commit);
  return signed.valid ? `signed by ${signed.signer}` : signed.reason;
}

function tampered(commit: Buffer): Buffer {
  return Buffer.from(commit.toString('latin1').replace('Change', 'Chance'), 'latin1');
}

test('a commit without a signature is not signed', async () => {
  await copy.git('commit', '--quiet', '--allow-empty', '-m', 'Plain');
  expect(await verdict(await objectOf('HEAD'), { ssh: [`ada@example.org ${ada.key}`] })).toBe('is not signed');
});

describe('with SSH', () => {
  const UNKNOWN = /^is signed with the ED25519 key SHA256:\S+, which is not among the known ones, or was not valid/;

  test('the signature of a known key holds, and names who the settings say it is', async () => {
    const commit = await signedBy(ada);
    expect(await verdict(commit, { ssh: [`ada@example.org ${ada.key}`] })).toBe('signed by ada@example.org');
    const several = [`eve@example.org ${eve.key}`, `ada@example.org,boss namespaces="git,file" ${ada.key} laptop`];
    expect(await verdict(commit, { ssh: several })).toBe('signed by ada@example.org');
  });

  test('a message that was changed, another key, and no key at all do not', async () => {
    const commit = await signedBy(ada);
    expect(await verdict(tampered(commit), { ssh: [`ada ${ada.key}`] })).toMatch(
      /^has an SSH signature that is not valid: /,
    );
    expect(await verdict(commit, { ssh: [`eve ${eve.key}`] })).toMatch(UNKNOWN);
    expect(await verdict(commit, {})).toMatch(UNKNOWN);
  });

  test('a key counts for what and as long as it is allowed, by the time of the commit', async () => {
    const commit = await signedBy(ada, 'Old', '--date=2024-06-01T12:00:00Z');
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const as = (options: string) => verdict(commit, { ssh: [`ada ${options} ${ada.key}`] });
    expect(await as(`valid-after="${today}",valid-before="${tomorrow}"`)).toBe('signed by ada');
    expect(await as(`valid-before="${today}"`)).toMatch(UNKNOWN);
    expect(await as(`valid-after="${tomorrow}"`)).toMatch(UNKNOWN);
    expect(await as('namespaces="file"')).toMatch(/^(is signed with|has no valid SSH signature of ada)/);
  });

  test('a signature for another purpose does not hold', async () => {
    const commit = await signedBy(ada);
    const [key] = ada.git.flatMap((option) => (option.startsWith('user.signingkey=') ? [option.slice(16)] : []));
    const payload = commit.toString('latin1').replace(/^gpgsig [\s\S]*?\n(?! )/m, '');
    const signing = execFile('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', key ?? '']);
    signing.stdin?.end(payload, 'latin1');
    let armor = '';
    for await (const chunk of signing.stdout ?? []) armor += chunk;
    const header = `gpgsig ${armor.trimEnd().replaceAll('\n', '\n ')}\n`;
    const forged = Buffer.from(payload.replace(/^(committer .*\n)/m, `$1${header}`), 'latin1');
    expect(await verdict(forged, { ssh: [`ada ${ada.key}`] })).toMatch(/^has an SSH signature that is not valid: /);
  });

  test('without the program nothing is decided', async () => {
    const commit = await signedBy(ada);
    await expect(verdict(commit, { ssh: [`ada ${ada.key}`] }, new Date(), folder)).rejects.toThrow(
      /ssh-keygen: no such program.*; install openssh-client/,
    );
  });
});

describe.skipIf(noGpg)(`with OpenPGP${noGpg === undefined ? '' : ` (${noGpg})`}`, () => {
  let grace: PgpSigner;
  let mallory: PgpSigner;

  beforeAll(async () => {
    [grace, mallory] = await Promise.all([pgpSigner(folder, 'grace'), pgpSigner(folder, 'mallory')]);
  });
  afterAll(async () => {
    await Promise.all([grace.close(), mallory.close()]);
  });

  test('the signature of a known key holds', async () => {
    const commit = await signedBy(grace);
    expect(await verdict(commit, { openpgp: [mallory.key, grace.key] })).toBe('signed by grace <grace@example.org>');
  });

  test('a message that was changed, and another key, do not', async () => {
    const commit = await signedBy(grace);
    expect(await verdict(tampered(commit), { openpgp: [grace.key] })).toMatch(
      /^has no valid OpenPGP signature of grace <grace@example\.org>: /,
    );
    expect(await verdict(commit, { openpgp: [mallory.key] })).toMatch(
      /^is signed with the OpenPGP key [0-9A-F]{16}, which is not among the known ones$/,
    );
  });

  test('a signature from the future does not, but for a little: clocks differ', async () => {
    const commit = await signedBy(grace);
    const ago = (ms: number) => verdict(commit, { openpgp: [grace.key] }, new Date(Date.now() - ms));
    expect(await ago(60_000)).toBe('signed by grace <grace@example.org>');
    expect(await ago(3_600_000)).toMatch(/^has no valid OpenPGP signature of grace .*future/);
  });

  test('a key that had expired when it signed, or that was revoked since, does not count', async () => {
    const [late, stolen] = await Promise.all([pgpSigner(folder, 'late'), pgpSigner(folder, 'stolen')]);
    try {
      const [by, from] = [await signedBy(late), await signedBy(stolen)];
      await late.expire('20210101');
      expect(await verdict(by, { openpgp: [late.key] })).toBe('signed by late <late@example.org>');
      expect(await verdict(by, { openpgp: [await late.exported()] })).toMatch(/^has no valid .* of late .*expired/);
      await stolen.revoke();
      expect(await verdict(from, { openpgp: [await stolen.exported()] })).toMatch(
        /^has no valid .* of stolen .*revoked/,
      );
    } finally {
      await Promise.all([late.close(), stolen.close()]);
    }
  });

  test('an unreadable key is reported at the start', async () => {
    const broken = grace.key.replace(/\n[A-Za-z0-9+/]{20}/, '\n');
    await expect(openSignatures({ openpgp: [grace.key, broken], ssh: [] }, { clock: NOW })).rejects.toThrow(
      /^OpenPGP key 2 of 2 cannot be read: /,
    );
  });
});

describe('what is not checked', () => {
  const header = (kind: string) => `gpgsig -----BEGIN ${kind}-----\n \n AAAA\n -----END ${kind}-----\n`;
  const commit = (...headers: readonly string[]) =>
    Buffer.from(`tree ${'a'.repeat(40)}\ncommitter Ada <a@b> 1700000000 +0100\n${headers.join('')}\nChange\n`);

  test.each([
    [
      'X.509',
      commit(header('SIGNED MESSAGE')),
      'is signed with X.509, which Phoenix does not check; sign with OpenPGP or SSH',
    ],
    [
      'another kind',
      commit(header('WAX SEAL')),
      'has a signature of a kind that Phoenix does not know; sign with OpenPGP or SSH',
    ],
    ['two signatures', commit(header('SSH SIGNATURE'), header('SSH SIGNATURE')), 'carries more than one signature'],
    [
      'one for another kind of id',
      commit(header('SSH SIGNATURE'), header('SSH SIGNATURE').replace('gpgsig', 'gpgsig-sha256')),
      'carries more than one signature',
    ],
    ['one in the message', Buffer.from(`${commit()}\n${header('SSH SIGNATURE')}`), 'is not signed'],
  ])('%s', async (_name, raw, reason) => {
    expect(await verdict(raw, {})).toBe(reason);
  });

  test('what is no signature inside', async () => {
    expect(await verdict(commit(header('PGP SIGNATURE')), {})).toMatch(
      /^has an OpenPGP signature that cannot be read: /,
    );
    expect(await verdict(commit(header('SSH SIGNATURE')), {})).toMatch(/^has an SSH signature that is not valid: /);
  });
});
