// An agent over a lab in its own process, which kills itself before or after the nth command that changes the host. Arguments: the test's
// surroundings, the folder of the lab, n, and `before` or `after`.

import * as managers from '../../../src/managers/index.ts';
import { isLooking, labHost } from '../host/lab.ts';
import { startTestAgent } from './agent.ts';

const [around = '{}', folder = '', killAt = '0', when = 'before'] = process.argv.slice(2);
let left = Number(killAt);

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const agent = await startTestAgent(
  JSON.parse(around),
  (repository) => {
    const host = labHost(folder, 'here')(repository);
    return {
      ...host,
      async run(command, options) {
        if (isLooking([command.program, ...command.args].join(' '))) return host.run(command, options);
        left -= 1;
        if (left === 0 && when === 'before') die();
        const result = await host.run(command, options);
        if (left === 0) die();
        return result;
      },
    };
  },
  managers,
  { options: { leaseSeconds: 1 } },
);
process.on('message', async () => {
  await agent.stop(0);
  process.disconnect();
});
