// A private SSH server on the loopback interface, with its own keys, for the current user.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, freePort, listens } from '../programs.ts';
import { until } from '../until.ts';

const run = promisify(execFile);
const SSHD = findProgram('sshd', 'PHOENIX_TEST_SSHD');

/** Why this machine cannot run an SSH server; null: it can. */
export const noSshd = SSHD === undefined ? 'no sshd on this machine: install openssh-server to run these tests' : null;

export interface TestSshd {
  readonly target: string;
  readonly sshOptions: readonly string[];
  /** The known_hosts file that those options name. */
  readonly knownHosts: string;
  /** Sets the options of the key in `authorized_keys`. Initially it is unrestricted. */
  allow(options: string): void;
  /** Cuts every connection; processes started through them keep running. */
  cut(): void;
  /** Refuses connections, like a machine that reboots. */
  away(): Promise<void>;
  back(): Promise<void>;
  /** Changes the host key. Resolves to the old and new fingerprints. */
  changeHostKey(): Promise<{ readonly before: string; readonly now: string }>;
  stop(): Promise<void>;
}

export async function startSshd(): Promise<TestSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-sshd-'));
  const key = join(folder, 'key');
  const hostKey = join(folder, 'host');
  const makeKey = (path: string) => run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  for (const path of [key, hostKey]) await makeKey(path);
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
    // Ignores the start-up files of the user who runs the tests.
    `SetEnv HOME=${folder}`,
  ];
  await writeFile(join(folder, 'config'), `${settings.join('\n')}\n`);
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const listen = async () => {
    const started = spawn(SSHD ?? 'sshd', ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' });
    await until(() => listens(port), 'sshd to listen');
    return started;
  };
  let server = await listen();
  const end = async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  };
  const cut = (): void => {
    for (const pid of childrenOf(server.pid ?? 0)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has already exited.
      }
    }
  };
  const fingerprint = async () => (await run('ssh-keygen', ['-lf', `${hostKey}.pub`])).stdout.split(' ')[1] ?? '';
  return {
    target: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    knownHosts: `${folder}/known`,
    sshOptions: [
      '-F',
      '/dev/null',
      '-i',
      key,
      '-o',
      `UserKnownHostsFile=${folder}/known`,
      '-o',
      'StrictHostKeyChecking=accept-new',
    ],
    allow,
    cut,
    async away() {
      // Connections first: they are found through their parent while it lives.
      cut();
      await end();
    },
    async back() {
      server = await listen();
    },
    async changeHostKey() {
      const before = await fingerprint();
      await rm(hostKey);
      await rm(`${hostKey}.pub`);
      await makeKey(hostKey);
      cut();
      await end();
      server = await listen();
      return { before, now: await fingerprint() };
    },
    async stop() {
      cut();
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Direct child processes. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [, , ppid] = /^.*\) (\S) (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return Number(ppid) === parent ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
