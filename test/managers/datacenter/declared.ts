// Targets and problems of a datacenter file.

import { objectKinds } from '../../../src/managers/datacenter/manager.ts';
import { registered } from '../../../src/managers/index.ts';
import type { Kind } from '../../../src/managers/kind.ts';
import type { Target } from '../../../src/model/target.ts';
import { read, withDatacenter } from './example.ts';

export function kindOfObject(name: string): Kind {
  const kind = objectKinds.find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`the table has no row ${name}`);
  return registered(kind);
}

/** @throws Error where something is wrong with it */
export function targetsOf(datacenter: object): Target[] {
  const { config, problems } = read(withDatacenter(datacenter));
  if (config === null) throw new Error(JSON.stringify(problems));
  return objectKinds.flatMap((kind) => [...kind.targets(config)]);
}

export function problemsOf(datacenter: object) {
  return read(withDatacenter(datacenter)).problems.filter(({ file }) => file?.includes('datacenter'));
}
