// An agent over a node of boxes in its own process, for tests that kill it. Arguments: the test's surroundings, and the folder of the node.

import { startTestAgent } from './agent.ts';
import { openBoxNode } from './box-node.ts';
import { BOXES } from './boxes.ts';

const [around = '{}', folder = ''] = process.argv.slice(2);
await startTestAgent(JSON.parse(around), () => openBoxNode(folder).local(), BOXES, { options: { leaseSeconds: 1 } });
