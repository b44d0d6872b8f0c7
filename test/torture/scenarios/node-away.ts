// The node is unreachable for a while, as during a reboot: its SSH server does not listen, and every connection is lost.

import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { noSshd } from '../../support/host/sshd.ts';
import { until } from '../../support/until.ts';
import { COMMANDS, onBoxesOverSsh } from '../box-run.ts';
import { scenario } from '../scenario.ts';

/** @param seconds for which it stays away after the status of the commit says so */
const input = (seconds: fc.Arbitrary<number>) =>
  // Commands that have begun when it becomes unreachable; 0: before the push.
  fc.record({ command: fc.integer({ min: 0, max: COMMANDS - 1 }), seconds });

export const nodeAway = scenario({
  name: 'node-away',
  about: 'a node that is away is waited for, the commit says so once, and the run goes on by itself when it answers',
  tries: { long: 30, short: 1 },
  missing: noSshd,
  input: input(fc.constant(0)),
  /** Nearly all stay away for seconds, one in twenty for ten minutes. */
  longInput: input(
    fc.oneof({ weight: 19, arbitrary: fc.integer({ min: 0, max: 15 }) }, { weight: 1, arbitrary: fc.constant(600) }),
  ),
  attempt: ({ command, seconds }) =>
    onBoxesOverSsh(async (run, sshd) => {
      if (command === 0) await sshd.away();
      const commit = await run.push();
      if (command > 0) {
        await run.node.begun(command);
        await sshd.away();
      }
      const waits = () => run.said(commit).filter((text) => text.includes('waiting for the node pve, away since'));
      await until(() => waits().length > 0, 'the commit to say that the node is away');
      await pause(seconds * 1000);
      await sshd.back();
      await run.endsWell(commit);
      expect(waits()).toHaveLength(1);
    }),
});
