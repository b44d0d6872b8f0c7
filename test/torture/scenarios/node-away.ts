// The node is away for a time, as when it starts again: its ssh server listens no more, and every connection is gone.

import fc from 'fast-check';
import { expect } from 'vitest';
import { noSshd } from '../../support/sshd.ts';
import { until } from '../../support/until.ts';
import { COMMANDS, onBoxesOverSsh } from '../box-run.ts';
import { scenario } from '../scenario.ts';

export const nodeAway = scenario({
  name: 'node-away',
  about: 'a node that is away is waited for, the commit says so once, and the run goes on by itself when it answers',
  tries: { long: 30, short: 1 },
  missing: noSshd,
  /** Commands that have begun when it goes; 0: before the push. */
  input: fc.record({ command: fc.integer({ min: 0, max: COMMANDS - 1 }) }),
  attempt: ({ command }) =>
    onBoxesOverSsh(async (run, sshd) => {
      if (command === 0) await sshd.away();
      const commit = await run.push();
      if (command > 0) {
        await run.node.begun(command);
        await sshd.away();
      }
      const waits = () => run.said(commit).filter((text) => text.includes('waiting for the node pve, away since'));
      await until(() => waits().length > 0, 'the commit to say that the node is away');
      await sshd.back();
      await run.endsWell(commit);
      expect(waits()).toHaveLength(1);
    }),
});
