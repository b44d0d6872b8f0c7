// The connection to the node is cut during a command, which continues there.

import fc from 'fast-check';
import { noSshd } from '../../support/host/sshd.ts';
import { COMMANDS, onBoxesOverSsh } from '../box-run.ts';
import { scenario } from '../scenario.ts';

export const lostConnection = scenario({
  name: 'lost-connection',
  about:
    'a command whose connection was cut is waited for and looked at: it runs once, none beside it, and the run ends applied',
  tries: { long: 40, short: 1 },
  missing: noSshd,
  /** The command in whose middle it is cut, and another one if the first went by. */
  input: fc.record({ cuts: fc.uniqueArray(fc.integer({ min: 1, max: COMMANDS }), { minLength: 1, maxLength: 3 }) }),
  attempt: ({ cuts }) =>
    onBoxesOverSsh(async (run, sshd) => {
      const commit = await run.push();
      for (const command of cuts.toSorted((a, b) => a - b)) {
        await run.node.begun(command);
        sshd.cut();
      }
      await run.endsWell(commit);
    }),
});
