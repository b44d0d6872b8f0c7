// Starts a program as a process of this machine. By Node's own module: what a library adds to it (docs/decisions/libraries.md) costs each start
// of Phoenix, and times, outputs and endings are watched here anyway (watch.ts).

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';

export interface ChildOptions {
  /** The whole environment: nothing of this process is passed on. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads: nothing, or what is written to `stdin`. */
  readonly reads: 'nothing' | 'stdin';
  /** It becomes the leader of a process group, and signals go to all of that. */
  readonly ownGroup?: boolean;
}

export interface ChildEnd {
  /** Null where a signal has ended it, and where it was not started. */
  readonly exit: number | null;
  /** Why it could not be started; null when it was. */
  readonly error: NodeJS.ErrnoException | null;
}

export interface Child {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Of Node; null where there is none because this process has too many files open, or an argument is none. */
  readonly process: ChildProcess | null;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Once it has ended and its output is read, or was let go. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** False where there was nobody to signal. */
  kill(signal: NodeJS.Signals): boolean;
}

/** Those that run: what this process has started ends when it exits. */
const running = new Set<Child>();

function endAll(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** Never throws: a program that cannot be started has ended with the reason. */
export function startChild(program: string, args: readonly string[], options: ChildOptions): Child {
  const { env, reads, ownGroup = false } = options;
  let started: ChildProcess;
  try {
    const stdin = reads === 'nothing' ? 'ignore' : 'pipe';
    started = spawn(program, args, { env, cwd: '/', stdio: [stdin, 'pipe', 'pipe'], detached: ownGroup });
  } catch (error) {
    // An argument with a NUL character, for one.
    return notStarted(Promise.resolve(error as NodeJS.ErrnoException));
  }
  const { pid, stdin, stdout, stderr } = started;
  // With too many open files there are no streams, and the error comes as an event.
  if (stdout == null || stderr == null)
    return notStarted(once(started, 'error').then(([error]) => error as NodeJS.ErrnoException));
  const ended = new Promise<ChildEnd>((resolve) => {
    started.on('error', (error) => {
      if (pid === undefined) resolve({ exit: null, error });
    });
    started.once('close', (exit) => resolve({ exit, error: null }));
  });
  const child: Child = {
    ...{ pid, process: started, stdin: stdin ?? discarding(), stdout, stderr, ended },
    kill(signal) {
      if (pid === undefined) return false;
      return ownGroup ? signalGroup(pid, signal) || started.kill(signal) : started.kill(signal);
    },
  };
  // A stream that breaks is told of by the end of the program.
  for (const stream of [child.stdin, stdout, stderr]) stream.on('error', () => {});
  if (pid !== undefined) {
    if (running.size === 0) process.on('exit', endAll);
    running.add(child);
    void ended.then(() => {
      running.delete(child);
      if (running.size === 0) process.off('exit', endAll);
    });
  }
  return child;
}

/** Returns whether the group had any process. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

function notStarted(reason: Promise<NodeJS.ErrnoException>): Child {
  return {
    ...{ pid: undefined, process: null, stdin: discarding(), stdout: Readable.from([]), stderr: Readable.from([]) },
    ended: reason.then((error) => ({ exit: null, error })),
    kill: () => false,
  };
}

function discarding(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
