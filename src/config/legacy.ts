// Shapes that earlier versions of these files had. Each is turned into the one of today, with a word about it,
// before anything is checked; so neither the schemas nor the rules know of them.

import type { TargetId } from '../model/ids.ts';
import type { Place } from './config.ts';
import { within } from './place.ts';
import type { Finding } from './rules/rule.ts';
import { splitList } from './schema/values.ts';

type Raw = Record<string, unknown>;

export interface Modern {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/** One object being brought up to date: copied only when something in it is old. */
class Draft {
  readonly findings: Finding[] = [];
  readonly #at: Place;
  readonly #target: TargetId | undefined;
  #raw: Raw;
  #copied = false;

  constructor(raw: Raw, at: Place, target?: TargetId) {
    this.#raw = raw;
    this.#at = at;
    this.#target = target;
  }

  get value(): Raw {
    return this.#raw;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#raw, key);
  }

  get(key: string): unknown {
    return this.has(key) ? this.#raw[key] : undefined;
  }

  set(key: string, value: unknown): void {
    this.#writable()[key] = value;
  }

  remove(key: string): void {
    delete this.#writable()[key];
  }

  /** Notes the old shape at a key. */
  old(key: string, message: string, hint: string): void {
    const target = this.#target === undefined ? {} : { target: this.#target };
    this.findings.push({ code: 'LEGACY_SHAPE', at: within(this.#at, key), message, hint, onKey: true, ...target });
  }

  #writable(): Raw {
    if (!this.#copied) this.#raw = { ...this.#raw };
    this.#copied = true;
    return this.#raw;
  }
}

/** Brings one container up to date. */
export function modernLxc(raw: unknown, at: Place, target: TargetId): Modern {
  if (!isObject(raw)) return { value: raw, findings: [] };
  const draft = new Draft(raw, at, target);
  renameField(draft, 'clone_from_template_ctid', 'clone_from_ctid');
  for (const key of ['features', 'pct_options', 'lxc_options', 'dependencies']) listFromText(draft, key);
  addressIntoNetwork(draft);
  testsIntoOne(draft);
  vllmIntoGroups(draft);
  volumesIntoOne(draft);
  oneHealthCheck(draft);
  return { value: draft.value, findings: draft.findings };
}

/** Brings one VM up to date. */
export function modernVm(raw: unknown, at: Place, target: TargetId): Modern {
  if (!isObject(raw)) return { value: raw, findings: [] };
  const draft = new Draft(raw, at, target);
  for (const key of ['features', 'dependencies', 'docker_stacks']) listFromText(draft, key);
  addressIntoNetwork(draft);
  stacksByName(draft);
  oneHealthCheck(draft);
  return { value: draft.value, findings: draft.findings };
}

export interface ModernHypervisor extends Modern {
  /** VMs that stood in this file; undefined for none. */
  readonly vms: unknown;
  /** What they start from, beside the release. */
  readonly vmDefaults: Raw;
  /** Where the firewall is written. */
  readonly firewallAt: Place;
}

/** Brings the host's file up to date; what belongs to VMs is handed out. */
export function modernHypervisor(raw: unknown, at: Place): ModernHypervisor {
  const none = { vms: undefined, vmDefaults: {}, firewallAt: within(at, 'firewall') };
  if (!isObject(raw)) return { value: raw, findings: [], ...none };
  const draft = new Draft(raw, at);
  const vms = draft.get('vms');
  if (vms !== undefined) {
    draft.remove('vms');
    draft.old('vms', 'VMs stand in the file of the hypervisor', 'Move them to etc/phoenix_vm_configs.json.');
  }
  const vmDefaults = vmDefaultsOut(draft);
  const moved = firewallOut(draft);
  const firewallAt = moved ? within(at, 'shared_volumes', 'firewall') : none.firewallAt;
  return { value: draft.value, findings: draft.findings, vms, vmDefaults, firewallAt };
}

function vmDefaultsOut(draft: Draft): Raw {
  const defaults = draft.get('vm_defaults');
  if (!isObject(defaults)) return {};
  const { ubuntu_release, ...rest } = defaults;
  const known = ['template', 'cores', 'memory_mb', 'disk_size_gb', 'storage_pool', 'network_bridge'];
  const moved = Object.fromEntries(Object.entries(rest).filter(([key]) => known.includes(key)));
  if (Object.keys(moved).length === 0) return {};
  const kept = Object.entries(defaults).filter(([key]) => !Object.hasOwn(moved, key));
  draft.set('vm_defaults', Object.fromEntries(kept));
  draft.old(
    'vm_defaults',
    'defaults of VMs stand in the file of the hypervisor',
    'Move them to etc/phoenix_vm_configs.json.',
  );
  return moved;
}

function firewallOut(draft: Draft): boolean {
  const shared = draft.get('shared_volumes');
  if (!isObject(shared) || !Object.hasOwn(shared, 'firewall') || draft.has('firewall')) return false;
  const { firewall, ...volumes } = shared;
  draft.set('firewall', firewall);
  if (Object.keys(volumes).length > 0) draft.set('shared_volumes', volumes);
  else draft.remove('shared_volumes');
  draft.old('shared_volumes', '"firewall" stands inside "shared_volumes"', 'Move "firewall" to the top of the file.');
  return true;
}

function renameField(draft: Draft, from: string, to: string): void {
  if (!draft.has(from)) return;
  const value = draft.get(from);
  draft.remove(from);
  if (!draft.has(to)) draft.set(to, value);
  draft.old(from, `"${from}" is the old name of "${to}"`, `Write "${to}".`);
}

function listFromText(draft: Draft, key: string): void {
  const value = draft.get(key);
  if (typeof value !== 'string') return;
  draft.set(key, splitList(value));
  draft.old(key, `"${key}" is text`, `Write a list: ${JSON.stringify(splitList(value)).slice(0, 100)}.`);
}

function addressIntoNetwork(draft: Draft): void {
  if (!draft.has('static_ip')) return;
  const network = draft.get('network_config');
  const ip = draft.get('static_ip');
  draft.remove('static_ip');
  draft.old('static_ip', '"static_ip" is the old place of the address', 'Write it as "network_config": {"ip": …}.');
  if (ip === null) return;
  if (network === undefined) draft.set('network_config', { ip });
  else if (isObject(network) && !Object.hasOwn(network, 'ip')) draft.set('network_config', { ...network, ip });
}

function testsIntoOne(draft: Draft): void {
  for (const key of ['integration_tests', 'run_integration_tests']) {
    if (!draft.has(key)) continue;
    const value = draft.get(key);
    draft.remove(key);
    if (key === 'integration_tests' && !draft.has('tests')) draft.set('tests', { integration_tests: value });
    draft.old(
      key,
      `"${key}" is an old form of "tests"`,
      'Remove it; "health_check" says what must hold after a change.',
    );
  }
}

/** Group that each flat argument of vLLM belongs to; others are arguments of the model. */
const VLLM_GROUPS: Readonly<Record<string, string>> = {
  quantization: 'CacheConfig',
  gpu_memory_utilization: 'CacheConfig',
  kv_cache_dtype: 'CacheConfig',
  tensor_parallel_size: 'ParallelConfig',
  pipeline_parallel_size: 'ParallelConfig',
  host: 'ServerConfig',
  port: 'ServerConfig',
  served_model_name: 'ServerConfig',
};

function vllmIntoGroups(draft: Draft): void {
  const flat = Object.keys(draft.value).filter(
    (key) => key.startsWith('vllm_') && key !== 'vllm_engine_config' && !isContainer(draft.get(key)),
  );
  const [first] = flat;
  if (first === undefined) return;
  const groups: Record<string, Raw> = {};
  for (const key of flat) {
    const name = key.slice('vllm_'.length);
    const value = draft.get(key);
    draft.remove(key);
    if (value === null) continue;
    const group = VLLM_GROUPS[name] ?? 'ModelConfig';
    groups[group] = { ...groups[group], [name]: value };
  }
  if (!draft.has('vllm_engine_config') && Object.keys(groups).length > 0) draft.set('vllm_engine_config', groups);
  draft.old(first, `"${first}" is the flat form of the arguments of vLLM`, 'Group them in "vllm_engine_config".');
}

function volumesIntoOne(draft: Draft): void {
  const volumes = draft.get('volumes');
  if (!Array.isArray(volumes)) return;
  const others = draft.get('zfs_volumes');
  draft.remove('volumes');
  draft.set('zfs_volumes', [...(Array.isArray(others) ? others : []), ...volumes]);
  draft.old('volumes', '"volumes" of a container is the old name of "zfs_volumes"', 'Write "zfs_volumes".');
}

function oneHealthCheck(draft: Draft): void {
  const checks = draft.get('health_checks');
  if (!Array.isArray(checks) || checks.length > 1 || draft.has('health_check')) return;
  draft.remove('health_checks');
  if (checks.length === 1) draft.set('health_check', checks[0]);
  draft.old(
    'health_checks',
    '"health_checks" is the old form of "health_check"',
    'Write "health_check" with the one check.',
  );
}

function stacksByName(draft: Draft): void {
  const stacks = draft.get('docker_stacks');
  if (!Array.isArray(stacks) || !stacks.some(namesProduction)) return;
  draft.set(
    'docker_stacks',
    stacks.map((stack) => (namesProduction(stack) ? (stack as Raw).name : stack)),
  );
  draft.old('docker_stacks', 'stacks are objects that say no more than their name', 'Write the names: ["name", …].');
}

/** `{"name": …}` alone or with the environment that is meant anyway. */
function namesProduction(stack: unknown): boolean {
  if (!isObject(stack) || typeof stack.name !== 'string') return false;
  const { name: _, environment, ...rest } = stack;
  return Object.keys(rest).length === 0 && (environment === undefined || environment === 'production');
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
