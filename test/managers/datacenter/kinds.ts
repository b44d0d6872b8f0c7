// The kinds of datacenter objects, and the targets that a file declares, for tests.

import { objectKinds } from '../../../src/managers/datacenter/manager.ts';
import { registered } from '../../../src/managers/index.ts';
import type { Kind } from '../../../src/managers/kind.ts';
import type { Target } from '../../../src/model/target.ts';
import { read, withDatacenter } from './example.ts';

export function kindNamed(name: string): Kind {
  const kind = objectKinds.map(registered).find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`the table has no row ${name}`);
  return kind;
}

export function targetsOf(datacenter: object): Target[] {
  const { config, problems } = read(withDatacenter(datacenter));
  if (config === null) throw new Error(JSON.stringify(problems));
  return objectKinds.flatMap((kind) => [...kind.targets(config)]);
}

export function targetNamed(id: string, datacenter: object): Target {
  const target = targetsOf(datacenter).find((one) => one.id === id);
  if (target === undefined) throw new Error(`${id} is not declared`);
  return target;
}

export function problemsOf(datacenter: object) {
  return read(withDatacenter(datacenter)).problems.filter(({ file }) => file?.includes('datacenter'));
}
