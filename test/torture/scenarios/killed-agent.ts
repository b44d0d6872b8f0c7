// The agent is killed while a command runs on its own machine; the command continues.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { COMMANDS, onBoxes } from '../box-run.ts';
import { scenario } from '../scenario.ts';

export const killedAgent = scenario({
  name: 'killed-agent',
  about:
    'a command that an agent left when it was killed is found by the next: it runs once, none beside it, and the run ends applied',
  tries: { long: 40, short: 1 },
  input: fc.record({ command: fc.integer({ min: 1, max: COMMANDS }) }),
  attempt: ({ command }) =>
    onBoxes(
      (node) => node.local(),
      async (run) => {
        const commit = await run.push();
        const agent = fork(new URL('../../support/agent/box-agent-process.ts', import.meta.url), [
          JSON.stringify(run.phoenix.around),
          run.node.folder,
        ]);
        await run.node.begun(command);
        agent.kill('SIGKILL');
        await once(agent, 'exit');
        await run.phoenix.startAgent();
        await run.endsWell(commit);
      },
      { started: false },
    ),
});
