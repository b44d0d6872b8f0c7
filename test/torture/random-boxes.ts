// What scenarios of large runs share: boxes with random dependencies, agents in their own processes, and the commands that the host must have
// received in the end, however often agents were killed.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { AgentOptions } from '../../src/agent/deps.ts';
import { FIRST_ID, manyGuests } from '../bench/guests.ts';
import type { Phoenix } from '../support/agent/phoenix.ts';
import type { Files } from '../support/environment.ts';

/** For each box, by its place, those before it that it needs. */
export type Needs = readonly (readonly number[])[];

export function needs(boxes: { readonly min: number; readonly max: number }): fc.Arbitrary<Needs> {
  const shares = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 2 });
  return fc.array(shares, { minLength: boxes.min, maxLength: boxes.max, size: 'max' }).map((rows) =>
    // One in three has no dependency, which keeps the graph wide.
    rows.map((row, place) => (place % 3 === 0 ? [] : [...new Set(row.map((share) => Math.floor(share * place)))])),
  );
}

/** @param memory of a box by its place; null: it is not declared */
export function boxFiles(needs: Needs, memory: (place: number) => number | null): Files {
  const files = manyGuests(needs.length);
  const path = 'etc/phoenix_lxc_configs.json';
  const { lxc_configs: configs } = JSON.parse(files[path] ?? '') as { lxc_configs: Record<string, object> };
  const made = needs.flatMap((each, place) => {
    const mb = memory(place);
    const id = String(FIRST_ID + place);
    if (mb === null) return [];
    return [[id, { ...configs[id], memory_mb: mb, dependencies: each.map((need) => FIRST_ID + need) }]];
  });
  return { ...files, [path]: JSON.stringify({ lxc_configs: Object.fromEntries(made) }) };
}

/** An agent in a separate process. @param killAt the number of the call before which it kills itself; 0: never */
export function agentProcess(
  phoenix: Phoenix,
  folder: string,
  name: string,
  options: Partial<AgentOptions>,
  { killAt = 0, commandMs = 0 }: { readonly killAt?: number; readonly commandMs?: number } = {},
): ChildProcess {
  const around = { ...phoenix.around, cloneFolder: `${phoenix.around.cloneFolder}-${name}` };
  const program = new URL('../support/agent/agent-process.ts', import.meta.url);
  return fork(program, [JSON.stringify(around), folder, String(killAt), JSON.stringify(options), String(commandMs)]);
}

export async function endProcess(child: ChildProcess, how: 'stop' | 'kill'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.send(how);
  else child.kill('SIGKILL');
  await gone;
}

/** Checks that each box was created and started once, after everything that it needs had been started. */
export function expectInOrder(needs: Needs, commands: readonly string[]): void {
  const at = (line: string) => commands.indexOf(line);
  for (const [place, before] of needs.entries()) {
    const id = FIRST_ID + place;
    expect(
      commands.filter((line) => line === `box start ${id}`),
      `starts of ${id}`,
    ).toHaveLength(1);
    expect(at(`box put ${id}`)).toBeLessThan(at(`box start ${id}`));
    for (const need of before) expect(at(`box start ${FIRST_ID + need}`)).toBeLessThan(at(`box put ${id}`));
  }
}

/** Every run is over, and every step of it has one outcome. */
export async function expectAllEnded({ ledger }: Phoenix): Promise<void> {
  for (const run of await ledger.runs(100)) {
    expect(run.ended, `the end of run ${run.id}`).not.toBeNull();
    expect(run.steps.filter(({ outcome }) => outcome === null)).toEqual([]);
  }
  expect(await ledger.openRuns()).toEqual([]);
}
