// An agent over a node of boxes in its own process, for tests that kill it. Arguments: the test's surroundings, and the folder of the node.

import { openBoxNode } from '../host/box-node.ts';
import { BOXES } from '../host/boxes.ts';
import { startTestAgent } from './agent.ts';

const [around = '{}', folder = ''] = process.argv.slice(2);
await startTestAgent(JSON.parse(around), () => openBoxNode(folder).local(), BOXES, { options: { leaseSeconds: 1 } });
