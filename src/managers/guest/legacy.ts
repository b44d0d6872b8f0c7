// Converts older shapes of the files that containers and VMs have in common.

import { type Draft, isObject } from '../../config/draft.ts';
import { splitList } from '../../config/schema/addresses.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';

export function listFromText(draft: Draft, key: string): void {
  const value = draft.get(key);
  if (typeof value !== 'string') return;
  draft.set(key, splitList(value));
  draft.old(
    key,
    `"${key}" is text`,
    `Write a list: ${JSON.stringify(splitList(hidePlainSecrets(value))).slice(0, 100)}.`,
  );
}

/** Converts `static_ip`, which was beside the network or in it. */
export function addressIntoNetwork(draft: Draft): void {
  const network = draft.get('network_config');
  const inside = isObject(network) && Object.hasOwn(network, 'static_ip');
  if (!inside && !draft.has('static_ip')) return;
  const { static_ip, ...others } = inside
    ? network
    : { static_ip: draft.get('static_ip'), ...(isObject(network) ? network : {}) };
  const key = inside ? 'network_config' : 'static_ip';
  draft.old(key, '"static_ip" is the old name of the address', 'Write it as "network_config": {"ip": …}.');
  if (draft.has('static_ip')) draft.remove('static_ip');
  if (network === undefined || isObject(network)) {
    draft.set('network_config', static_ip === null ? others : { ip: static_ip, ...others });
  }
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
