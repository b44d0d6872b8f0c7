// Verifies SSH signatures by OpenSSH's own program, which supports all kinds of key, certificates, and restrictions of purpose and validity.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Signed } from '../../ports/signatures.ts';
import { SYSTEM_PATH } from '../host/local.ts';
import { runProgram } from '../host/program.ts';
import type { SignedCommit } from './commit-object.ts';

/** The namespace of Git's signatures. */
const NAMESPACE = 'git';
const TIMEOUT_MS = 20_000;

/**
 * @param path PATH for the program @throws when it is missing or does not answer
 */
export async function verifySsh(
  { payload, signature, committed }: SignedCommit & { readonly signature: string },
  allowed: readonly string[],
  path = SYSTEM_PATH,
): Promise<Signed> {
  if (committed === null) return { valid: false, reason: 'does not say when it was committed' };
  // Accessible to its owner only.
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-signature-'));
  try {
    const [signers, file] = [join(folder, 'allowed'), join(folder, 'signature')];
    await Promise.all([writeFile(signers, `${allowed.join('\n')}\n`), writeFile(file, signature)]);
    const keygen = (verb: string, ...args: readonly string[]) => run(path, ['-Y', verb, '-s', file, ...args], payload);
    const time = `-Overify-time=${committed.toISOString().replace(/[-:T]|\..*/g, '')}`;

    const sound = await keygen('check-novalidate', '-n', NAMESPACE);
    if (sound.exit !== 0) return { valid: false, reason: `has an SSH signature that is not valid: ${lastLine(sound)}` };
    const key = /with (\S+ key \S+)/.exec(sound.stdout)?.[1] ?? 'an SSH key';
    const unknown = `is signed with the ${key}, which is not among the known ones, or was not valid when it was committed`;
    const found = await keygen('find-principals', '-f', signers, time);
    if (found.exit !== 0) return { valid: false, reason: unknown };
    let reason = unknown;
    for (const principal of found.stdout.split('\n').filter((line) => line !== '')) {
      const verified = await keygen('verify', '-n', NAMESPACE, '-f', signers, '-I', principal, time);
      if (verified.exit === 0) return { valid: true, signer: principal };
      reason = `has no valid SSH signature of ${principal}: ${lastLine(verified)}`;
    }
    return { valid: false, reason };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(path: string, args: readonly string[], input: Uint8Array): Promise<Ended> {
  const [stdout, stderr]: [Uint8Array[], Uint8Array[]] = [[], []];
  const { exit, ended, reason } = await runProgram({
    program: 'ssh-keygen',
    args,
    // Times in the allowed signers file are in the local time zone.
    env: { PATH: path, LC_ALL: 'C', TZ: 'UTC' },
    input,
    timeoutMs: TIMEOUT_MS,
    signal: undefined,
    onStdout: (chunk) => stdout.push(chunk),
    onStderr: (chunk) => stderr.push(chunk),
  });
  if (ended !== 'exited') {
    const why = ended === 'not found' ? (reason ?? ended) : ended;
    throw new Error(`SSH signatures cannot be checked: ssh-keygen: ${why}; install openssh-client 8.9 or newer`);
  }
  return { exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** The program's error message. */
function lastLine({ stderr, stdout }: Ended): string {
  return (
    `${stdout}\n${stderr}`
      .trim()
      .split('\n')
      .find((line) => !/^Could not verify signature/.test(line)) ?? 'no reason given'
  );
}
