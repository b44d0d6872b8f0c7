// Converts older shapes of containers.

import { Draft, isObject, type Modern, type Raw } from '../../config/draft.ts';
import type { Place } from '../../config/read/place.ts';
import type { TargetId } from '../../model/ids.ts';
import { addressIntoNetwork, listFromText, oneHealthCheck } from '../guest/legacy.ts';

/** Converts one container to the current shape. */
export function modernLxc(raw: unknown, at: Place, target: TargetId): Modern {
  if (!isObject(raw)) return { value: raw, diagnostics: [] };
  const draft = new Draft(raw, at, target);
  renameField(draft, 'clone_from_template_ctid', 'clone_from_ctid');
  for (const key of ['features', 'pct_options', 'lxc_options', 'dependencies']) listFromText(draft, key);
  addressIntoNetwork(draft);
  testsIntoOne(draft);
  vllmIntoGroups(draft);
  volumesIntoOne(draft);
  oneHealthCheck(draft);
  return { value: draft.value, diagnostics: draft.diagnostics };
}

function renameField(draft: Draft, from: string, to: string): void {
  if (!draft.has(from)) return;
  const value = draft.get(from);
  draft.remove(from);
  if (!draft.has(to)) draft.set(to, value);
  draft.old(from, `"${from}" is the old name of "${to}"`, `Write "${to}".`);
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

/** The group of each flat argument of vLLM; others belong to the model's group. */
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

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
