// Runs the lab's programs within this process instead of one process per call, where no faults are ordered.

import { basename } from 'node:path';
import { hasHaRequests, openNode } from './node.ts';
import { PROGRAMS, type Program } from './programs.ts';
import { recordCall } from './record.ts';

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: Uint8Array | undefined;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
}

export interface CallEnd {
  readonly exit: number | null;
  readonly ended: 'exited' | 'not found';
  /** Duration in milliseconds. */
  readonly ms: number;
  /** Why it could not be started; null: it was. */
  readonly reason: string | null;
}

/** Each is imported once: a further dynamic import costs most of a call. */
const imported = new Map<string, Promise<Program>>();

function importProgram(name: string): Promise<Program> | undefined {
  const known = imported.get(name) ?? (Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name]?.() : undefined);
  if (known !== undefined) imported.set(name, known);
  return known;
}

/** Runs programs of the lab in this process. @param recorded whether each call is recorded, as one by a process is */
export function programsHere(dir: string, recorded = false): (call: Call) => Promise<CallEnd> {
  const node = openNode(dir);
  return async ({ program, args, input, onStdout, onStderr }) => {
    const run = await importProgram(basename(program));
    if (run === undefined)
      return { exit: null, ended: 'not found', ms: 0, reason: `${program}: no such program on this node` };
    if (hasHaRequests(node)) (await import('./objects/ha/daemon.ts')).carryOutHaRequests(node);
    const started = performance.now();
    const { rc, stdout, stderr } = run(node, [...args], () => Buffer.from(input ?? ''));
    if (recorded) recordCall(dir, [basename(program), ...args], rc, started);
    if (stdout !== '') onStdout(Buffer.from(stdout));
    if (stderr !== '') onStderr(Buffer.from(stderr));
    return { exit: rc, ended: 'exited', ms: Math.round(performance.now() - started), reason: null };
  };
}
