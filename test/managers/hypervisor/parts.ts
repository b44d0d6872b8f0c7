// One target of the host out of an environment, for tests of its parts.

import type { Config } from '../../../src/managers/config.ts';
import { hypervisor } from '../../../src/managers/hypervisor/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { container, environment } from '../guests.ts';

export const manager = hypervisor as Manager;

/** Commands that an observation of the whole host may need: one for each thing that is in no file, such as services, clock and datasets. */
export const LOOKS = 4;

/** The host with some of its sections declared. */
export function withHost(own: Partial<Config['hypervisor']>, config: Config = environment(container(101))): Config {
  return { ...config, hypervisor: { ...config.hypervisor, ...own } };
}

/** Its target `hypervisor/<name>`. */
export function partOf(config: Config, name: string): Target {
  const found = hypervisor.targets(config).find(({ id }) => id === `hypervisor/${name}`);
  if (found === undefined) throw new Error(`nothing asks for hypervisor/${name}`);
  return found;
}
