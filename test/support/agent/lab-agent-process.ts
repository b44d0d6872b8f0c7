// An agent over a lab in its own process, for tests that kill it. Arguments: the test's surroundings, and the folder of the lab.

import * as managers from '../../../src/managers/index.ts';
import { labHost } from '../host/lab.ts';
import { startTestAgent } from './agent.ts';

const [around = '{}', folder = ''] = process.argv.slice(2);
await startTestAgent(JSON.parse(around), labHost(folder), managers, { options: { leaseSeconds: 2 } });
