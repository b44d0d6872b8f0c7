// `npm run bench`: what Phoenix costs, as ratios to a peer or a limit of the same run, so that the numbers of a slow machine
// and of a fast one say the same. Names of measurements as arguments run only those. A missed goal is no failure of the run.

import { measureApplyProcesses } from './apply-processes.ts';
import { measureBringUp } from './bring-up.ts';
import { measureClone } from './clone.ts';
import { measureFolders } from './folders.ts';
import { measureImport } from './import-questions.ts';
import { measureMemory } from './memory.ts';
import { measurePlan } from './plan-size.ts';
import { measureCommands } from './proxmox-commands.ts';
import { measurePush } from './push.ts';
import { type Measurement, printed } from './report.ts';
import { measureRetention } from './retention.ts';
import { measureSsh } from './ssh.ts';
import { measureStatus } from './status.ts';
import { measureSteps } from './steps.ts';
import { measureWebhooks } from './webhooks.ts';

const MEASUREMENTS: Readonly<Record<string, () => Promise<Measurement>>> = {
  webhooks: measureWebhooks,
  push: measurePush,
  clone: measureClone,
  status: measureStatus,
  steps: measureSteps,
  processes: measureApplyProcesses,
  retention: measureRetention,
  plan: measurePlan,
  import: measureImport,
  commands: measureCommands,
  'bring-up': measureBringUp,
  ssh: measureSsh,
  memory: measureMemory,
  tests: measureFolders,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in MEASUREMENTS));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}`);
  process.exit(2);
}

for (const [name, measure] of Object.entries(MEASUREMENTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const began = performance.now();
  try {
    const text = printed(await measure());
    console.log(`${text}  (${((performance.now() - began) / 1000).toFixed(0)} s)\n`);
  } catch (error) {
    console.error(`bench: ${name} could not be measured:`, error);
    process.exitCode = 1;
  }
}
