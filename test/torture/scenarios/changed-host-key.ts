// Another machine answers instead of the node, or the node was reinstalled: the host key differs.

import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { eachOnce } from '../../support/host/box-node.ts';
import { noSshd } from '../../support/host/sshd.ts';
import { COMMANDS, IDS, onBoxesOverSsh } from '../box-run.ts';
import { scenario } from '../scenario.ts';

export const changedHostKey = scenario({
  name: 'changed-host-key',
  about:
    'a host key that changed is said in its own sentence and not tried again; after a person has looked, a replay ends applied',
  tries: { long: 20, short: 1 },
  missing: noSshd,
  input: fc.record({ command: fc.integer({ min: 1, max: COMMANDS - 1 }) }),
  attempt: ({ command }) =>
    onBoxesOverSsh(async (run, sshd) => {
      const commit = await run.push();
      await run.node.begun(command);
      const { before, now } = await sshd.changeHostKey();
      const { statuses } = await run.phoenix.answered(commit);
      expect(statuses['phoenix/apply']).toMatch(/^failure: /);
      const [failed] = (await run.phoenix.ledger.runs(1)).flatMap(({ steps }) =>
        steps.filter((step) => step.outcome === 'failed'),
      );
      expect(failed?.reason).toContain(
        `its ED25519 host key changed from ${before} to ${now}: somebody may be in between`,
      );
      const known = sshd.knownHosts;
      await writeFile(known, (await readFile(known, 'utf8')).replaceAll(/^.*$/gm, ''));
      const again = await run.phoenix.agent().replay({ commit, by: 'ann' });
      const end = await run.phoenix.reached(again, 'succeeded');
      expect(end.statuses['phoenix/apply']).toMatch(/^success: /);
      expect(run.node.commands().sort()).toEqual(eachOnce(IDS));
    }),
});
