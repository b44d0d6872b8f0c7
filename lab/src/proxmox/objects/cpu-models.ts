// Custom CPU models by the API (pve-manager, PVE/API2/Cluster/Qemu/CustomCPUModels.pm), with or without the prefix by which guests name them.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Options, printSections } from '../../../../src/proxmox/files/section-config.ts';
import { CPU_MODELS_FILE, parseCpuModels } from '../../../../src/proxmox/guests/cpu-models.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import type { Call } from '../call.ts';
import { replaceFile, withLock } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const PATH = '/cluster/qemu/custom-cpu-models';

/** Answers a call on them; undefined for any other call. */
export function cpuModelCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (template !== PATH && template !== `${PATH}/{cputype}`) return undefined;
  const { cputype = '', delete: unset, digest, ...given } = parameters;
  const name = String(cputype).replace(/^custom-/, '');
  const raw = fileOf(node);
  const models = new Map(parseCpuModels(raw));
  const sum = createHash('sha1').update(raw).digest('hex');
  if (method === 'GET' && template === PATH)
    return { data: [...models].map(([id, options]) => ({ ...shown(options), cputype: `custom-${id}`, digest: sum })) };
  const before = models.get(name);
  if (method === 'POST' && before !== undefined) refuse(`custom CPU model '${name}' already exists`);
  if (method !== 'POST' && before === undefined) {
    if (method === 'GET') refuse(`Custom cputype '${name}' not found`);
    refuse(`custom CPU model '${name}' does not exist`);
  }
  if (method === 'GET') return { data: { ...shown(before ?? {}), digest: sum } };
  const cleared = splitList(String(unset ?? ''));
  const kept = ['cputype', 'reported-model'].find((option) => cleared.includes(option));
  if (kept !== undefined) refuse(`cannot delete '${kept}'`);
  if (method === 'PUT' && digest !== undefined && digest !== sum)
    refuse('detected modified configuration - file changed by other user? Try again.');
  const old = Object.entries(before ?? {}).filter(([option]) => !cleared.includes(option));
  const now = Object.entries(given).map(([option, value]) => [option, [String(value)]] as const);
  if (method === 'DELETE') models.delete(name);
  else models.set(name, { 'reported-model': ['kvm64'], ...Object.fromEntries([...old, ...now]) });
  const written = withLock(pathOf(node, 'run/lock/cpu-models.lck'), 10_000, () => writeModels(node, models));
  return written === undefined ? refuse('cfs-lock error: got lock request timeout') : { data: null };
}

/** API output: numbers and flags are numbers. */
function shown(options: Options): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([option, [value = '']]) => [option, /^\d+$/.test(value) ? Number(value) : value]),
  );
}

function writeModels(node: LabNode, models: ReadonlyMap<string, Options>): true {
  const file = pathOf(node, CPU_MODELS_FILE);
  mkdirSync(dirname(file), { recursive: true });
  const sections = new Map([...models].map(([name, options]) => [name, { type: 'cpu-model', options }]));
  replaceFile(file, printSections(sections, []));
  return true;
}

function fileOf(node: LabNode): string {
  const file = pathOf(node, CPU_MODELS_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
