// Commit signers with real programs: OpenSSH and GnuPG keys in folders of their own.

import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why tests with a program are skipped; undefined if the program exists. */
export function missing(program: string): string | undefined {
  return spawnSync(program, ['--version']).error === undefined ? undefined : `${program} is not installed`;
}

export interface Signer {
  /** Options of `git` for signing as this user: `git ...options commit -S`. */
  readonly git: readonly string[];
  /** The public key: in armor, or as `ssh-ed25519 AAAA…`. */
  readonly key: string;
}

export async function sshSigner(folder: string, name: string): Promise<Signer> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.ssh`);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  const key = (await readFile(`${file}.pub`, 'utf8')).trim();
  return { git: ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${file}`], key };
}

export interface PgpSigner extends Signer {
  /** The present public key. */
  exported(): Promise<string>;
  /** Sets its expiry date, such as `20200110`. */
  expire(day: string): Promise<void>;
  /** Revokes it as compromised. */
  revoke(): Promise<void>;
  /** Stops the processes that GnuPG left running. */
  close(): Promise<void>;
}

/** @param born creation date of the key, such as `20200101` */
export async function pgpSigner(folder: string, name: string, born = '20200101'): Promise<PgpSigner> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const gpg = async (...args: readonly string[]) =>
    (
      await run('gpg', [
        '--homedir',
        home,
        '--batch',
        '--no-tty',
        '--pinentry-mode=loopback',
        '--passphrase',
        '',
        ...args,
      ])
    ).stdout;
  await gpg(
    `--faked-system-time=${born}T000000`,
    '--quick-generate-key',
    `${name} <${name}@example.org>`,
    'ed25519',
    'sign',
    'never',
  );
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(await gpg('--with-colons', '--list-keys'))?.[1] ?? '';
  const program = join(home, 'sign.sh');
  await writeFile(program, `#!/bin/sh\nexec gpg --homedir '${home}' --batch --no-tty "$@"\n`, { mode: 0o755 });
  const exported = () => gpg('--armor', '--export', fingerprint);
  return {
    git: ['-c', 'gpg.format=openpgp', '-c', `gpg.program=${program}`, '-c', `user.signingkey=${fingerprint}`],
    key: await exported(),
    exported,
    async expire(day) {
      await gpg(`--faked-system-time=${born}T000100`, '--quick-set-expire', fingerprint, `${day}T000000`);
    },
    async revoke() {
      const certificate = await readFile(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
      await writeFile(join(home, 'revoke.asc'), certificate.replace(/^:(-----BEGIN)/m, '$1'));
      await gpg('--import', join(home, 'revoke.asc'));
    },
    async close() {
      await run('gpgconf', ['--homedir', home, '--kill', 'all']);
      await rm(home, { recursive: true, force: true });
    },
  };
}
