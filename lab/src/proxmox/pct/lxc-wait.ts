// The program lxc-wait, for the two states that a container of the lab has.

import type { Answer } from '../answer.ts';
import { type LabNode, running } from '../node.ts';
import { waitForHa } from '../objects/ha/daemon.ts';

/** Ends with 0 when the container has one of the states of `-s`, with 1 when it has none of them after the seconds of `-t`. */
export function lxcWait(node: LabNode, argv: readonly string[]): Answer {
  const after = (option: string): string | undefined => argv[argv.indexOf(option) + 1];
  const [name, states, seconds] = ['-n', '-s', '-t'].map((option) =>
    argv.includes(option) ? after(option) : undefined,
  );
  if (name === undefined || states === undefined)
    return { stdout: '', stderr: 'lxc-wait: missing container name or state\n', rc: 1 };
  const isReached = (): boolean =>
    states.split('|').includes(running(node, Number(name)) === undefined ? 'STOPPED' : 'RUNNING');
  const hasIt = waitForHa(node, Number(seconds ?? Infinity), isReached);
  return { stdout: '', stderr: '', rc: hasIt ? 0 : 1 };
}
