// One connection to a node, shared by all commands: ssh's own multiplexing, and on it a session that runs one command after the other. Everything
// runs through a small remote script, which reports where the program runs and how it ended, so that a lost connection is never mistaken for the
// program's end.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Dial, refusal } from './dial.ts';
import { openMarks } from './marks.ts';
import { type Program, type ProgramEnd, runProgram } from './program.ts';
import { quote } from './quote.ts';
import { isEnd, reconnecting } from './session/reconnect.ts';
import { openSession } from './session/session.ts';
import { sshFailure } from './ssh-failure.ts';
import { CONNECT, SESSION } from './ssh-scripts.ts';

export interface SshConnection {
  /** Runs the script with `sh` and these arguments. `onStderr` does not get the script's status lines: see `openMarks`. */
  run(call: SshCall): Promise<ProgramEnd>;
  /** Connects from the node to a service in its network. */
  readonly dial: Dial;
  close(): Promise<void>;
}

interface SshCall extends Omit<Program, 'program' | 'args' | 'env'> {
  readonly script: string;
  readonly args: readonly string[];
}

/** `user@host`, `host` or `ssh://user@host:port`: nothing that ssh could interpret as an option. */
const TARGET = /^(ssh:\/\/)?([A-Za-z0-9_][A-Za-z0-9_.-]*@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:\d+)?\/?$/;
const CONNECT_SECONDS = 10;
/** Idle time after which the connection ends by itself, also after Phoenix was killed. */
const IDLE_SECONDS = 600;
const SETTINGS = [
  'BatchMode=yes',
  `ConnectTimeout=${CONNECT_SECONDS}`,
  'ServerAliveInterval=15',
  'ServerAliveCountMax=3',
  'LogLevel=ERROR',
];

export interface SshSettings {
  readonly target: string;
  /** Further ssh options; keys, ports and known hosts otherwise come from ssh's own configuration. */
  readonly sshOptions?: readonly string[];
  /** Socket of the user's key agent. */
  readonly agentSocket?: string;
}

/**
 * @param path PATH on the remote side
 * @param noSession called when the node offers no session, with its message: each command uses a separate ssh process then
 */
export function connectSsh(
  { target, sshOptions = [], agentSocket }: SshSettings,
  path: string,
  noSession: (said: string) => void,
): SshConnection {
  if (!TARGET.test(target))
    throw new Error(`${JSON.stringify(target)} is no ssh target: write user@host or ssh://user@host:port`);
  let folder: Promise<string> | undefined;
  let connecting: Promise<void> | undefined;
  const agent = agentSocket === undefined ? {} : { SSH_AUTH_SOCK: agentSocket };
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir(), ...agent };

  async function socket(): Promise<string> {
    folder ??= mkdtemp(join(shortFolder(), 'phoenix-ssh-'));
    return join(await folder, 'socket');
  }

  async function options(extra: readonly string[]): Promise<string[]> {
    const settings = [...SETTINGS, `ControlPath=${await socket()}`].flatMap((setting) => ['-o', setting]);
    return ['-T', ...settings, ...extra, ...sshOptions];
  }

  async function ssh(extra: readonly string[], command: string, call: Omit<Program, 'program' | 'args' | 'env'>) {
    return runProgram({ ...call, program: 'ssh', args: [...(await options(extra)), '--', target, command], env });
  }

  /** The first command opens the shared connection; a failure shows in the command that follows. */
  async function connect(): Promise<void> {
    if (await exists(await socket())) return;
    const master = ['-o', 'ControlMaster=yes', '-o', `ControlPersist=${IDLE_SECONDS}`];
    await ssh(master, 'exit 0', { ...QUIET, timeoutMs: 2 * CONNECT_SECONDS * 1000 });
  }

  function connected(): Promise<void> {
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  const kept = reconnecting(async (signal) => {
    await connected();
    const { mark } = openMarks();
    const args = await options(['-o', 'ControlMaster=no']);
    return openSession([...args, '--', target, remote(SESSION, [mark, path])], env, mark, signal);
  }, noSession);

  return {
    async run({ script, args, ...call }) {
      const began = performance.now();
      const found = await kept.take();
      if (found !== null && isEnd(found)) {
        call.onStderr(Buffer.from(found.said));
        return { exit: found.exit, ended: 'exited', ms: Math.round(performance.now() - began), reason: null };
      }
      const asked = found?.run([script, 'phoenix', ...args], call) ?? null;
      if (asked !== null) return asked;
      await connected();
      return ssh(['-o', 'ControlMaster=no'], remote(script, args), call);
    },
    async dial(address, port, signal) {
      await connected();
      const args = [...(await options(['-o', 'ControlMaster=no'])), '--', target];
      const command = remote(CONNECT, [address, String(port)]);
      const cancelSignal = signal === undefined ? {} : { cancelSignal: signal };
      const child = execa('ssh', [...args, command], {
        env,
        extendEnv: false,
        cwd: '/',
        buffer: false,
        reject: false,
        ...cancelSignal,
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8');
      });
      const stream = child.duplex();
      // ssh reports the connection's result only when it ends.
      child.then(({ exitCode }) => {
        const failure = sshFailure({ node: target, target }, exitCode ?? null, said);
        if (exitCode !== 0)
          stream.destroy(failure ?? refusal(`connect to ${address}:${port}: ${said.trim() || 'connection refused'}`));
      });
      return stream;
    },
    async close() {
      await kept.close();
      if (folder === undefined) return;
      if (await exists(await socket())) await ssh(['-O', 'exit'], '', { ...QUIET, timeoutMs: 5000 });
      await rm(await folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

/** A script with its arguments, for the remote shell. deploy/ssh/phoenix-shell accepts only this form. */
function remote(script: string, args: readonly string[]): string {
  return `exec sh -c ${[script, 'phoenix', ...args].map(quote).join(' ')}`;
}

const QUIET = { input: undefined, signal: undefined, onStdout: () => {}, onStderr: () => {} };

/** A socket's path is limited to about a hundred characters. */
function shortFolder(): string {
  return tmpdir().length > 50 ? '/tmp' : tmpdir();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
