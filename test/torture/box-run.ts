// What scenarios of a node share: a node of boxes with a complete Phoenix, and the correct final state.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommitSha } from '../../src/model/ids.ts';
import type { Host } from '../../src/ports/host.ts';
import { type Phoenix, startPhoenix } from '../support/agent/phoenix.ts';
import { environment } from '../support/environment.ts';
import { type BoxNode, eachOnce, openBoxNode } from '../support/host/box-node.ts';
import { BOXES } from '../support/host/boxes.ts';
import { startSshd, type TestSshd } from '../support/host/sshd.ts';

/** Boxes of a run; the second needs the first. */
export const IDS = [101, 102, 103] as const;
/** Changing commands of such a run. */
export const COMMANDS = 2 * IDS.length;

export interface BoxRun {
  readonly node: BoxNode;
  readonly phoenix: Phoenix;
  /** Pushes the boxes, and does not wait. */
  push(): Promise<CommitSha>;
  /** Waits for the end, and checks that every box was created and started once, without concurrent commands for one box and without a wrong status. */
  endsWell(commit: CommitSha): Promise<void>;
  /** Every status that was set of the commit, oldest first: `context state: description`. */
  said(commit: CommitSha): string[];
}

export async function onBoxes(
  open: (node: BoxNode) => Host,
  work: (run: BoxRun) => Promise<void>,
  { started = true } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-node-'));
  const node = openBoxNode(folder);
  const hosts: Host[] = [];
  const host = () => {
    const opened = open(node);
    hosts.push(opened);
    return opened;
  };
  const phoenix = await startPhoenix({ host, managers: BOXES, options: { leaseSeconds: 2 }, started });
  const said = (commit: CommitSha) =>
    phoenix.forge
      .statuses()
      .filter(({ sha }) => sha === commit)
      .map(({ context, state, description }) => `${context} ${state}: ${description}`);
  try {
    await work({
      node,
      phoenix,
      said,
      async push() {
        const commit = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] }, 103: {} }));
        await phoenix.repo.push();
        return commit;
      },
      async endsWell(commit) {
        const { statuses } = await phoenix.answered(commit);
        expect(statuses['phoenix/apply']).toBe(`success: applied ${IDS.length} targets`);
        expect(node.commands().sort()).toEqual(eachOnce(IDS));
        expect(said(commit).filter((text) => /(failure|error): /.test(text))).toEqual([]);
      },
    });
  } finally {
    await phoenix.stop();
    for (const each of hosts) await each.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same over a real ssh server. */
export async function onBoxesOverSsh(work: (run: BoxRun, sshd: TestSshd) => Promise<void>): Promise<void> {
  const sshd = await startSshd();
  try {
    await onBoxes(
      (node) => node.ssh(sshd),
      (run) => work(run, sshd),
    );
  } finally {
    await sshd.stop();
  }
}
