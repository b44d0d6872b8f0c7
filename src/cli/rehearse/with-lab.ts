// Loads the lab, a separate package (lab/) that is not part of an agent's installation.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PRODUCT } from '../../product.ts';
import { Missing } from '../missing.ts';

/**
 * Loads a module that imports the lab.
 *
 * @param what command or setting that needs it
 * @param load imports it
 * @throws Missing if the lab is not installed
 */
export async function withLab<Module>(
  what: 'rehearse' | 'demo' | 'lab' | 'PHOENIX_HOST=lab' | 'PHOENIX_LAB',
  load: () => Promise<Module>,
): Promise<Module> {
  if (isInstalled()) return load();
  if (existsSync(join(PRODUCT, 'lab/package.json'))) {
    throw new Missing(`${what} needs the lab, which is not linked in this clone yet`, `run \`npm ci\` in ${PRODUCT}`);
  }
  const command = what.startsWith('PHOENIX_') ? 'serve' : what;
  throw new Missing(
    `${what} needs the lab, a simulated Proxmox node, which an installed Phoenix does not hold`,
    `run it in a clone of Phoenix's repository: npm ci && npm run -s phoenix -- ${command}`,
  );
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('phoenix-lab/host');
    return true;
  } catch {
    return false;
  }
}
