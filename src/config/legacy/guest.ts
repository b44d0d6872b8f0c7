// Old shapes that containers and VMs have in common.

import { splitList } from '../schema/values.ts';
import { type Draft, isObject } from './draft.ts';

export function listFromText(draft: Draft, key: string): void {
  const value = draft.get(key);
  if (typeof value !== 'string') return;
  draft.set(key, splitList(value));
  draft.old(key, `"${key}" is text`, `Write a list: ${JSON.stringify(splitList(value)).slice(0, 100)}.`);
}

export function addressIntoNetwork(draft: Draft): void {
  if (!draft.has('static_ip')) return;
  const network = draft.get('network_config');
  const ip = draft.get('static_ip');
  draft.remove('static_ip');
  draft.old('static_ip', '"static_ip" is the old place of the address', 'Write it as "network_config": {"ip": …}.');
  if (ip === null) return;
  if (network === undefined) draft.set('network_config', { ip });
  else if (isObject(network) && !Object.hasOwn(network, 'ip')) draft.set('network_config', { ...network, ip });
}

export function oneHealthCheck(draft: Draft): void {
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
