// Configurations and targets of the host for tests of its sections: each test only sets what is declared.

import type { Config } from '../../../src/managers/config.ts';
import { hypervisor } from '../../../src/managers/hypervisor/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { environment } from '../guests.ts';

export const manager = hypervisor as Manager;

/** A host of which only this is declared, with the guests of `config`. */
export function withHost(declared: Partial<Config['hypervisor']>, config: Config = environment()): Config {
  return { ...config, hypervisor: { ...config.hypervisor, ...declared } };
}

/** One section of it. */
export function partOf(config: Config, name: string): Target {
  const found = hypervisor.targets(config).find(({ id }) => id === `hypervisor/${name}`);
  if (found === undefined) throw new Error(`nothing is declared for ${name}`);
  return found;
}
