// A call of one of the lab's programs as a process: answered with the delay and the faults that a test ordered, and recorded.

import { readFileSync } from 'node:fs';
import type { Answer } from './answer.ts';
import { callOrders, dueFault, type Fault } from './faults.ts';
import { pause } from './lock.ts';
import { hasHaRequests, kindOf, type LabNode, lockPath, openNode } from './node.ts';
import { PROGRAMS } from './programs.ts';
import { recordCall } from './record.ts';

/** @param call folder of the lab, program and arguments */
export async function answerCall([dir, name, ...argv]: readonly string[]): Promise<void> {
  const load = PROGRAMS[name ?? ''];
  if (dir === undefined || name === undefined || load === undefined) throw new Error('usage: FOLDER PROGRAM ARGUMENT…');
  const started = performance.now();
  const { delayMs = 0, faults = [] } = callOrders(dir);
  const node = openNode(dir);
  const record = (rc: number | null): void => recordCall(dir, [name, ...argv], rc, started);
  pause(delayMs);
  const fault = dueFault(dir, faults, name, argv);
  if (hasHaRequests(node)) (await import('./objects/ha/daemon.ts')).carryOutHaRequests(node);
  const early = fault?.after === true ? undefined : applyFault(fault, node, argv, record);
  const answer = early ?? (await load())(node, argv, () => readFileSync(0));
  const { stdout, stderr, rc } = early ?? applyFault(fault, node, argv, record) ?? answer;
  record(rc);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = rc;
}

/** Applies an ordered fault: another answer than the call's own, or none at all. */
function applyFault(
  fault: Fault | undefined,
  node: LabNode,
  argv: readonly string[],
  record: (rc: number | null) => void,
): Answer | undefined {
  switch (fault?.do) {
    case undefined:
      return undefined;
    case 'fail':
      return { stdout: '', stderr: `${(fault.stderr ?? 'ordered to fail').trimEnd()}\n`, rc: fault.rc ?? 255 };
    case 'lose-lock': {
      const id = Number(argv.find((word) => /^\d+$/.test(word)) ?? 0);
      const kind = kindOf(node, id) ?? (fault.program === 'qm' ? 'qemu' : 'lxc');
      return { stdout: '', stderr: `can't lock file '${lockPath(kind, id)}' - got timeout\n`, rc: fault.rc ?? 255 };
    }
    case 'hang':
      record(null);
      pause(Number.POSITIVE_INFINITY);
      return undefined;
    case 'kill':
      record(null);
      process.kill(process.pid, 'SIGKILL');
      pause(Number.POSITIVE_INFINITY);
      return undefined;
  }
}
