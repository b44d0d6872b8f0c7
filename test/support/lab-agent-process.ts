// An agent over a lab in a process of its own, for tests that kill it. Told by its arguments: what is around it, and the
// folder of the lab.

import * as managers from '../../src/managers/index.ts';
import { startTestAgent } from './agent.ts';
import { labHost } from './lab.ts';

const [around = '{}', folder = ''] = process.argv.slice(2);
await startTestAgent(JSON.parse(around), labHost(folder), managers, { options: { leaseSeconds: 2 } });
