// An ssh server of our own on the loopback interface, with keys of its own, for the current user.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, freePort, listens } from './programs.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const SSHD = findProgram('sshd', 'PHOENIX_TEST_SSHD');

/** Why there can be no ssh server here; null when there can. */
export const noSshd = SSHD === undefined ? 'no sshd on this machine: install openssh-server to run these tests' : null;

export interface TestSshd {
  readonly target: string;
  readonly sshOptions: readonly string[];
  /** What the key may do from now on, as the options of a line in `authorized_keys`. At first it may do everything. */
  allow(options: string): void;
  stop(): Promise<void>;
}

export async function startSshd(): Promise<TestSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-sshd-'));
  const key = join(folder, 'key');
  const hostKey = join(folder, 'host');
  for (const path of [key, hostKey]) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  const allow = (options: string): void =>
    writeFileSync(join(folder, 'authorized_keys'), `${options} ${readFileSync(`${key}.pub`, 'utf8')}`);
  allow('');
  const port = await freePort();
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    // No start-up files of whoever runs the tests.
    `SetEnv HOME=${folder}`,
  ];
  await writeFile(join(folder, 'config'), `${settings.join('\n')}\n`);
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const server = spawn(SSHD ?? 'sshd', ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' });
  await until(() => listens(port), 'sshd to listen');
  return {
    target: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    sshOptions: [
      '-F',
      '/dev/null',
      '-i',
      key,
      '-o',
      `UserKnownHostsFile=${folder}/known`,
      '-o',
      'StrictHostKeyChecking=no',
    ],
    allow,
    async stop() {
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
